import logging
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from headct.core.errors import ScanError
from headct.core.grid import Grid
from headct.core.labels import (
    ANY_HEMORRHAGE,
    EPIDURAL,
    HEMORRHAGE_SUBTYPES,
    LABELS,
    LEUKOENCEPHALOPATHY,
    SUBARACHNOID,
)
from headct.core.record import Record
from headct.core.volume import Volume
from headct.phantom.generator import MASKED, read_shard, write_shard
from headct.phantom.insertion.generate import Clear, fit_lesions, insertions
from headct.phantom.insertion.ranges import (
    InsertionRanges,
    draw_bleeds,
    draw_grade,
    draw_lookalike,
)
from headct.phantom.lesions.disease import Hemorrhage

# Everything bleeds once, nothing moves aside: what is not near blood is the scan's own.
SICK = InsertionRanges(times=2, bleeding=1.0, another=0.0, looking_alike=0.0, pushing=0.0)


class Opened:
    """Scans that are opened when asked for, and which were."""

    def __init__(self, scans):
        self.scans, self.asked = scans, []

    def __len__(self):
        return len(self.scans)

    def __getitem__(self, index):
        self.asked.append(index)
        return self.scans[index]


@pytest.fixture(scope="module")
def two(healthy):
    """Two scans that differ: all of the second is darker by half a HU."""
    other = healthy.volume.hu - np.float32(0.5)
    return [Clear(healthy.volume), Clear(replace(healthy.volume, hu=other))]


@pytest.fixture(scope="module")
def drawn(two):
    scans = Opened(two)
    return scans, list(islice(insertions(scans, 5, SICK), 4))


def test_each_scan_has_its_turn_and_is_opened_once_for_it(drawn):
    scans, made = drawn

    assert sorted(scans.asked) == [0, 1]
    assert len(made) == 4


