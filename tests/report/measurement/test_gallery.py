import cv2
import numpy as np
import pytest

from headct.core.errors import CohortError
from headct.core.volume import SliceSource
from headct.measure.evaluate.measure import measure
from headct.measure.evaluate.settings import Settings
from headct.measure.reading.predictions import read_pair
from headct.report.measurement.gallery import pictures_of, slice_index
from headct.report.measurement.shown import shown_errors

SOURCES = [SliceSource(f"slice_{number}.dcm", f"1.2.{number}") for number in range(3)]


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        ("slice_1.dcm", 1), ("slice_1", 1), ("1.2.1", 1), ("1", 1), ("01", 1),
        ("3", None), ("slice_9", None), ("", None), ("-1", None),
    ],
)  # fmt: skip
def test_a_slice_is_found_by_file_stem_uid_or_number(identifier, expected):
    assert slice_index(SOURCES, 3, identifier) == expected


def test_a_file_that_is_named_by_a_number_goes_before_the_number():
    sources = [SliceSource(f"{number}.jpg") for number in (2, 1, 0)]

    assert slice_index(sources, 3, "2") == 0


def wrong(folder, rows):
    """A measurement in which every row is an error."""
    heads = {3: "patient,study,slice", 1: "patient"}[len(rows[0])]
    texts = [",".join(row) for row in rows]
    (folder / "said.csv").write_text("\n".join([f"{heads},subdural", *(f"{t},0.1" for t in texts)]))
    (folder / "true.csv").write_text("\n".join([f"{heads},subdural", *(f"{t},1" for t in texts)]))
    pair = read_pair(folder / "said.csv", folder / "true.csv")
    return measure(pair, None, Settings(samples=5))


@pytest.fixture
def cohort(bleeding_folder, tmp_path):
    table = tmp_path / "cohort.csv"
    table.write_text(f"path,patient,study\n{bleeding_folder},P1,S1\n")
    return table


def test_errors_are_drawn_and_those_not_in_the_cohort_are_empty(cohort, tmp_path):
    measured = wrong(tmp_path, [("P1", "S1", "5"), ("P2", "S2", "5")])

    pictures = pictures_of(measured, cohort)

    drawn = cv2.imdecode(np.frombuffer(pictures["P1", "S1", "5"], np.uint8), cv2.IMREAD_GRAYSCALE)
    assert max(drawn.shape) == 320
    assert drawn.max() > 200  # bone is white
    assert pictures["P2", "S2", "5"] == b""
    assert set(pictures) == {error.name for error in shown_errors(measured)}


def test_a_patient_is_shown_in_three_levels(cohort, tmp_path):
    measured = wrong(tmp_path, [("P1",)])

    (picture,) = pictures_of(measured, cohort).values()

    down, across = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE).shape
    assert across == 3 * down


def test_slices_of_ct_ich_are_found_by_their_numbers(ct_ich, tmp_path):
    measured = wrong(tmp_path, [("049", "049", "3"), ("050", "050", "4.jpg")])

    pictures = pictures_of(measured, ct_ich)

    assert all(pictures.values())


def test_a_path_that_is_no_cohort_is_refused(tmp_path):
    measured = wrong(tmp_path, [("P1",)])

    with pytest.raises(CohortError):
        pictures_of(measured, tmp_path / "nothing")
