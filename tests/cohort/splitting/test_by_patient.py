from collections import Counter
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from headct.cohort.doubt import Doubt, Kind
from headct.cohort.splitting.by_patient import (
    folds,
    holdout,
    keep_apart,
    nested,
    with_lock,
    without,
)
from headct.cohort.splitting.lock import make_lock
from headct.cohort.splitting.rounds import Round, check_covers, check_no_leak
from headct.cohort.splitting.strata import patients_of, same_scan
from headct.core.case import UNKNOWN, Case, Cohort, SliceLabels
from headct.core.errors import CohortError

LABELS = ("any_hemorrhage", "epidural", "subdural")
TRUTHS = st.tuples(*[st.sampled_from([True, False, None])] * 2)
PEOPLE = st.lists(st.tuples(TRUTHS, st.sampled_from("AB")), min_size=2, max_size=120)


def cohort(people, studies=1):
    """Patients of (truth, site), each with studies alike."""
    return Cohort(
        "made",
        tuple(
            Case(f"p{i:03d}", f"s{j}", Path("x"), dict(zip(LABELS, truth, strict=False)), site=site)
            for i, (truth, site) in enumerate(people)
            for j in range(studies)
        ),
    )


def drawn(count, seed, rates=(0.4, 0.06, 0.2), sites=3):
    chance = np.random.default_rng(seed)
    truths = chance.random((count, len(rates))) < rates
    return cohort([(tuple(map(bool, row)), str(chance.integers(sites))) for row in truths])


def strata(made):
    """Patients by label combination, and by combination and site."""
    whole = patients_of(made)
    found = {}
    for patient, truth in whole.known.items():
        for key in (truth, (truth, whole.sites[patient]), "all"):
            found.setdefault(key, set()).add(patient)
    return found


def furthest(made, parts, shares):
    """How many patients a part is at most away from its exact share, over all strata."""
    total = sum(shares)
    return max(
        abs(len(members & set(part)) - len(members) * share / total)
        for members in strata(made).values()
        for part, share in zip(parts, shares, strict=True)
    )


def everybody(made):
    return sorted({case.patient for case in made.cases})