def test_lesions_are_put_into_the_scans_given_and_nothing_else_is_changed(drawn, two):
    scans, made = drawn

    for number, example in enumerate(made):
        own = two[scans.asked[number // 2]].volume.hu
        changed = (example.hu != own).mean()
        assert 0 < changed < 0.1


def test_masks_labels_and_what_is_known_agree(drawn):
    _, made = drawn

    for example in made:
        for code, label in enumerate(MASKED, start=1):
            shown = (example.masks == code).any(axis=(1, 2))
            assert np.array_equal(example.labels[:, LABELS.index(label)], shown)
        bleeding = example.labels[:, LABELS.index(ANY_HEMORRHAGE)]
        assert np.array_equal(bleeding, (example.masks > 0).any(axis=(1, 2)))
        assert bleeding.any()


def test_what_a_real_scan_has_beside_is_not_known(drawn):
    _, made = drawn

    for example in made:
        assert not example.known[:, LABELS.index(LEUKOENCEPHALOPATHY)].any()
        without = ~(example.masks > 0).any(axis=(1, 2))
        assert example.known[without, LABELS.index(ANY_HEMORRHAGE)].all()


def test_a_trace_of_a_bleed_is_neither_with_it_nor_without(drawn):
    _, made = drawn
    traces = 0

    for example in made:
        pixel_mm2 = example.spacing_mm[1] * example.spacing_mm[2]
        for code, label in enumerate(HEMORRHAGE_SUBTYPES, start=1):
            areas = (example.masks == code).sum(axis=(1, 2)) * pixel_mm2
            trace = (areas > 0) & (areas < 10)
            traces += trace.sum()
            assert np.array_equal(example.known[:, LABELS.index(label)], ~trace)

    assert traces > 0


def test_of_slices_that_may_bleed_by_themselves_nothing_is_known(healthy):
    clear = np.ones(len(healthy.volume.hu), np.bool_)
    clear[10:14] = False

    example = next(insertions([Clear(healthy.volume, clear)], 1, SICK))

    assert not example.known[10:14].any()
    assert example.known[:10, LABELS.index(ANY_HEMORRHAGE)].any()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_and_another_does_not(drawn, two):
    _, made = drawn

    again = next(insertions(two, 5, SICK))
    other = next(insertions(two, 6, SICK))

    assert again.hu.tobytes() == made[0].hu.tobytes()
    assert again.masks.tobytes() == made[0].masks.tobytes()
    assert other.masks.tobytes() != made[0].masks.tobytes()


@pytest.mark.slow
def test_workers_give_together_what_one_would(drawn, two):
    _, made = drawn

    second = next(insertions(two, 5, SICK, part=(1, 2)))

    assert second.hu.tobytes() == made[2].hu.tobytes()


@pytest.mark.slow
def test_a_matrix_asked_for_is_given(two):
    example = next(insertions(two, 1, SICK, matrix=128))

    assert example.hu.shape == (30, 128, 128)
    assert example.spacing_mm == pytest.approx((5.0, 250 / 128, 250 / 128))


def test_without_a_bleed_a_scan_is_given_as_it_is(two, healthy):
    ranges = replace(SICK, bleeding=0.0)

    example = next(insertions(two[:1], 1, ranges))

    assert np.array_equal(example.hu, healthy.volume.hu)
    assert not example.masks.any()


def test_examples_outlive_a_shard(drawn, tmp_path):
    _, made = drawn
    write_shard(tmp_path / "shard", made[:2], Record("test", {}, seed=5))

    read = read_shard(tmp_path / "shard")

    assert np.array_equal(read[1].known, made[1].known)
    assert np.array_equal(read[1].masks, made[1].masks)


def test_a_scan_without_a_head_is_left_out_and_said(two, caplog):
    foam = Volume(np.full((9, 64, 64), -500, np.float32), Grid.regular((9, 64, 64), (5, 3, 3)))
    caplog.set_level(logging.INFO)

    # Of three turns at two scans the foam has one at least.
    made = list(islice(insertions([Clear(foam), two[0]], 1, replace(SICK, times=1)), 2))

    assert [example.hu.shape for example in made] == [two[0].volume.hu.shape] * 2
    assert any(record.message.startswith("left out: ") for record in caplog.records)


def test_where_no_scan_can_be_used_that_is_said():
    foam = Volume(np.full((9, 64, 64), -500, np.float32), Grid.regular((9, 64, 64), (5, 3, 3)))

    with pytest.raises(ScanError, match="no scan of 2 takes lesions"):
        next(insertions([Clear(foam), Clear(foam)], 1, SICK))


def test_no_scans_are_refused():
    with pytest.raises(ValueError, match="one scan or more"):
        next(insertions([], 1))


def test_a_word_for_each_slice_is_wanted(healthy):
    with pytest.raises(ValueError, match="each of 30 slices"):
        Clear(healthy.volume, np.ones(4, np.bool_))


@pytest.mark.slow
def test_a_bleed_without_room_is_made_smaller(background):
    wanted = Hemorrhage(EPIDURAL, 600.0)

    lesions = fit_lesions(background, [wanted], "", seed=1)

    assert all(lesion.volume_ml < 600 for lesion in lesions)


def test_specks_of_blood_in_fluid_are_dropped(background):
    (blood,) = fit_lesions(background, [Hemorrhage(SUBARACHNOID, 8.0)], "", seed=2)

    from_parts = blood.share > 0.1
    assert from_parts.any()
    assert float(blood.share.sum()) / 1000 == pytest.approx(blood.volume_ml)


def test_subtypes_and_volumes_are_drawn_from_their_ranges():
    ranges = InsertionRanges(bleeding=1.0, another=0.0)
    chance = np.random.default_rng(0)

    bleeds = [draw_bleeds(ranges, chance)[0] for _ in range(2000)]

    for label in HEMORRHAGE_SUBTYPES:
        of_it = [one for one in bleeds if one.label == label]
        low, high = ranges.volume_ml[label]
        assert len(of_it) / 2000 == pytest.approx(ranges.weight[label], abs=0.04)
        assert all(low <= one.volume_ml <= high for one in of_it)
    assert not any(one.site == "tentorium" for one in bleeds)


def test_lookalikes_that_need_another_skull_are_not_drawn():
    ranges = InsertionRanges(looking_alike=1.0)
    chance = np.random.default_rng(0)

    names = {draw_lookalike(ranges, chance) for _ in range(300)}

    assert "dense falx" in names
    assert "craniotomy" not in names


def test_white_matter_is_lowered_where_asked_and_known_where_it_shows(healthy):
    ranges = InsertionRanges(times=2, bleeding=0.0, looking_alike=0.0, thinned=1.0)

    made = list(islice(insertions([Clear(healthy.volume)], 5, ranges), 2))

    column, value = LABELS.index(LEUKOENCEPHALOPATHY), MASKED.index(LEUKOENCEPHALOPATHY) + 1
    for example in made:
        pixel_mm2 = example.spacing_mm[1] * example.spacing_mm[2]
        shown = (example.masks == value).sum(axis=(1, 2)) * pixel_mm2
        assert shown.max() > 100
        assert np.array_equal(example.known[:, column], shown >= 10.0)
        assert example.labels[example.known[:, column], column].all()
        assert not example.labels[:, LABELS.index(ANY_HEMORRHAGE)].any()


def test_without_white_matter_the_draws_are_those_of_before():
    chance, other = np.random.default_rng(4), np.random.default_rng(4)

    drawn = [draw_grade(InsertionRanges(), chance) for _ in range(5)]

    assert drawn == [0] * 5
    assert chance.random() == other.random()


@pytest.mark.parametrize(
    "wrong",
    [
        {"times": 0},
        {"bleeding": 1.5},
        {"edema": (0.5, 0.1)},
        {"thinned": -0.1},
        {"weight": {EPIDURAL: 1.0}},
        {"weight": dict.fromkeys(HEMORRHAGE_SUBTYPES, 0.0)},
        {"volume_ml": dict.fromkeys(HEMORRHAGE_SUBTYPES, (0.0, 5.0))},
    ],
    ids=str,
)
def test_ranges_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        InsertionRanges(**wrong)
