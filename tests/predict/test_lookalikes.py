from dataclasses import replace

import numpy as np
import pytest

from headct.predict.lookalikes import (
    Candidate,
    Limits,
    describe,
    set_aside_reason,
    set_aside_report,
)

BLOOD = Candidate(
    box=(slice(3, 6), slice(0, 9), slice(0, 9)),
    region=np.ones((3, 9, 9), bool),
    volume_ml=20.0,
    half_thickness_mm=9.0,
    seed_share=0.6,
    excess_hu=25.0,
    calcium_share=0.0,
    by_gap_share=0.0,
    midline_share=0.0,
    off_midline_mm=35.0,
    end_share=0.4,
    depth_mm=20.0,
    level_share=0.9,
    slices=(4, 6),
)


def test_a_dense_mass_in_the_brain_is_not_set_aside():
    assert set_aside_reason(BLOOD, Limits()) is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"volume_ml": 0.3}, "smaller than"),
        ({"calcium_share": 0.4}, "calcified"),
        ({"half_thickness_mm": 1.0}, "sheet or cord"),
        ({"midline_share": 0.8, "half_thickness_mm": 3.0}, "midline"),
        ({"off_midline_mm": 6.0, "end_share": 0.93, "half_thickness_mm": 4.0}, "sagittal sinus"),
        ({"seed_share": 0.02}, "hardly denser"),
        ({"by_gap_share": 0.7}, "ridge of bone"),
        ({"level_share": 0.1}, "base or vertex"),
        ({"level_share": 0.3, "depth_mm": 3.0}, "base or vertex"),
        ({"level_share": 0.5, "depth_mm": 3.0, "excess_hu": 15.0}, "hardening"),
    ],
)
def test_what_is_not_blood_is_set_aside_by_its_own_rule(change, said):
    assert said in (set_aside_reason(replace(BLOOD, **change), Limits()) or "")


def test_a_thick_clot_between_the_hemispheres_is_blood():
    assert set_aside_reason(replace(BLOOD, midline_share=0.8), Limits()) is None


def test_specks_are_counted_and_the_rest_is_listed():
    speck, calcium = replace(BLOOD, volume_ml=0.1), replace(BLOOD, calcium_share=0.5)

    report = set_aside_report([speck, BLOOD, calcium, speck], Limits())

    assert [str(r) for r in report] == [
        "slices 4 to 6: calcified: denser than clot",
        "2 dense specks: smaller than 0.8 mL",
    ]


def test_one_slice_is_named_in_the_singular():
    assert describe(replace(BLOOD, slices=(7, 7))) == "slice 7"


def test_limits_move_the_line_of_a_rule():
    assert set_aside_reason(BLOOD, Limits(least_ml=25.0)) == "smaller than 25 mL"
