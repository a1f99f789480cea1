from itertools import combinations
from pathlib import Path

import numpy as np

from headct.cohort.checking.duplicates import doubts_of_same, find_same, slice_hashes
from headct.cohort.doubt import Kind
from headct.core.case import Case, Cohort
from headct.core.labels import ANY_HEMORRHAGE

# RSNA 2019: slices and studies.
SLICES, STUDIES = 752_803, 21_744


def noise(seed, slices=6):
    chance = np.random.default_rng(seed)
    return chance.integers(-1000, 2000, (slices, 32, 32)).astype(np.float32)


def cohort(*labels):
    return Cohort(
        "c",
        tuple(
            Case(f"p{index}", "s", Path("x"), {ANY_HEMORRHAGE: label})
            for index, label in enumerate(labels)
        ),
    )


def test_a_scan_is_found_again_in_part_and_in_another_order():
    scan, other = noise(1), noise(2)
    part = scan[[4, 2, 3]]

    found = find_same([slice_hashes(hu) for hu in (other, scan, part)])

    assert [(same.first, same.second, same.shared) for same in found] == [(1, 2, 3)]


def test_what_lies_beyond_12_bits_does_not_tell_copies_apart():
    scan = noise(1)
    scan[:, :4] = -1024
    padded = np.where(scan == -1024, np.float32(-3024), scan)

    assert np.array_equal(slice_hashes(scan), slice_hashes(padded))


def test_one_hu_in_one_pixel_makes_another_slice():
    scan = noise(1)
    changed = scan.copy()
    changed[0, 5, 5] += 1

    (same,) = find_same([slice_hashes(scan), slice_hashes(changed)])

    assert same.shared == 5


def test_slices_of_other_shape_are_not_alike():
    scan = noise(1)

    assert not find_same([slice_hashes(scan), slice_hashes(scan.reshape(6, 16, 64))])


def test_slices_that_show_nothing_make_no_copies():
    scans = [noise(seed) for seed in range(2)]
    for scan in scans:
        scan[0] = -1024
        # A mark of 10 pixels of 1024 is still less than a hundredth.
        scan[1] = -1024
        scan[1, 0, 1:11] = 100

    hashes = [slice_hashes(scan) for scan in scans]

    assert [len(each) for each in hashes] == [4, 4]
    assert find_same(hashes) == ()


def test_pairs_are_those_that_comparing_every_slice_with_every_other_finds():
    chance = np.random.default_rng(7)
    pool = noise(3, slices=40)
    # Of 40 slices each scan has four: many share one, some two.
    scans = [pool[chance.choice(40, 4, replace=False)] for _ in range(12)]

    found = find_same([slice_hashes(scan) for scan in scans])

    shared = {
        (one, other): sum(np.array_equal(a, b) for a in scans[one] for b in scans[other])
        for one, other in combinations(range(12), 2)
    }
    assert {(s.first, s.second): s.shared for s in found}.items() <= shared.items()
    # Who shares with anybody is found, with the first who has that slice.
    assert {s.second for s in found} == {other for (one, other), count in shared.items() if count}


def test_the_largest_public_set_is_compared_in_seconds():
    chance = np.random.default_rng(0)
    values = chance.integers(0, 2**63, SLICES, dtype=np.uint64)
    hashes = [np.unique(part) for part in np.array_split(values, STUDIES)]
    planted = {(5, 20_000), (6, 7)}
    for one, other in planted:
        hashes[other] = hashes[one]

    found = find_same(hashes)

    assert {(same.first, same.second) for same in found} == planted


def test_no_scans_have_no_copies():
    empty = np.empty(0, dtype=np.uint64)

    assert find_same([]) == ()
    assert find_same([empty, empty]) == ()


def test_the_later_copy_stays_out_until_it_is_decided():
    hashes = [slice_hashes(noise(1))] * 2

    (doubt,) = doubts_of_same(cohort(True, None), find_same(hashes), [6, 6])

    assert (doubt.kind, doubt.patient, doubt.blocks) == (Kind.SAME_SCAN, "p1", True)
    assert "6 of its 6 slices" in doubt.told
    assert "case 1 of 2, filed under another patient" in doubt.told
    assert "p0" in doubt.quoted
    assert "p0" not in doubt.told


def test_copies_with_different_labels_both_stay_out():
    hashes = [slice_hashes(noise(1))] * 2

    doubts = doubts_of_same(cohort(True, False), find_same(hashes), [6, 6])

    assert sorted(doubt.patient for doubt in doubts) == ["p0", "p1"]
    assert all("labels differ" in doubt.told for doubt in doubts)


def test_a_copy_under_one_patient_is_said_to_be_so():
    twice = Cohort("c", (Case("p", "1", Path("x")), Case("p", "2", Path("y"))))
    hashes = [slice_hashes(noise(1))] * 2

    (doubt,) = doubts_of_same(twice, find_same(hashes), [6, 6])

    assert doubt.study == "2"
    assert "the same patient" in doubt.told
