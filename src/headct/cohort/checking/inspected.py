"""What one look at a case's images gives, small enough to keep of every case of a cohort."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from headct.cohort.checking.duplicates import Hashes, slice_hashes
from headct.cohort.checking.look import look
from headct.cohort.checking.quality import Quality, assess
from headct.cohort.checking.suspects import Features, features
from headct.cohort.checking.thumbnails import thumbnail
from headct.cohort.images import open_case
from headct.core.case import Case
from headct.core.errors import NothingUsable, Refusal, ScanError

# A shorter number is no name, and may be a count of slices.
_TELLING = 4
_SAID = {
    "localizers": "a localizer",
    "another was preferred": "a head CT beside one that suits better",
    "not DICOM": "a file that is not DICOM, such as a report",
}
_NO_HASHES: Hashes = np.empty(0, dtype=np.uint64)


@dataclass(frozen=True, eq=False)
class Inspected:
    """What was seen of a case.

    Args:
        shape: (slices, rows, columns) of its scan; None where none can be read.
        failures: why none can be read.
        refused: what else lies there, and why it was not used.
        warnings: what to know before trusting the scan.
        hashes: of its slices, for ``find_same``.
        quality: what the gate says of it.
        features: what its label is weighed with.
        thumbnail: a JPEG; empty where there is no scan.
    """

    shape: tuple[int, int, int] | None
    failures: tuple[Refusal, ...] = ()
    refused: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    hashes: Hashes = field(default_factory=lambda: _NO_HASHES)
    quality: Quality | None = None
    features: Features | None = None
    thumbnail: bytes = b""


def inspect_case(case: Case) -> Inspected:
    """Read a case's images once, and keep what all questions about them need.

    A scan that cannot be read is a result: it never stops the others.
    """
    try:
        opened = open_case(case)
    except NothingUsable as error:
        failures = error.refused or (Refusal("the scan", str(error)),)
        return Inspected(None, failures=_nameless(failures, case))
    except (ScanError, OSError, MemoryError) as error:
        told = str(error) if isinstance(error, ScanError) else type(error).__name__
        return Inspected(None, failures=_nameless((Refusal("the scan", told),), case))
    seen = look(opened)
    slices, rows, columns = opened.volume.grid.shape
    return Inspected(
        shape=(slices, rows, columns),
        refused=_nameless(opened.refused, case),
        warnings=opened.warnings,
        hashes=slice_hashes(opened.volume.hu),
        quality=assess(seen),
        features=features(seen),
        thumbnail=thumbnail(seen.slabs),
    )


def _nameless(refused: tuple[Refusal, ...], case: Case) -> tuple[Refusal, ...]:
    """The same without the case's own identifiers, by which its folders and files are named."""
    names = sorted({case.patient, case.study, case.path.name, case.path.stem}, key=len)

    def clean(text: str) -> str:
        for name in reversed(names):
            if len(name) >= _TELLING:
                text = text.replace(name, "…")
        return text

    return tuple(replace(one, what=clean(one.what), reason=clean(one.reason)) for one in refused)


def count_refused(all_refused: Mapping[str, int], refused: tuple[Refusal, ...]) -> dict[str, int]:
    """Refusals by kind: what differs from one to the next (numbers, explanations) is left out."""
    counts = dict(all_refused)
    for refusal in refused:
        kind = re.split(r"[(,:;]", refusal.reason)[0].strip()
        kind = re.sub(r"\d+(\.\d+)?", "N", kind)
        kind = _SAID.get(kind, kind)
        counts[kind] = counts.get(kind, 0) + refusal.count
    return counts
