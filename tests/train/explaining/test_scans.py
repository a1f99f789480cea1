from dataclasses import replace

import numpy as np
import pytest

from headct.cohort.store.entry import Study
from headct.core.case import Case
from headct.core.errors import CohortError, Refusal
from headct.dicom.write import write
from headct.image.encoders import as_bytes
from headct.image.pipelines import PIPELINES
from headct.train.explaining.scans import Shown, scans_of, shown_by

SHOWN = {
    "A": Shown(0, 0.0, 100.0),
    "windows": Shown(1, -20.0, 180.0),
    "neighbours": Shown(1, 0.0, 80.0),
    "brain-neighbours": Shown(1, -20.0, 100.0),
}


def study_on(grid) -> Study:
    values = np.zeros((grid.shape[0], 0), np.int8)
    return Study("Ann1", "1", "", 0, "", {}, values, (), grid, has_mask=False)


@pytest.mark.parametrize("name", PIPELINES)
def test_how_frames_show_hounsfield_units_is_read_off_the_pipeline(name):
    assert shown_by(PIPELINES[name]) == SHOWN.get(name)


@pytest.mark.parametrize("name", ["A", "windows"])
def test_the_scan_comes_back_from_its_frames_to_half_a_step(healthy, name):
    frames = PIPELINES[name](healthy.volume)
    pixels = as_bytes(frames.pixels)
    shown = SHOWN[name]

    found = scans_of(PIPELINES[name], {}).of(study_on(frames.grid), pixels)

    exact = frames.pixels[:, shown.channel] * (shown.high - shown.low) + shown.low
    assert np.abs(found.hu - exact).max() <= (shown.high - shown.low) / 255 / 2 + 1e-4
    assert found.seen_hu == (shown.low, shown.high)


def test_frames_that_are_no_hounsfield_units_need_the_cohort():
    with pytest.raises(CohortError, match="--cohort"):
        scans_of(PIPELINES["B"], {})


def test_with_the_cohort_the_scan_itself_is_read(ball_head, tmp_path):
    volume = ball_head.scan()
    write(volume, tmp_path / "Ann1")
    study = study_on(volume.grid)
    cases = {study.key: Case("Ann1", "1", tmp_path / "Ann1")}
    scans = scans_of(PIPELINES["B"], cases)

    found = scans.of(study, np.zeros((1, 1, 4, 4), np.uint8))
    other = scans.of(replace(study, study="2"), np.zeros((1, 1, 4, 4), np.uint8))

    np.testing.assert_allclose(found.hu, np.clip(volume.hu, -1024, 3071), atol=0.51)
    assert isinstance(other, Refusal)
    assert "no such study" in other.reason


def test_a_scan_that_cannot_be_read_is_told_not_raised(tmp_path, ball_head):
    study = study_on(ball_head.scan().grid)
    scans = scans_of(PIPELINES["B"], {study.key: Case("Ann1", "1", tmp_path)})

    assert isinstance(scans.of(study, np.zeros((1, 1, 4, 4), np.uint8)), Refusal)
