"""Training examples without end: real scans, each time with other lesions of known truth."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cc3d
import numpy as np
from numpy.typing import NDArray

from headct.core.errors import Refusal, ScanError
from headct.core.labels import (
    ANY_HEMORRHAGE,
    EPIDURAL,
    HEMORRHAGE_SUBTYPES,
    INTRAPARENCHYMAL,
    LABELS,
    LEUKOENCEPHALOPATHY,
)
from headct.core.volume import Volume
from headct.image.geometry import Reshape, Square
from headct.phantom.generator import Example, labels_of
from headct.phantom.insertion.background import Background, make_background
from headct.phantom.insertion.insert import Inserted, insert
from headct.phantom.insertion.ranges import (
    InsertionRanges,
    draw_bleeds,
    draw_finish,
    draw_grade,
    draw_lookalike,
)
from headct.phantom.lesions.bleed import VOXEL_ML, Lesion, bleed
from headct.phantom.lesions.disease import Hemorrhage
from headct.phantom.lesions.lookalikes import lookalike
from headct.phantom.lesions.mass import IN_FLUID
from headct.phantom.lesions.white_matter import leukoencephalopathy

logger = logging.getLogger(__name__)

# A bleed that has no room is made smaller by this, some times, and then left out.
_SMALLER, _TRIES = 0.5, 3
# What cannot be seen is drawn anew, so often.
_DRAWS = 5
# A slice with less of a bleed (a spot of 3.5 mm) is neither with it nor without.
_LEAST_MM2 = 10.0
# Bleeds drawn in a box of their own: none of its faces holds more than this of them.
_BOXED, _CUT_SHARE = (EPIDURAL, INTRAPARENCHYMAL), 0.02
# Blood in fluid of fewer voxels in one part than this, by more than so much of each, is dropped.
_SPECK, _SPECK_SHARE = 60, 0.1
_BY_LABEL = tuple(LABELS.index(label) for label in HEMORRHAGE_SUBTYPES)
_ANY = LABELS.index(ANY_HEMORRHAGE)


@dataclass(frozen=True, eq=False)
class Clear:
    """A real scan, and which of its slices are known to show no bleed of their own.

    Args:
        volume: the scan.
        slices: (slices,) bool; None for all of them. A slice that shows one, or may, is kept as
            it is beside the others, and nothing is said of its labels.
    """

    volume: Volume
    slices: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        if self.slices is not None and self.slices.shape != self.volume.hu.shape[:1]:
            raise ValueError(
                f"expected a word for each of {len(self.volume.hu)} slices, got {self.slices.shape}"
            )


def insertions(
    scans: Sequence[Clear],
    seed: int,
    ranges: InsertionRanges | None = None,
    *,
    matrix: int | None = None,
    part: tuple[int, int] = (0, 1),
) -> Iterator[Example]:
    """Real scans with inserted bleeds, without end; the same seed gives the same ones.

    All scans have their turn in an order drawn anew each round; at its turn one is given
    ``ranges.times`` sets of lesions; shuffle before training. Give training patients' scans alone:
    what is not in ``scans`` is never read. What is known of each slice stands in
    ``Example.known``: leukoencephalopathy is not, as the scan may have it.

    Args:
        scans: read one at a time: a sequence that opens them as they are asked for will do.
        seed: draws everything.
        ranges: from what; ``InsertionRanges()`` where not given.
        matrix: rows and columns of the result; None for those of each scan.
        part: (k, n) for worker ``k`` of ``n``: together they give what one would.

    Raises:
        ValueError: no scans, or no such part.
        ScanError: none of them can be used; the message carries the last one's reason.
    """
    given = ranges or InsertionRanges()
    first, step = part
    if not len(scans):
        raise ValueError("expected one scan or more to put lesions into, got none")
    if not 0 <= first < step:
        raise ValueError(f"part: expected (k, n) with k from 0 to n - 1, got {part}")
    turn, refused = first, 0
    while True:
        order = np.random.default_rng([seed, 1, turn // len(scans)]).permutation(len(scans))
        scan = scans[int(order[turn % len(scans)])]
        background = make_background(shaped(scan.volume, matrix))
        if isinstance(background, Refusal):
            logger.info("left out: %s", background)
            refused += 1
            if refused >= len(scans):
                raise ScanError(f"no scan of {len(scans)} takes lesions; the last: {background}")
        else:
            refused = 0
            for number in range(given.times):
                chance = np.random.default_rng([seed, 2, turn, number])
                yield example_of(draw_inserted(background, given, chance), scan.slices)
        turn += step


def draw_inserted(
    background: Background, ranges: InsertionRanges, chance: np.random.Generator
) -> Inserted:
    """A scan with lesions drawn by chance: smaller where there is less room, fewer at the worst."""
    for _ in range(_DRAWS):
        lesions = fit_lesions(
            background,
            draw_bleeds(ranges, chance),
            draw_lookalike(ranges, chance),
            int(chance.integers(2**31)),
            grade=draw_grade(ranges, chance),
        )
        found = insert(background, lesions, draw_finish(ranges, chance))
        if not isinstance(found, Refusal):
            return found
        logger.info("drawn anew: %s", found)
    return untouched(background)


def untouched(background: Background) -> Inserted:
    """The scan as it is, without lesions."""
    found = insert(background, ())
    if isinstance(found, Refusal):
        raise AssertionError("nothing cannot be refused")
    return found


def fit_lesions(
    background: Background, bleeds: Sequence[Hemorrhage], alike: str, seed: int, *, grade: int = 0
) -> tuple[Lesion, ...]:
    """Make lesions in a scan's head, look-alike first; what has no room is smaller or left out.

    Args:
        background: the scan.
        bleeds: wanted.
        alike: the name of a look-alike; empty for none.
        seed: draws their shapes and places.
        grade: of leukoencephalopathy, 0 for none; it leaves the others in place.
    """
    head = background.head
    around: list[Lesion] = []
    if alike:
        try:
            around.append(lookalike(head, alike, seed))
        except ValueError as error:
            logger.info("left out: %s", error)
    made: list[Lesion] = []
    for wanted in bleeds:
        volume_ml = wanted.volume_ml
        for attempt in range(_TRIES):
            try:
                lesion = bleed(
                    head,
                    wanted.label,
                    volume_ml,
                    seed + attempt,
                    site=wanted.site,
                    form=wanted.form,
                    age_days=wanted.age_days,
                    beside=made,
                )
            except ValueError as error:
                logger.info("%s", error)
                volume_ml *= _SMALLER
                continue
            if _is_cut(lesion):
                logger.info("the %s at the %s has no room", lesion.label, lesion.site)
                volume_ml *= _SMALLER
                continue
            made.append(_without_specks(lesion))
            break
    beside = (*around, *made)
    thinned = (leukoencephalopathy(head, grade, seed, beside=beside),) if grade else ()
    return (*around, *thinned, *made)


def _without_specks(lesion: Lesion) -> Lesion:
    """Blood in fluid without what noise in a sulcus' density made of it."""
    if lesion.label not in IN_FLUID:
        return lesion
    share = lesion.share * cc3d.dust(lesion.share > _SPECK_SHARE, threshold=_SPECK)
    if not share.any():
        return lesion
    return replace(lesion, share=share, volume_ml=float(share.sum(dtype=np.float64)) * VOXEL_ML)


