"""Made-up predictions of some patients, measured."""

from pathlib import Path

import numpy as np
import pytest

from headct.core.grid import Grid
from headct.core.record import Record
from headct.core.volume import Mask
from headct.measure.evaluate.masks import measure_masks
from headct.measure.evaluate.measure import measure
from headct.measure.evaluate.measurement import Measurement
from headct.measure.evaluate.settings import Settings
from headct.measure.masks.case import MaskCase, score_masks
from headct.measure.reading.predictions import read_pair
from headct.report.measurement.save import save_measurement

PATIENTS, SLICES = 40, 6
SYSTEMS = (("small", "1"), ("small", "2"), ("large", "1"), ("large", "2"))
SITES = ("<b>Nord</b>", "Süd & West")


def write_tables(
    folder: Path, first: int, seed: int, systems: tuple[tuple[str, str], ...] = SYSTEMS
) -> tuple[Path, Path]:
    """Half bleed, three of them epidurally; large models and later runs are better."""
    rng = np.random.default_rng(seed)
    said = ["model,run,patient,study,slice,any_hemorrhage,epidural,any_hemorrhage_ml"]
    true = ["patient,study,slice,site,any_hemorrhage,epidural,any_hemorrhage_ml"]
    for number in range(first, first + PATIENTS):
        ill = number % 2
        for place in range(SLICES):
            is_there = int(ill and 1 <= place <= 3)
            epidural = int(is_there and number - first < 6)
            name = f"Novak{number},S{number},{place}"
            site = SITES[number % 4 // 2]
            true.append(f'{name},"{site}",{is_there},{epidural},{2.0 * is_there}')
            for model, run in systems:
                skill = 1.5 if model == "small" else 3.0
                score = 1 / (
                    1 + np.exp(1.5 - skill * is_there + rng.normal(0, 1.4 - 0.4 * int(run)))
                )
                ml = 2.0 * is_there * rng.lognormal(0, 0.2)
                said.append(f"{model},{run},{name},{score:.5f},{score * epidural:.5f},{ml:.3f}")
    paths = folder / f"said{first}.csv", folder / f"true{first}.csv"
    for path, lines in zip(paths, (said, true), strict=True):
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return paths


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measurement:
    """Two models of two runs each, by slice and by patient, with volumes and sites."""
    folder = tmp_path_factory.mktemp("tables")
    pair = read_pair(*write_tables(folder, 0, 1), subgroups=("site",))
    validation = read_pair(*write_tables(folder, 100, 2))
    return measure(pair, validation, Settings(samples=20, prevalence=0.1))


@pytest.fixture(scope="session")
def measured_masks() -> Measurement:
    """Two cases: one drawn half, one missed."""
    truth, half, nothing = (np.zeros((4, 8, 8), np.uint8) for _ in range(3))
    truth[1:3, 2:6, 2:6] = 1
    half[1:2, 2:6, 2:6] = 1
    grid = Grid.regular(truth.shape, (5.0, 1.0, 1.0))
    cases = [
        MaskCase(
            f"case {number}",
            f"Novak{number}",
            score_masks(*(Mask(labels, grid, ("subdural",)) for labels in (truth, drawn))),
        )
        for number, drawn in enumerate((half, nothing))
    ]
    return measure_masks(cases, settings=Settings(samples=20))


@pytest.fixture(scope="session")
def record() -> Record:
    """Of a run with one file."""
    return Record("measure", {"subset": False}, seed=0, inputs={"predictions": "ab" * 32})


@pytest.fixture(scope="session")
def lone(tmp_path_factory: pytest.TempPathFactory) -> Measurement:
    """One system without validation."""
    folder = tmp_path_factory.mktemp("lone")
    return measure(read_pair(*write_tables(folder, 0, 1, SYSTEMS[:1])), None, Settings(samples=20))


@pytest.fixture(scope="session")
def saved(lone: Measurement, record: Record, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of that one."""
    out = tmp_path_factory.mktemp("saved") / "out"
    save_measurement(lone, out, record)
    return out


@pytest.fixture(scope="session")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Measurement:
    """Three readers of 40 patients, half of them ill, who miss 2, 4 and 6 and alarm at none."""
    folder = tmp_path_factory.mktemp("readers")
    said, true = ["model,patient,any_hemorrhage"], ["patient,any_hemorrhage"]
    for number in range(PATIENTS):
        true.append(f"Novak{number},{number % 2}")
        for place, missed in enumerate((2, 4, 6)):
            called = int(number % 2 and number >= 2 * missed)
            said.append(f"reader {place},Novak{number},{called}")
    paths = folder / "said.csv", folder / "true.csv"
    for path, lines in zip(paths, (said, true), strict=True):
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return measure(read_pair(*paths), None, Settings(samples=20, confidence=0.9))