@given(PEOPLE, st.tuples(*[st.integers(1, 100)] * 3), st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_a_holdout_deals_everybody_once_and_every_stratum_within_one_patient(people, shares, seed):
    made = cohort(people, studies=2)
    if len(people) < 3:
        with pytest.raises(CohortError, match="3 parts were asked for, but there are 2 patients"):
            holdout(made, shares, seed=seed)
        return

    parts = list(holdout(made, shares, seed=seed).round().parts.values())

    assert sorted(p for part in parts for p in part) == everybody(made)
    # No part is ever empty, which a part of less than a patient would be.
    if min(shares) / sum(shares) * len(people) >= 1:
        assert furthest(made, parts, shares) < 1


@given(PEOPLE, st.integers(2, 7), st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_folds_deal_everybody_once_and_every_stratum_within_one_patient(people, k, seed):
    made = cohort(people)
    if len(people) < k:
        with pytest.raises(CohortError, match=f"{k} parts were asked for"):
            folds(made, k, seed=seed)
        return

    split = folds(made, k, seed=seed)
    parts = [one.parts["validation"] for one in split.rounds]

    assert sorted(p for part in parts for p in part) == everybody(made)
    assert furthest(made, parts, [1] * k) < 1
    for one in split.rounds:
        assert sorted(one.parts["train"] + one.parts["validation"]) == everybody(made)


@given(PEOPLE.filter(lambda people: len(people) > 15), st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None)
def test_the_seed_alone_decides_not_the_order_of_cases(people, random):
    made = cohort(people)
    shuffled = list(made.cases)
    random.shuffle(shuffled)
    other = replace(made, cases=tuple(shuffled))

    assert holdout(other, seed=3) == holdout(made, seed=3)
    assert nested(other, 3, 2, seed=3) == nested(made, 3, 2, seed=3)


def test_another_seed_deals_otherwise():
    made = drawn(100, seed=1)

    dealt = {holdout(made, seed=seed).round().parts["test"] for seed in range(10)}

    assert len(dealt) == 10


def test_no_patient_is_dealt_to_a_part_more_often_than_its_share():
    made = drawn(20, seed=2)
    seeds = range(100)

    in_test = Counter(p for seed in seeds for p in holdout(made, seed=seed).round().parts["test"])

    # Of 100 draws at 15 % 15 are expected, 3.6 the standard deviation; five of them more.
    assert max(in_test.values()) < 15 + 18


@given(PEOPLE.filter(lambda people: len(people) >= 24), st.data())
@settings(max_examples=15, deadline=None)
def test_patients_that_share_a_scan_stay_together(people, data):
    made = cohort(people)
    names = everybody(made)
    pairs = data.draw(
        st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=8)
    )

    split = folds(made, 3, seed=1, together=pairs)

    for one in split.rounds:
        side = {p: part for part, patients in one.parts.items() for p in patients}
        assert [pair for pair in pairs if side[pair[0]] != side[pair[1]]] == []


def test_a_few_bound_pairs_leave_every_stratum_within_one_patient():
    made = drawn(200, seed=5)
    names = everybody(made)
    pairs = [tuple(names[i : i + 2]) for i in range(0, 20, 2)]

    parts = list(holdout(made, seed=1, together=pairs).round().parts.values())

    assert furthest(made, parts, (70, 15, 15)) < 1


def test_bound_patients_count_as_one_when_there_are_too_few():
    made = drawn(5, seed=1)

    with pytest.raises(CohortError, match="5 parts were asked for, but there are 3 patients"):
        folds(made, 5, seed=1, together=[("p000", "p001"), ("p001", "p002")])


@pytest.mark.filterwarnings("ignore:The least populated class:UserWarning")
def test_every_stratum_is_nearer_its_share_than_with_scikit_learn():
    made = drawn(300, seed=7)
    whole = patients_of(made)
    names = everybody(made)
    kinds = np.unique([str((whole.known[p], whole.sites[p])) for p in names], return_inverse=True)[
        1
    ]
    theirs = [
        [names[i] for i in test]
        for _, test in StratifiedGroupKFold(5, shuffle=True, random_state=1).split(
            np.zeros(len(names)), kinds, groups=names
        )
    ]

    ours = [one.parts["validation"] for one in folds(made, 5, seed=1).rounds]

    assert sorted(p for part in theirs for p in part) == names
    assert furthest(made, ours, [1] * 5) < 1 <= furthest(made, theirs, [1] * 5)


def test_nested_folds_test_everybody_once_and_validate_all_the_others():
    made = drawn(60, seed=3)

    split = nested(made, 5, 4, seed=1)

    assert [one.name for one in split.rounds][:5] == [f"fold 1.{j}" for j in range(1, 5)] + [
        "fold 2.1"
    ]
    outer = [split.round(f"fold {i}.1").parts["test"] for i in range(1, 6)]
    assert sorted(p for part in outer for p in part) == everybody(made)
    for i in range(1, 6):
        inner = [split.round(f"fold {i}.{j}") for j in range(1, 5)]
        assert {one.parts["test"] for one in inner} == {outer[i - 1]}
        rest = sorted(set(everybody(made)) - set(outer[i - 1]))
        assert sorted(p for one in inner for p in one.parts["validation"]) == rest


def test_a_patient_has_what_any_study_shows_and_lacks_what_all_deny():
    values = np.array([[0, UNKNOWN], [1, 0]], np.int8)
    sliced = SliceLabels(("epidural", "subdural"), ("1.jpg", "2.jpg"), values)
    cases = (
        Case("a", "1", Path("x"), {"any_hemorrhage": False}),
        Case("a", "2", Path("x"), {"any_hemorrhage": True}),
        Case("b", "1", Path("x"), {"any_hemorrhage": False}),
        Case("b", "2", Path("x"), {"any_hemorrhage": None}),
        Case("c", "1", Path("x"), {"any_hemorrhage": False}, sliced, site="north"),
    )

    found = patients_of(Cohort("made", cases))

    assert found.labels == ("any_hemorrhage", "epidural", "subdural")
    assert found.known == {
        "a": (True, None, None),
        "b": (None, None, None),
        "c": (False, True, None),
    }
    assert found.sites == {"a": "", "b": "", "c": "north"}


def test_two_shares_are_training_and_test():
    parts = holdout(drawn(20, seed=1), (80, 20), seed=1).round().parts

    assert {part: len(patients) for part, patients in parts.items()} == {"train": 16, "test": 4}


@pytest.mark.parametrize("shares", [(100,), (50, 50, 0), (1, 1, 1, 1), (-1, 2, 3)])
def test_shares_that_are_none_are_refused(shares):
    with pytest.raises(ValueError, match="two or three shares above 0"):
        holdout(drawn(20, seed=1), shares, seed=1)


def test_one_fold_is_refused():
    with pytest.raises(ValueError, match="2 folds or more, got 1"):
        folds(drawn(20, seed=1), 1, seed=1)


def test_a_patient_in_two_parts_is_an_error_that_names_nobody():
    with pytest.raises(
        CohortError, match="entry 2 of test is a patient who stands in train"
    ) as told:
        Round("holdout", {"train": ("Ann", "Ben"), "test": ("Cid", "Ben")})

    assert "Ben" not in str(told.value)


def test_a_scan_on_two_sides_is_an_error():
    parts = {"train": ("a", "b"), "test": ("c",)}

    check_no_leak(parts, [("a", "b")])
    with pytest.raises(CohortError, match="group 2 share a scan, but stand in test and train"):
        check_no_leak(parts, [("a", "b"), ("b", "c")])


def test_a_cohort_with_other_patients_is_refused():
    made = drawn(20, seed=1)
    split = holdout(made, seed=1)
    fewer, more = without(made, ["p003"]), drawn(22, seed=1)

    check_covers(split, made)
    with pytest.raises(CohortError, match="1 of 20 patients of the split are not in cohort"):
        split.cases(fewer, "train")
    with pytest.raises(CohortError, match="2 of 22 patients of cohort made are not in the split"):
        split.cases(more, "train")


def test_the_test_patients_kept_apart_are_like_the_whole_and_in_no_round():
    made = drawn(100, seed=4)

    apart = keep_apart(made, 0.2, seed=1)
    lock = make_lock("made", apart)
    split = with_lock(folds(without(made, apart), 5, seed=1), made, lock.as_locked("test.lock"))

    rest = sorted(set(everybody(made)) - set(apart))
    assert furthest(made, [rest, apart], [0.8, 0.2]) < 1
    assert split.patients == set(rest)
    check_covers(split, made)
    check_covers(split, without(made, apart))
    with pytest.raises(CohortError, match="not the 20 kept apart"):
        check_covers(split, without(made, apart[:1]))


def test_cases_of_a_part_are_all_studies_of_its_patients():
    made = cohort([((True,), "A"), ((False,), "A")] * 10, studies=3)
    split = holdout(made, seed=1)

    found = {part: split.cases(made, part) for part in ("train", "validation", "test")}

    assert sum(map(len, found.values())) == 60
    assert all(len(found[part]) == 3 * len(split.round().parts[part]) for part in found)
    for one, other in combinations(found.values(), 2):
        assert {case.patient for case in one} & {case.patient for case in other} == set()


def test_a_round_must_be_named_where_there_are_several():
    split = folds(drawn(20, seed=1), 2, seed=1)

    with pytest.raises(
        CohortError, match="say which round of this split: there are fold 1, fold 2"
    ):
        split.round()
    with pytest.raises(CohortError, match="no round 'fold 3'"):
        split.round("fold 3")


def test_a_scan_filed_twice_binds_its_patients_though_kept():
    made = cohort([((True,), "A")] * 3)
    doubts = [
        Doubt(Kind.SAME_SCAN, "the same", "p002", "s0", quoted="patient p000 study s0"),
        Doubt(Kind.QUALITY, "dark", "p001", "s0"),
    ]

    assert same_scan(doubts, made) == (("p002", "p000"),)
    with pytest.raises(CohortError, match="its twin is not in the cohort"):
        same_scan([replace(doubts[0], quoted="patient p9 study s0")], made)
