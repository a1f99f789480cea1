"""One scan filed twice, found by its pixels: headers, order and compression may differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from headct.cohort.doubt import Doubt, Kind
from headct.core.case import Case, Cohort
from headct.core.volume import AIR_HU, Hounsfield

Hashes = NDArray[np.uint64]

# What a 12-bit CT can hold; exports differ in how they mark what lies beyond.
_HIGHEST_HU = 3071.0
# Slices that show nothing are alike in all scans: pictures are black above the vertex.
_BLANK_SHARE = 0.99
# Among the 750,000 slices of RSNA 2019 two different ones share 64 bits once in 65 million sets.
_HASH_BYTES = 8


@dataclass(frozen=True)
class SameSlices:
    """Two cases that share slices, by their places in the cohort, the earlier first."""

    first: int
    second: int
    shared: int


def slice_hashes(hu: Hounsfield) -> Hashes:
    """A hash of the pixels of each slice that shows something, sorted, each once.

    Args:
        hu: (slices, rows, columns), upright: so that scans stored in another order are alike.
    """
    found = []
    for plane in hu:
        stored = np.rint(np.clip(plane, AIR_HU, _HIGHEST_HU)).astype("<i2")
        if np.mean(stored == stored[0, 0]) >= _BLANK_SHARE:
            continue
        size = "x".join(map(str, stored.shape)).encode()
        digest = blake2b(stored.tobytes(), digest_size=_HASH_BYTES, key=size).digest()
        found.append(int.from_bytes(digest, "little"))
    return np.unique(np.array(found, dtype=np.uint64))


def find_same(hashes: Sequence[Hashes]) -> tuple[SameSlices, ...]:
    """Cases that share slices, each with the first case that has them; ten bytes a slice.

    Args:
        hashes: of each case, as ``slice_hashes`` gives them.
    """
    if not hashes:
        return ()
    owners = np.repeat(np.arange(len(hashes), dtype=np.int32), [len(each) for each in hashes])
    values = np.concatenate(hashes)
    # Stable: among equal slices the owners stay in the order of the cohort.
    order = np.argsort(values, kind="stable")
    values, owners = values[order], owners[order]
    begins = np.flatnonzero(np.r_[True, values[1:] != values[:-1]][: len(values)])
    firsts = np.repeat(owners[begins], np.diff(np.r_[begins, len(values)]))
    again = owners != firsts
    pairs = np.unique(np.stack([firsts[again], owners[again]], axis=1), axis=0)
    return tuple(
        SameSlices(int(one), int(other), len(np.intersect1d(hashes[one], hashes[other])))
        for one, other in pairs
    )


def doubts_of_same(
    cohort: Cohort, same: Sequence[SameSlices], slices: Sequence[int]
) -> tuple[Doubt, ...]:
    """A doubt for the later case of each pair; for both where their labels differ.

    The later one stays out until a person has settled it, so that no scan is counted twice or
    lies on both sides of a split. Which of two different labels is right nobody can tell from
    here: then both stay out.

    Args:
        cohort: the cases that places refer to.
        same: as ``find_same`` gives them.
        slices: how many slices of each case show something.
    """
    doubts = []
    for pair in same:
        one, other = cohort.cases[pair.first], cohort.cases[pair.second]
        places = (pair.second, pair.first)
        for place, twin in (places, places[::-1]) if _differ(one, other) else (places,):
            case, copy = cohort.cases[place], cohort.cases[twin]
            whose = "the same patient" if case.patient == copy.patient else "another patient"
            told = (
                f"{pair.shared} of its {slices[place]} slices are pixel for pixel those of case "
                f"{twin + 1} of {len(cohort.cases)}, filed under {whose}: exclude one, or keep both"
            )
            if _differ(one, other):
                told += "; their labels differ"
            quoted = f"patient {copy.patient} study {copy.study}"
            doubts.append(Doubt(Kind.SAME_SCAN, told, case.patient, case.study, quoted=quoted))
    return tuple(doubts)


def _differ(one: Case, other: Case) -> bool:
    """Whether a label is known of both cases and not the same."""
    both = set(one.labels) & set(other.labels)
    return any({one.labels[name], other.labels[name]} == {True, False} for name in both)
