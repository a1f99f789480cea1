"""Cohorts for the tests, made once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headct.core.case import Case, Cohort, SliceLabels
from headct.dicom.write import Header, write
from headct.phantom.cohort.plan import Wish
from headct.phantom.cohort.write import write_cohort


@pytest.fixture(scope="session")
def flawed_hospital(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight patients as a hospital files them, one flaw of each kind among them."""
    out = tmp_path_factory.mktemp("cohorts") / "hospital"
    wish = Wish(8, "leukoencephalopathy", seed=5, matrix=128, flaws=True)
    write_cohort(wish, out, workers=2)
    return out


@pytest.fixture(scope="session")
def rsna_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two patients as RSNA 2019 files them; one bleeds."""
    out = tmp_path_factory.mktemp("cohorts") / "rsna"
    write_cohort(Wish(2, "hemorrhage", seed=44, matrix=64, compress=True), out)
    return out


@pytest.fixture(scope="session")
def cq500_cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two patients as CQ500 files them, in thick and thin slices."""
    out = tmp_path_factory.mktemp("cohorts") / "cq500"
    write_cohort(Wish(2, "hemorrhage", seed=12, layout="cq500", matrix=64, masks=True), out)
    return out


@pytest.fixture(scope="session")
def bleeding_balls(ball_head, tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    """Twelve noisy balls, a faint bleed of 3 cm² on four slices of every second one."""
    root = tmp_path_factory.mktemp("balls")
    shown = slice(12, 16)
    cases = []
    for i in range(12):
        scan = ball_head.scan()
        hu = scan.hu + np.random.default_rng(i).normal(0, 20, scan.hu.shape).astype(np.float32)
        values = np.zeros((scan.grid.shape[0], 1), np.int8)
        if i % 2:
            hu[shown, 90:108, 80:97] += 10
            values[shown] = 1
        folder = root / f"{i}"
        write(replace(scan, hu=hu), folder, Header(patient_id=f"Ann{i}"))
        files = tuple(sorted(path.name for path in folder.iterdir()))
        known = SliceLabels(("any_hemorrhage",), files, values)
        cases.append(Case(f"Ann{i}", "1", folder, {"any_hemorrhage": bool(i % 2)}, known))
    return Cohort("balls", tuple(cases))
