"""A cohort as a pipeline has prepared it: pixels in one file, read as fast as memory.

A store is a folder:

- ``store.json``: pipeline, labels, what frames are like, versions;
- ``pixels.npy``: (slices, channels, rows, columns) uint8, ``round(255 x)`` of x in [0, 1];
- ``masks.npy``: (slices, rows, columns) uint8, where the cohort has masks;
- ``journal.jsonl``: a line for each study, with its labels, places and checksum;
- ``slices.csv``, ``refused.csv``: the same for people.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headct.batch.journal import read_journal
from headct.cohort.store.array import Shape, map_rows, read_rows
from headct.cohort.store.entry import Key, Study, Unusable, parse_entry
from headct.cohort.store.header import JOURNAL, MASKS, PIXELS, Header, read_header
from headct.core.errors import CohortError
from headct.core.finding import Progress

NO_MASK = 255
"""Stands in masks where a study has none: what is marked there is not known."""

Pixels = NDArray[np.uint8]
Indices = Sequence[int] | NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Store:
    """A prepared cohort. Slices are counted from 0, study by study, each from the feet up.

    A store may be opened while it is made: it then has the studies that are there. It crosses to
    other processes as its path alone.

    Args:
        folder: where it is.
        header: what it is made of.
        studies: what is in it, in order.
        refused: what is not, and why.
    """

    folder: Path
    header: Header
    studies: tuple[Study, ...]
    refused: tuple[Unusable, ...]

    def __reduce__(self) -> tuple[Callable[[Path], "Store"], tuple[Path]]:
        return open_store, (self.folder,)

    def __len__(self) -> int:
        return self.studies[-1].slices.stop if self.studies else 0

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that are known of any study or slice: the columns of both arrays below."""
        return self.header.labels

    @cached_property
    def study_values(self) -> NDArray[np.int8]:
        """(studies, labels) int8 truth: 1, 0, or -1 where not known."""
        rows = [study.values(self.labels) for study in self.studies]
        return np.array(rows, np.int8).reshape(len(self.studies), len(self.labels))

    @cached_property
    def slice_values(self) -> NDArray[np.int8]:
        """(slices, labels) int8 truth: 1, 0, or -1 where not known."""
        rows = [np.empty((0, len(self.labels)), np.int8)]
        return np.concatenate([*rows, *(study.slice_values for study in self.studies)])

    @cached_property
    def study_of(self) -> NDArray[np.intp]:
        """(slices,) which study each slice belongs to."""
        counts = [study.count for study in self.studies]
        return np.repeat(np.arange(len(self.studies)), counts)

    @cached_property
    def patients(self) -> tuple[str, ...]:
        """Whose each study is."""
        return tuple(study.patient for study in self.studies)

    def slices_of(self, patients: Iterable[str]) -> NDArray[np.intp]:
        """Which slices belong to some patients, in order: a part of a split."""
        wanted = set(patients)
        kept = np.array([patient in wanted for patient in self.patients], dtype=bool)
        return np.flatnonzero(kept[self.study_of])

    @cached_property
    def pixels(self) -> Pixels:
        """(slices, channels, rows, columns) uint8 as they lie on disk, read only where used.

        Raises:
            CohortError: the file is not whole.
        """
        frames = self.header.frames
        return self._map(PIXELS, (0, 0, 0) if frames is None else frames.shape)

    @cached_property
    def masks(self) -> Pixels:
        """(slices, rows, columns) uint8: k is ``header.mask_names[k - 1]``, 255 not known.

        Raises:
            CohortError: the file is not whole, or the cohort has no masks.
        """
        if not self.header.mask_names:
            raise CohortError("no case of this cohort has a mask: a task on masks needs them")
        frames = self.header.frames
        return self._map(MASKS, (0, 0) if frames is None else frames.shape[1:])

    def read(self, indices: Indices) -> Pixels:
        """(indices, channels, rows, columns) uint8 of some slices, in any order.

        What is fitted is never stored, but applied to what was read: ``standardize.on(...)``.
        """
        return np.asarray(self.pixels[np.asarray(indices)])

    def check(self, progress: Progress | None = None) -> tuple[int, ...]:
        """Which studies differ from their checksums; none where all is well.

        Args:
            progress: told after each study.
        """
        files = [(self.folder / name, shape) for name, shape in array_shapes(self.header)]
        handles = [(os.open(path, os.O_RDONLY), shape) for path, shape in files if path.exists()]
        try:
            damaged = []
            for number, study in enumerate(self.studies):
                digest = hashlib.sha256()
                for handle, shape in handles:
                    for piece in read_rows(handle, shape, study.first, study.count):
                        digest.update(piece)
                if digest.hexdigest() != study.sha256:
                    damaged.append(number)
                if progress is not None:
                    progress(number + 1, len(self.studies))
        finally:
            for handle, _ in handles:
                os.close(handle)
        return tuple(damaged)

    def _map(self, name: str, shape: Shape) -> Pixels:
        try:
            return map_rows(self.folder / name, shape, len(self))
        except (OSError, ValueError) as error:
            raise CohortError(
                f"{name} is not there, or shorter than the {len(self)} slices that the journal "
                "names: run headct prepare again, which makes what is missing"
            ) from error


def open_store(folder: Path | str) -> Store:
    """Open what ``headct prepare`` has made.

    Raises:
        CohortError: there is no store, or what it says of itself is damaged.
        OutputError: its journal is damaged; with the line.
    """
    folder = Path(folder)
    header = read_header(folder)
    path = folder / JOURNAL
    entries = parse_entries(read_journal(path))
    return Store(folder, header, *current(entries))


def parse_entries(lines: Iterable[dict[str, object]]) -> list[Study | Unusable]:
    """What the lines of a journal say.

    Raises:
        CohortError: a line says nothing that can be read, or slices do not follow each other.
    """
    entries: list[Study | Unusable] = []
    following = 0
    for number, line in enumerate(lines, start=1):
        try:
            entry = parse_entry(line)
            if isinstance(entry, Study) and entry.first != following:
                raise ValueError(f"expected slice {following}")
        except (KeyError, TypeError, ValueError) as error:
            raise CohortError(
                f"{JOURNAL}, line {number}: not the line of a study that follows on the one "
                "before: prepare the cohort anew"
            ) from error
        if isinstance(entry, Study):
            following += entry.count
        entries.append(entry)
    return entries


def current(entries: Iterable[Study | Unusable]) -> tuple[tuple[Study, ...], tuple[Unusable, ...]]:
    """What is in a store, and what is not: a study that was refused may have come later."""
    last: dict[Key, Study | Unusable] = {}
    for entry in entries:
        last[entry.key] = entry
    studies = (entry for entry in last.values() if isinstance(entry, Study))
    refused = tuple(entry for entry in last.values() if isinstance(entry, Unusable))
    return tuple(sorted(studies, key=lambda study: study.first)), refused


def array_shapes(header: Header) -> list[tuple[str, Shape]]:
    """The files of arrays that a store has, and the shape of a row of each; none before a frame."""
    if header.frames is None:
        return []
    shapes: list[tuple[str, Shape]] = [(PIXELS, header.frames.shape)]
    if header.mask_names:
        shapes.append((MASKS, header.frames.shape[1:]))
    return shapes
