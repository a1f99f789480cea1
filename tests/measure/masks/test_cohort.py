from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from headct.core.grid import Grid
from headct.measure.masks.case import SCORES, MaskCase, score_masks
from headct.measure.masks.cohort import CASE_COLUMNS, case_rows, summarize_masks
from headct.measure.masks.overlap import Presence

GRID = Grid.regular((4, 10, 10), (10.0, 10.0, 10.0))  # a voxel is 1 mL

# Of each case: whose it is, and the columns of the true and of the predicted box of 2 by 4 rows.
BOXES = (
    ("anna", (0, 4), (0, 4)),
    ("anna", (0, 4), (1, 5)),
    ("bert", (0, 4), (2, 6)),
    ("carl", (0, 4), None),
    ("dora", None, (0, 1)),
    ("emil", None, None),
    ("emil", None, None),
)


@pytest.fixture
def cases(drawing):
    def mask(columns):
        return drawing(GRID, *(() if columns is None else ((1, (1, 3), (2, 6), columns),)))

    return [
        MaskCase(f"case {n}", patient, score_masks(mask(truth), mask(predicted)))
        for n, (patient, truth, predicted) in enumerate(BOXES)
    ]


@pytest.fixture
def result(cases):
    (one,) = summarize_masks(cases, rng=np.random.default_rng(3), samples=200)
    return one


def test_cases_are_counted_by_who_has_drawn_the_class(result):
    assert (result.label, result.cases, result.patients) == ("any_hemorrhage", 7, 5)
    assert result.drawn_by == {
        Presence.BOTH: 3,
        Presence.MISSED: 1,
        Presence.FALSE_ALARM: 1,
        Presence.NEITHER: 2,
    }


def test_the_mean_dice_is_over_cases_with_the_class_and_a_miss_is_0(result):
    assert result.means["dice"].value == pytest.approx((1.0 + 0.75 + 0.5 + 0.0) / 4)
    assert result.medians["dice"].value == pytest.approx((0.75 + 0.5) / 2)


def test_a_false_alarm_lowers_the_dice_that_is_named_for_it(result):
    assert result.dice_with_false_alarms.value == pytest.approx((1.0 + 0.75 + 0.5 + 0.0 + 0.0) / 5)


def test_false_alarms_have_a_volume_over_all_cases_without_the_class(result):
    assert result.false_alarm_ml.value == pytest.approx(8.0 / 3)


def test_a_miss_is_in_the_median_distance_and_not_in_the_mean(result):
    assert result.means["hausdorff_mm"].value == pytest.approx((0 + 10 + 20) / 3)
    assert result.means["hausdorff_mm"].note.startswith("over 3 of 4 cases")
    assert result.medians["hausdorff_mm"].value == pytest.approx((10 + 20) / 2)


def test_lesions_are_pooled_over_all_cases(result):
    assert (result.true_lesions, result.predicted_lesions) == (4, 4)
    assert result.lesions["sensitivity"].value == pytest.approx(3 / 4)
    assert result.lesions["precision"].value == pytest.approx(3 / 4)
    assert result.lesions["f1"].value == pytest.approx(3 / 4)


def test_lesions_are_told_apart_by_size(cases):
    (result,) = summarize_masks(cases, rng=np.random.default_rng(3), sizes_ml=(32.0, 40.0))

    assert [(s.low_ml, s.high_ml, s.lesions, s.found) for s in result.sizes] == [
        (0.0, 32.0, 0, 0),
        (32.0, 40.0, 4, 3),
        (40.0, np.inf, 0, 0),
    ]
    assert result.sizes[1].sensitivity.value == pytest.approx(0.75)
    assert result.sizes[0].sensitivity.value is None


def test_the_table_of_cases_gives_the_means_again(cases, result):
    table = pd.DataFrame(case_rows(cases), columns=CASE_COLUMNS)

    there = table[table.drawn_by.isin(["both", "missed"])].astype(dict.fromkeys(SCORES, float))

    finite = there[list(SCORES)].replace(np.inf, np.nan)
    assert {n: e.value for n, e in result.means.items()} == pytest.approx(finite.mean().to_dict())
    assert result.true_lesions == table.true_lesions.sum()
    assert table.patient.tolist() == [patient for patient, *_ in BOXES]


def test_the_same_seed_gives_the_same_intervals_and_another_one_others(cases):
    first, same, other = (
        summarize_masks(cases, rng=np.random.default_rng(seed), samples=50)[0].means["iou"]
        for seed in (1, 1, 2)
    )

    assert first == same
    assert (first.low, first.high) != (other.low, other.high)


def test_classes_are_apart_and_a_case_counts_where_its_masks_tell_of_the_class(drawing):
    both = drawing(GRID, (1, (0, 1), (0, 1), (0, 1)), names=("subdural", "epidural"))
    one = drawing(GRID, (1, (0, 1), (0, 1), (0, 1)), names=("epidural",))
    cases = [
        MaskCase(name, name, score_masks(mask, mask)) for name, mask in (("1", both), ("2", one))
    ]

    results = summarize_masks(cases, rng=np.random.default_rng(0), samples=20)

    assert [(r.label, r.cases, r.drawn_by[Presence.BOTH]) for r in results] == [
        ("subdural", 1, 1),
        ("epidural", 2, 1),
    ]


def test_lesions_without_spacing_are_in_no_size(drawing):
    mask = drawing(replace(GRID, is_measured=False), (1, (0, 1), (0, 1), (0, 1)))

    (result,) = summarize_masks(
        [MaskCase("1", "1", score_masks(mask, mask))], rng=np.random.default_rng(0), samples=20
    )

    assert result.true_lesions == 1
    assert result.sizes == ()
    assert result.means["true_ml"].value is None


def test_no_cases_give_no_results():
    assert summarize_masks([], rng=np.random.default_rng(0)) == ()


@pytest.mark.parametrize("sizes", [(5.0, 1.0), (0.0, 1.0), (1.0, 1.0), (1.0, np.inf)])
def test_sizes_that_do_not_rise_are_refused(cases, sizes):
    with pytest.raises(ValueError, match="rise"):
        summarize_masks(cases, rng=np.random.default_rng(0), sizes_ml=sizes)
