"""Scans for all tests: digital heads, and real ones, which are not part of the project."""

import os
from pathlib import Path

import numpy as np
import pytest

from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.phantom.body.anatomy import Head, head
from headct.phantom.lesions.bleed import bleed
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import Phantom, scan_head
from headct.phantom.series import save_phantom

CHECKOUT = Path(__file__).parents[1]


def real_data(name: str) -> Path:
    root = Path(os.environ.get("HEADCT_DATA") or CHECKOUT.parent / "shared" / "data")
    folder = root / name
    if not folder.is_dir():
        pytest.skip(f"real data {name!r} is not here; name its parent folder in HEADCT_DATA")
    return folder


@pytest.fixture(scope="session")
def ge_series() -> Path:
    """28 slices, GE, gantry tilted by 18.5 degrees, mixed slice distances."""
    return real_data("ge-head-ct")


@pytest.fixture(scope="session")
def ct_ich() -> Path:
    """The CT-ICH pictures and their labels, by patient."""
    return real_data("ct-ich")


@pytest.fixture(scope="session")
def person() -> Head:
    """A digital head; it takes seconds to make."""
    return head(4)


@pytest.fixture(scope="session")
def bleeding(person: Head) -> Phantom:
    """A digital head with 30 mL in the brain, scanned tilted and at mixed distances."""
    protocol = Protocol((Block(14, 4.0, 4.0), Block(17, 7.0, 7.0)), matrix=256, tilt_deg=15.0)
    return scan_head(person, [bleed(person, "intraparenchymal", 30.0, seed=3)], protocol, seed=1)


@pytest.fixture(scope="session")
def healthy(person: Head) -> Phantom:
    """The same head without a bleed, scanned straight."""
    return scan_head(person, [], Protocol((Block(30, 5.0, 5.0),), matrix=256), seed=1)


@pytest.fixture(scope="session")
def bleeding_folder(bleeding: Phantom, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bleeding head as files: ``dicom/`` and ``truth.json``."""
    out = tmp_path_factory.mktemp("bleeding") / "phantom"
    save_phantom(bleeding, out)
    return out


class BallHead:
    """A brain of 60 mm radius in 6 mm of bone and 5 mm of scalp, on a table."""

    def __init__(self) -> None:
        sides = [np.arange(-100, 101, 1.0)] * 2
        self.mm = np.stack(np.meshgrid(np.arange(-70, 71, 5.0), *sides, indexing="ij"))
        self.table = (self.mm[1] > 95) & (self.mm[1] < 98)

    def within(self, radius_mm: float) -> np.ndarray:
        return np.sqrt((self.mm**2).sum(axis=0)) < radius_mm

    def scan(self, gap: np.ndarray | None = None) -> Volume:
        """The head on slices of 5 mm; of the bone, a gap may be missing."""
        hu = np.full(self.mm.shape[1:], -1000, np.float32)
        hu[self.within(71)] = 40
        hu[self.within(66)] = 1000
        if gap is not None:
            hu[self.within(66) & gap] = 40
        hu[self.within(60)] = 32
        hu[self.table] = 300
        hu += np.random.default_rng(0).normal(0, 4, hu.shape).astype(np.float32)
        return Volume(hu, Grid.regular(hu.shape, (5.0, 1.0, 1.0)))


@pytest.fixture(scope="session")
def ball_head() -> BallHead:
    return BallHead()
