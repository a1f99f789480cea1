import numpy as np
import pytest

from headct.core.errors import Refusal
from headct.core.grid import Grid
from headct.core.volume import Mask
from headct.measure.evaluate.masks import measure_masks
from headct.measure.evaluate.settings import Settings
from headct.measure.masks.case import MaskCase, score_masks

SETTINGS = Settings(samples=100)
GRID = Grid.regular((2, 4, 4), (5.0, 1.0, 1.0))


def cases(count, *, ill=None, patients=()):
    """So many cases; the first ``ill`` of them have something drawn in their true mask."""
    drawn, empty = np.zeros(GRID.shape, np.uint8), np.zeros(GRID.shape, np.uint8)
    drawn[0, :2, :2] = 1
    masks = [Mask(labels, GRID, ("any_hemorrhage",)) for labels in (drawn, empty)]
    return [
        MaskCase(
            f"case{i}",
            patients[i] if patients else f"case{i}",
            score_masks(masks[ill is not None and i >= ill], masks[0]),
        )
        for i in range(count)
    ]


def test_cases_that_are_left_out_are_counted_among_the_warnings():
    lost = (Refusal("case 3 of 14", "damaged"), Refusal("true masks", "3 with no other", 3))

    (told,) = measure_masks(cases(12), lost, SETTINGS).warnings

    assert told.startswith("4 of 16 cases are left out")


def test_where_nothing_is_left_out_and_enough_are_ill_there_is_no_warning():
    assert measure_masks(cases(10), (), SETTINGS).warnings == ()


@pytest.mark.parametrize(
    ("count", "ill", "patients"),
    [(9, 9, ()), (12, 9, ()), (12, 12, ("a", "b", "c", "d", "e", "f") * 2)],
)
def test_few_patients_who_have_it_are_warned_of(count, ill, patients):
    (told,) = measure_masks(cases(count, ill=ill, patients=patients), (), SETTINGS).warnings

    assert told.startswith("Fewer than 10 patients have any hemorrhage in their true masks")


def test_that_each_case_counts_as_a_patient_is_said_where_nobody_has_told_whose_they_are():
    alone = measure_masks(cases(4), (), SETTINGS)
    named = measure_masks(cases(4, patients=("a", "a", "b", "b")), (), SETTINGS)

    assert alone.remarks[0].startswith("Each case counts as a patient of its own")
    assert (alone.patients, named.patients, named.remarks) == (4, 2, ())