def _is_cut(lesion: Lesion) -> bool:
    """Whether a bleed fills its box to an end: where tissue is short it grows into a block."""
    ends = [lesion.share.take(at, axis) for axis in range(3) for at in (0, -1)]
    faces = [float((end > 0.5).mean()) for end in ends]
    return lesion.label in _BOXED and max(faces) > _CUT_SHARE


def shaped(volume: Volume, matrix: int | None) -> Volume:
    """A scan on a square matrix; as it is where none is given."""
    return volume if matrix is None else Reshape(matrix, matrix)(Square()(volume))


def example_of(found: Inserted, clear: NDArray[np.bool_] | None) -> Example:
    """What is known of a scan with lesions, slice by slice.

    Args:
        found: the scan.
        clear: as ``Clear.slices``.
    """
    masks, grid = found.truth.labels, found.volume.grid
    known = np.zeros((len(masks), len(LABELS)), np.bool_)
    is_clear = np.ones(len(masks), np.bool_) if clear is None else clear
    known[:, (_ANY, *_BY_LABEL)] = is_clear[:, None]
    pixel_mm2 = grid.spacing_mm[0] * grid.spacing_mm[1]
    for index, label in zip(_BY_LABEL, HEMORRHAGE_SUBTYPES, strict=True):
        areas_mm2 = found.truth.areas(label) * pixel_mm2
        known[(areas_mm2 > 0) & (areas_mm2 < _LEAST_MM2), index] = False
    labels = labels_of(masks)
    # What was put in is there, whatever the scan had; that there is none, nobody knows of it.
    thinned_mm2 = found.truth.areas(LEUKOENCEPHALOPATHY) * pixel_mm2
    known[:, LABELS.index(LEUKOENCEPHALOPATHY)] = thinned_mm2 >= _LEAST_MM2
    # One subtype that is surely there is a bleed; a trace alone is not known to be one.
    sure = (labels & known)[:, _BY_LABEL].any(axis=1)
    known[:, _ANY] &= sure | known[:, _BY_LABEL].all(axis=1)
    # Mixed distances: as in the phantom's examples, the first speaks for all.
    distance_mm = float(grid.distances_mm[0]) if len(masks) > 1 else float(grid.heights_mm[0])
    return Example(found.volume.hu, masks, labels, (distance_mm, *grid.spacing_mm), known)
