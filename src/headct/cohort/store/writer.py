"""Making a store: one writer, one study after another, each on the disk before it is named."""

import csv
import hashlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from headct.batch.journal import Journal
from headct.cohort.store.array import GrowingArray
from headct.cohort.store.entry import Key, Study, Unusable
from headct.cohort.store.header import (
    HEADER,
    JOURNAL,
    FrameShape,
    Header,
    check_same,
    write_header,
    write_whole,
)
from headct.cohort.store.store import Store, array_shapes, current, parse_entries
from headct.core.errors import OutputError

SLICES_CSV, REFUSED_CSV = "slices.csv", "refused.csv"


@dataclass(frozen=True, eq=False)
class Prepared:
    """A study on its way into a store.

    Args:
        entry: what the journal will say; ``first`` and ``sha256`` are the writer's to set.
        channels: what the frames' channels are called.
        pixels: (slices, channels, rows, columns) uint8.
        mask: (slices, rows, columns) uint8; None where the store has no masks.
    """

    entry: Study
    channels: tuple[str, ...]
    pixels: NDArray[np.uint8]
    mask: NDArray[np.uint8] | None

    @property
    def frames(self) -> FrameShape:
        """What its frames are like."""
        return FrameShape(self.channels, *self.pixels.shape[2:])

    @property
    def arrays(self) -> tuple[NDArray[np.uint8], ...]:
        """What goes into the store's files, in their order."""
        return (self.pixels,) if self.mask is None else (self.pixels, self.mask)

    def signed(self) -> "Prepared":
        """The same with its checksum."""
        digest = hashlib.sha256()
        for values in self.arrays:
            digest.update(np.ascontiguousarray(values).data)
        return replace(self, entry=replace(self.entry, sha256=digest.hexdigest()))


class StoreWriter:
    """The one that writes a store; ``open_writer`` gives it."""

    def __init__(self, folder: Path, header: Header, journal: Journal) -> None:
        self.folder, self.header = folder, header
        self._journal = journal
        studies, refused = current(parse_entries(journal.entries))
        self._studies: dict[Key, Study] = {study.key: study for study in studies}
        self._refused: dict[Key, Unusable] = {one.key: one for one in refused}
        self._count = sum(study.count for study in studies)
        self._arrays: list[GrowingArray] = []
        self._open_arrays()

    @property
    def store(self) -> Store:
        """What is there so far."""
        return Store(
            self.folder, self.header, tuple(self._studies.values()), tuple(self._refused.values())
        )

    def take(self, made: Prepared | Unusable) -> None:
        """File a study, or why there is none; one that was damaged goes back to its place.

        Raises:
            OutputError: a damaged study has not come out as it was.
            OSError: there is no room.
        """
        if isinstance(made, Prepared) and self.header.frames is None:
            self.header = replace(self.header, frames=made.frames)
            write_header(self.header, self.folder)
            self._open_arrays()
        if isinstance(made, Prepared) and made.frames != self.header.frames:
            made = Unusable(
                made.entry.patient,
                made.entry.study,
                f"the pipeline gives {made.frames}, other studies {self.header.frames}: let the "
                "pipeline bring all to one matrix (Reshape)",
            )
        if made_before := self._studies.get(_key(made)):
            self._repair(made_before, made)
        elif isinstance(made, Unusable):
            self._refuse(made)
        else:
            self._append(made)

    def finish(self) -> None:
        """Say in the files how many slices there are, and write the tables for people."""
        for array in self._arrays:
            array.finish(self._count)
        write_whole(self.folder / SLICES_CSV, self._fill_slices)
        write_whole(self.folder / REFUSED_CSV, self._fill_refused)

    def close(self) -> None:
        """Let go of the arrays' files."""
        for array in self._arrays:
            array.close()

    def _open_arrays(self) -> None:
        self._arrays = [
            GrowingArray(self.folder / name, shape, self._count)
            for name, shape in array_shapes(self.header)
        ]

    def _append(self, made: Prepared) -> None:
        entry = replace(made.entry, first=self._count)
        for array, values in zip(self._arrays, made.arrays, strict=True):
            array.write(entry.first, values)
        self._journal.append(entry.as_dict())
        self._count += entry.count
        self._studies[entry.key] = entry
        self._refused.pop(entry.key, None)

    def _refuse(self, made: Unusable) -> None:
        if self._refused.get(made.key) != made:
            self._journal.append(made.as_dict())
            self._refused[made.key] = made

    def _repair(self, before: Study, made: Prepared | Unusable) -> None:
        if isinstance(made, Unusable) or made.entry.sha256 != before.sha256:
            raise OutputError(
                f"slices {before.first} to {before.slices.stop - 1} of the store are damaged, and "
                "their scan no longer gives the same: it was changed; prepare the cohort anew in "
                "another folder"
            )
        for array, values in zip(self._arrays, made.arrays, strict=True):
            array.write(before.first, values)

    def _fill_slices(self, file: TextIO) -> None:
        labels = self.header.labels
        rows = csv.writer(file, lineterminator="\n")
        told = ("slice", "patient", "study", "site", "file", "position_mm")
        rows.writerow((*told, *labels, *(f"study_{name}" for name in labels)))
        for study in self._studies.values():
            whole = [_shown(value) for value in study.values(labels)]
            files = study.files or ("",) * study.count
            for index, place in enumerate(study.slices):
                where = (files[index], f"{study.grid.positions_mm[index]:.3f}")
                known = [_shown(value) for value in study.slice_values[index]]
                rows.writerow((place, *study.key, study.site, *where, *known, *whole))

    def _fill_refused(self, file: TextIO) -> None:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("patient", "study", "reason"))
        rows.writerows((*one.key, one.reason) for one in self._refused.values())


@contextmanager
def open_writer(folder: Path, header: Header) -> Iterator[StoreWriter]:
    """Begin a store in a new or empty folder, or go on with one that was begun.

    Raises:
        CohortError: what is there is damaged beyond repair.
        OutputError: the folder holds something else, another run is at work, or it cannot be
            written.
    """
    try:
        if (folder / HEADER).is_file():
            header = check_same(folder, header)
        elif folder.exists() and (not folder.is_dir() or _holds_other_files(folder)):
            raise OutputError(
                f"{folder.name} is not an empty folder, and holds no store: give a new one as --out"
            )
        else:
            folder.mkdir(parents=True, exist_ok=True)
            write_header(header, folder)
        with (
            closing(Journal(folder / JOURNAL)) as journal,
            closing(StoreWriter(folder, header, journal)) as writer,
        ):
            yield writer
    except OSError as error:
        raise OutputError(
            f"the store cannot be written ({error.strerror or error}): make room, and run the same "
            "command again: it goes on where it was"
        ) from error


def _holds_other_files(folder: Path) -> bool:
    # A run that was killed at its very start leaves this one.
    return any(path.name != f".{HEADER}.partial" for path in folder.iterdir())


def _key(made: Prepared | Unusable) -> Key:
    return made.key if isinstance(made, Unusable) else made.entry.key


def _shown(value: int) -> str:
    """A label for people: nothing where it is not known."""
    return "" if value < 0 else str(value)
