"""A folder, an archive or a file → the studies and series in it, from headers alone."""

import logging
import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path

from headct.batch import map_items
from headct.core.errors import Refusal, ScanError, printable
from headct.core.finding import Progress
from headct.core.series import Instance, Location, Scan, Series, Study
from headct.dicom.damage import NotDicomError
from headct.dicom.files import Reader, find_files
from headct.dicom.header import read_instances

logger = logging.getLogger(__name__)

# Two processes took as long as one for 4000 files (2.3 s, of which 1 s was starting them);
# below this many, processes cost more than they save.
FILES_WORTH_PROCESSES = 6000
# Large enough that a message between processes (some 0.1 ms) costs little beside its headers.
_CHUNK = 250
_NOT_DICOM = "not DICOM (no DICM mark at byte 128): left aside"
# Such a name could not be written into the answer, or would steer the terminal that shows it.
_UNPRINTABLE = "its name holds characters that cannot be printed: rename it"


@dataclass(frozen=True)
class _Outcome:
    """What one file gave: frames, or the reason for none; both are empty for a DICOMDIR."""

    instances: tuple[Instance, ...] = ()
    refused: Refusal | None = None


def scan(
    path: Path | str,
    *,
    files: Sequence[Path | Location] = (),
    workers: int | None = None,
    progress: Progress | None = None,
) -> Scan:
    """What studies and series are under a path.

    Reads headers alone. Files that are not DICOM, or are damaged, are counted by kind.

    Args:
        path: a folder (searched through), a ZIP archive (read in memory), or one file.
        files: look at these alone, members of archives among them; none for all that is under the
            path.
        workers: processes; None takes one for few files and one a core for many, where a script
            must call this under ``if __name__ == "__main__":``.
        progress: told how many files have been read.

    Raises:
        ScanError: nothing is there, or the archive cannot be opened.
    """
    locations = [f if isinstance(f, Location) else Location(f) for f in files]
    locations = locations or find_files(Path(path))
    if workers is None:
        workers = (os.cpu_count() or 1) if len(locations) >= FILES_WORTH_PROCESSES else 1
    chunks = [locations[at : at + _CHUNK] for at in range(0, len(locations), _CHUNK)]

    def count(done: int, total: int) -> None:  # noqa: ARG001
        if progress is not None:
            progress(min(done * _CHUNK, len(locations)), len(locations))

    outcomes = list(chain.from_iterable(map_items(_read, chunks, workers=workers, progress=count)))
    found = Scan(
        studies=_group(chain.from_iterable(outcome.instances for outcome in outcomes)),
        refused=_count([outcome.refused for outcome in outcomes if outcome.refused]),
        files=len(locations),
    )
    logger.info("%d files: %d studies", found.files, len(found.studies))
    return found


def _read(locations: list[Location]) -> list[_Outcome]:
    with Reader() as reader:
        return [_read_one(reader, location) for location in locations]


def _read_one(reader: Reader, location: Location) -> _Outcome:
    if not location.name.isprintable():
        return _Outcome(refused=Refusal(printable(location.name), _UNPRINTABLE))
    try:
        return _Outcome(read_instances(reader, location))
    except NotDicomError:
        kind = Path(location.name).suffix.lower() or "no suffix"
        return _Outcome(refused=Refusal(kind, _NOT_DICOM))
    except ScanError as error:
        return _Outcome(refused=Refusal(location.name, str(error)))


def _group(instances: Iterable[Instance]) -> tuple[Study, ...]:
    """Studies and series, each in the order in which they were first met."""
    studies: dict[str, dict[str, list[Instance]]] = defaultdict(lambda: defaultdict(list))
    for instance in instances:
        studies[instance.study_uid][instance.series_uid].append(instance)
    return tuple(
        Study(uid, tuple(Series(name, tuple(frames)) for name, frames in series.items()))
        for uid, series in studies.items()
    )


def _count(refused: list[Refusal]) -> tuple[Refusal, ...]:
    """One refusal for each kind, with how many there were."""

    def kind(refusal: Refusal) -> tuple[str, str]:
        return refusal.reason, refusal.what if refusal.reason == _NOT_DICOM else ""

    counted = []
    for (reason, suffix), alike in groupby(sorted(refused, key=kind), key=kind):
        names = [refusal.what for refusal in alike]
        files = "1 file" if len(names) == 1 else f"{len(names)} files"
        counted.append(Refusal(f"{files} ({suffix or _examples(names)})", reason, len(names)))
    return tuple(counted)


def _examples(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
