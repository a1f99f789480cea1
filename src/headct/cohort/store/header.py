"""What a store says of itself, in ``store.json``."""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TextIO

from headct.core.case import Case, Cohort
from headct.core.errors import CohortError, OutputError
from headct.core.labels import LABELS
from headct.core.record import Record
from headct.image.pipeline import Pipeline, parse_pipeline

HEADER, JOURNAL, PIXELS, MASKS = "store.json", "journal.jsonl", "pixels.npy", "masks.npy"
_FORMAT, _VERSION = "headct store", 1
_PIXELS_ARE = "uint8, round(255 x) of x in [0, 1]"


@dataclass(frozen=True)
class FrameShape:
    """What all frames of a store are like: a network takes one kind."""

    channels: tuple[str, ...]
    rows: int
    columns: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, rows, columns)."""
        return len(self.channels), self.rows, self.columns

    def __str__(self) -> str:
        return f"{self.rows} x {self.columns} ({', '.join(self.channels)})"


@dataclass(frozen=True)
class Header:
    """What a store is made of.

    Args:
        cohort: its name.
        kind: how it was filed; empty where it came from Python.
        cases: how many studies.
        keys_sha256: of the patients and studies, in order.
        truth_sha256: of all that is known of them.
        pipeline: what was done to each scan.
        labels: the labels that are known of any study or slice, in the order of ``LABELS``.
        mask_names: what the values of masks stand for, from 1 up; empty where there are no masks.
        record: with which versions.
        frames: what frames are like; None until there is one.
    """

    cohort: str
    kind: str
    cases: int
    keys_sha256: str
    truth_sha256: str
    pipeline: Pipeline
    labels: tuple[str, ...]
    mask_names: tuple[str, ...]
    record: Mapping[str, Any]
    frames: FrameShape | None = None

    def as_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON."""
        frames = None
        if self.frames is not None:
            frames = {
                "channels": list(self.frames.channels),
                "rows": self.frames.rows,
                "columns": self.frames.columns,
            }
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "cohort": {
                "name": self.cohort,
                "kind": self.kind,
                "cases": self.cases,
                "keys_sha256": self.keys_sha256,
                "truth_sha256": self.truth_sha256,
            },
            "pipeline": self.pipeline.as_dict(),
            "pipeline_sha256": self.pipeline.sha256,
            "labels": list(self.labels),
            "mask_names": list(self.mask_names),
            "pixels": _PIXELS_ARE,
            "frames": frames,
            "record": dict(self.record),
        }


def describe(cohort: Cohort, kind: str, pipeline: Pipeline) -> Header:
    """The header of the store that a pipeline makes of a cohort."""
    known = {name for case in cohort.cases for name in _labels_of(case)}
    masked = {name for case in cohort.cases if _is_masked(case) for name in case.mask_names}
    return Header(
        cohort=cohort.name,
        kind=kind,
        cases=len(cohort.cases),
        keys_sha256=_sha256(repr(case.key).encode() for case in cohort.cases),
        truth_sha256=_sha256(_truth_of(case) for case in cohort.cases),
        pipeline=pipeline,
        labels=tuple(name for name in LABELS if name in known),
        mask_names=tuple(name for name in LABELS if name in masked),
        record=Record("prepare", {"pipeline": pipeline.name, "kind": kind}).as_dict(),
    )


def differences(there: Header, here: Header) -> list[str]:
    """In what two headers differ that must agree for one store; nothing where it is the same."""
    found = []
    if there.pipeline.sha256 != here.pipeline.sha256:
        found.append(f"pipeline {there.pipeline.name} there, {here.pipeline.name} here")
    if there.keys_sha256 != here.keys_sha256:
        found.append(
            f"cohort {there.cohort} of {there.cases} studies there, other {here.cases} here"
        )
    elif there.truth_sha256 != here.truth_sha256:
        found.append("labels, sites or masks of the studies")
    before, now = there.record["versions"], here.record["versions"]
    found += [
        f"{name} {before.get(name, 'none')} there, {now.get(name, 'none')} here"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
    return found


def read_header(folder: Path) -> Header:
    """What a store says of itself.

    Raises:
        CohortError: there is no store, or it is damaged, or of another version of the format.
    """
    path = folder / HEADER
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if (said["format"], said["version"]) != (_FORMAT, _VERSION):
            raise CohortError(
                f"{HEADER}: expected format {_FORMAT!r} version {_VERSION}, got "
                f"{said['format']!r} version {said['version']!r}: prepare the cohort anew"
            )
        return _parse(said)
    except FileNotFoundError as error:
        raise CohortError(
            f"{folder.name} holds no {HEADER}: give a folder that headct prepare has made"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CohortError(
            f"{HEADER} cannot be read ({type(error).__name__}): prepare the cohort anew"
        ) from error


def write_header(header: Header, folder: Path) -> None:
    """Write ``store.json``; OSError where it cannot be written."""
    text = json.dumps(header.as_dict(), indent=1) + "\n"
    write_whole(folder / HEADER, lambda file: file.write(text))


def write_whole(path: Path, fill: Callable[[TextIO], object]) -> None:
    """Write a text file that is there whole, or as it was; OSError where it cannot be written."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def check_same(folder: Path, here: Header) -> Header:
    """The header of a store that was begun in a folder, with what its frames are like.

    Raises:
        CohortError: the store is damaged.
        OutputError: it is another store.
    """
    there = read_header(folder)
    if apart := differences(there, here):
        raise OutputError(
            f"{folder.name} holds another store ({'; '.join(apart)}): give a new folder as --out, "
            "or ask for the same again to go on"
        )
    return replace(here, record=there.record, frames=there.frames)


def _parse(said: Mapping[str, Any]) -> Header:
    cohort, frames = said["cohort"], said["frames"]
    shape = None
    if frames is not None:
        shape = FrameShape(tuple(frames["channels"]), int(frames["rows"]), int(frames["columns"]))
    return Header(
        cohort=cohort["name"],
        kind=cohort["kind"],
        cases=cohort["cases"],
        keys_sha256=cohort["keys_sha256"],
        truth_sha256=cohort["truth_sha256"],
        pipeline=parse_pipeline(said["pipeline"]),
        labels=tuple(said["labels"]),
        mask_names=tuple(said["mask_names"]),
        record=said["record"],
        frames=shape,
    )


def _labels_of(case: Case) -> tuple[str, ...]:
    return (*case.labels, *(case.slice_labels.labels if case.slice_labels else ()))


def _is_masked(case: Case) -> bool:
    return case.mask is not None or bool(case.mask_pictures)


def _truth_of(case: Case) -> bytes:
    slices = case.slice_labels
    rows = b"" if slices is None else repr((slices.labels, slices.files)).encode()
    values = b"" if slices is None else slices.values.tobytes()
    masked = case.mask_names if _is_masked(case) else ()
    known = repr((sorted(case.labels.items()), case.site, masked)).encode()
    return b"%d,%d," % (len(known), len(rows)) + known + rows + values


def _sha256(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()
