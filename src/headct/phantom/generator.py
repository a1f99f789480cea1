"""Training examples that never touch the disk, and shards of them for those who want them there."""

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headct.core.errors import ScanError
from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES, LABELS, LEUKOENCEPHALOPATHY
from headct.core.output import all_or_nothing
from headct.core.record import Record
from headct.core.volume import Hounsfield
from headct.phantom.body.anatomy import Head, head
from headct.phantom.lesions.disease import Diseased, give_disease
from headct.phantom.randomization import (
    Randomization,
    draw_disease,
    draw_motion,
    draw_technique,
)
from headct.phantom.scanner.scan import Phantom, scan_head
from headct.phantom.scanner.technique import fit_protocol

logger = logging.getLogger(__name__)

MASKED = (*HEMORRHAGE_SUBTYPES, LEUKOENCEPHALOPATHY)
"""Labels that have a mask; value ``k + 1`` of ``Example.masks`` is ``MASKED[k]``."""

_HU, _MASKS, _LABELS, _ABOUT = "hu.npy", "masks.npy", "labels.npy", "shard.json"
# Which labels are known; only where a scan leaves some open.
_KNOWN = "known.npy"


@dataclass(frozen=True, eq=False)
class Example:
    """One scan of a digital head, lowest slice first.

    Args:
        hu: (slices, rows, columns) float32.
        masks: (slices, rows, columns) uint8: 0 for none, else 1 + index in ``MASKED``.
        labels: (slices, labels) bool, in the order of ``headct.core.labels.LABELS``.
        spacing_mm: between slices along the normal, rows, columns.
        known: (slices, labels) bool, which of ``labels`` are known, where a real scan carries
            the lesions; None where all are, as in every digital head.
    """

    hu: Hounsfield
    masks: NDArray[np.uint8]
    labels: NDArray[np.bool_]
    spacing_mm: tuple[float, float, float]
    known: NDArray[np.bool_] | None = None


def examples(
    seed: int,
    ranges: Randomization | None = None,
    *,
    matrix: int = 256,
    first: int = 0,
    step: int = 1,
) -> Iterator[Example]:
    """Scans without end; the same seed gives the same ones.

    Each head is given some diseases, and each of these is scanned some times, as ``ranges`` says;
    shuffle before training. Let worker ``k`` of ``n`` ask for ``first=k, step=n``: together they
    give what one would.

    Args:
        seed: draws everything.
        ranges: from what; ``Randomization()`` where not given.
        matrix: rows and columns.
        first: number of the first head.
        step: from one head to the next.
    """
    given = ranges or Randomization()
    number = first
    while True:
        chance = np.random.default_rng([seed, number])
        drawn = head(int(chance.integers(2**31)), ranges=given.heads)
        for _ in range(given.diseases_per_head):
            diseased = give_disease(drawn, draw_disease(given, chance), must_fit=False)
            for _ in range(given.scans_per_disease):
                try:
                    yield _example(_scan(diseased, drawn, matrix, given, chance))
                except ValueError as error:
                    # A small field may cut a bleed off: its mL would be wrong.
                    logger.info("left out: %s", error)
        number += step


def _scan(
    diseased: Diseased,
    healthy: Head,
    matrix: int,
    ranges: Randomization,
    chance: np.random.Generator,
) -> Phantom:
    protocol = fit_protocol(healthy, draw_technique(ranges, chance), matrix)
    protocol = draw_motion(protocol, ranges, chance)
    return scan_head(diseased.head, diseased.lesions, protocol, int(chance.integers(2**31)))


def _example(scan: Phantom) -> Example:
    codes = np.array([0, *(1 + MASKED.index(name) for name in scan.truth.names)], np.uint8)
    masks = codes[scan.truth.labels]
    grid = scan.volume.grid
    distance_mm = float(grid.distances_mm[0])
    return Example(scan.volume.hu, masks, labels_of(masks), (distance_mm, *grid.spacing_mm))


def labels_of(masks: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """(slices, labels): what each slice of masks (slices, rows, columns) shows any of."""
    shown = np.zeros((len(masks), len(LABELS)), np.bool_)
    for index, plane in enumerate(masks):
        there = np.bincount(plane.ravel(), minlength=len(MASKED) + 1)[1:] > 0
        for label, is_there in zip(MASKED, there, strict=True):
            shown[index, LABELS.index(label)] = is_there
    subtypes = [LABELS.index(label) for label in HEMORRHAGE_SUBTYPES]
    shown[:, LABELS.index(ANY_HEMORRHAGE)] = shown[:, subtypes].any(axis=1)
    return shown


def write_shard(out: Path | str, scans: Iterable[Example], record: Record) -> None:
    """Write scans into a new folder, for ``read_shard``: ``islice(examples(seed=1), 200)``.

    Args:
        out: a folder to make: arrays as .npy, and shard.json that says what they are.
        scans: of one matrix.
        record: how they were made, to be kept beside them.

    Raises:
        OutputError: the folder holds something, or cannot be written.
        ValueError: no scans, or of more than one matrix.
    """
    made = list(scans)
    if len({example.hu.shape[1:] for example in made}) != 1:
        raise ValueError("a shard holds one scan or more, all of one matrix")
    about = {
        "labels": LABELS,
        "masked": MASKED,
        "scans": [len(example.hu) for example in made],
        "spacing_mm": [example.spacing_mm for example in made],
        "record": record.as_dict(),
    }
    with all_or_nothing(Path(out)) as folder:
        np.save(folder / _HU, np.concatenate([e.hu for e in made]).astype(np.int16))
        np.save(folder / _MASKS, np.concatenate([e.masks for e in made]))
        np.save(folder / _LABELS, np.concatenate([e.labels for e in made]))
        if any(e.known is not None for e in made):
            whole = [np.ones_like(e.labels) if e.known is None else e.known for e in made]
            np.save(folder / _KNOWN, np.concatenate(whole))
        (folder / _ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    logger.info("%d scans in a shard", len(made))


def read_shard(folder: Path | str) -> Sequence[Example]:
    """The scans of a shard, memory-mapped: slices are read as they are used.

    ``hu`` is int16 here: a whole HU, half the bytes.

    Raises:
        ScanError: not a shard, or one that was changed.
    """
    folder = Path(folder)
    try:
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        hu, masks, labels = (
            np.load(folder / name, mmap_mode="r", allow_pickle=False)
            for name in (_HU, _MASKS, _LABELS)
        )
        ends = np.cumsum(about["scans"])
        known = None
        if (folder / _KNOWN).exists():
            known = np.load(folder / _KNOWN, mmap_mode="r", allow_pickle=False)
        spacings = [(float(z), float(y), float(x)) for z, y, x in about["spacing_mm"]]
        rows = {len(each) for each in (hu, masks, labels, known) if each is not None}
        if rows != {int(ends[-1])}:
            raise ValueError("lengths differ")
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise ScanError(
            f"no shard of training examples that can be read ({type(error).__name__}): write it "
            "again"
        ) from error
    starts = [0, *ends[:-1]]
    return [
        Example(hu[a:b], masks[a:b], labels[a:b], spacing, None if known is None else known[a:b])
        for a, b, spacing in zip(starts, ends, spacings, strict=True)
    ]
