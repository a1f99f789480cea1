"""Cohorts for the tests, made once."""

from pathlib import Path

import pytest

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
