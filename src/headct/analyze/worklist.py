"""Many studies to a work list: each answered on its own, none stops the rest, resumable."""

import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from headct.analyze.studies import Found
from headct.analyze.study import Trained, analyze
from headct.batch import Processes
from headct.batch.journal import Journal
from headct.core.errors import HeadctError, NothingUsable, OutputError
from headct.core.finding import Progress
from headct.core.record import installed_versions
from headct.image.formats.offer import Reading
from headct.predict.bundle.bundle import open_bundle
from headct.predict.bundle.network import REFERENCE
from headct.predict.infer import Runner
from headct.report.save import save
from headct.report.worklist import Line, line_of, write_worklist

JOURNAL, ANSWERS = "journal.jsonl", "studies"
_MOST_REASONS = 3


@dataclass(frozen=True)
class Plan:
    """How each study is answered, the same in every process.

    Args:
        out: folder of the list.
        reading: how to read.
        bundle: a bundle's file; None leaves the answer to the classical finder.
        threads: of the network in each process.
    """

    out: Path
    reading: Reading
    bundle: Path | None = None
    threads: int = 1


@dataclass(frozen=True)
class WorkList:
    """What came of it.

    Args:
        lines: of every study that the list holds, the most urgent first.
        answered: by this run.
    """

    lines: tuple[Line, ...]
    answered: int


def answer_all(
    studies: Sequence[Found], plan: Plan, *, workers: int = 1, progress: Progress | None = None
) -> WorkList:
    """Answer studies that have no answer yet, and write the list of all.

    The list is written anew after each study, so that what is urgent is seen before the rest is
    done. What was refused before is tried again.

    Raises:
        OutputError: ``plan.out`` holds a list that was made in another way, or something else.
        BundleError: the bundle does not fit.
        HeadctError: a worker died; the same call goes on from there.
    """
    _trained(plan.bundle, plan.threads)  # what is wrong with it is told once, and first
    try:
        if plan.out.exists() and not (plan.out / JOURNAL).exists() and any(plan.out.iterdir()):
            raise OutputError(
                f"{plan.out.name} holds something that is no work list: give a new folder as --out"
            )
        (plan.out / ANSWERS).mkdir(parents=True, exist_ok=True)
        with closing(Journal(plan.out / JOURNAL)) as journal:
            return _answer_all(studies, plan, journal, workers, progress)
    except OSError as error:
        raise OutputError(
            f"{plan.out.name} cannot be written ({error.strerror or error}): make room, and run "
            "the same command again: it goes on where it was"
        ) from error


def _answer_all(
    studies: Sequence[Found],
    plan: Plan,
    journal: Journal,
    workers: int,
    progress: Progress | None,
) -> WorkList:
    how = _how(plan)
    if not journal.entries:
        journal.append(how)
    elif journal.entries[0] != how:
        raise OutputError(
            f"{plan.out.name} holds a list made by another bundle, reading or version: give a new "
            "folder as --out"
        )
    said = {entry["key"]: entry for entry in journal.entries[1:]}
    number = max((entry["number"] for entry in said.values()), default=0)
    open_ones = []
    for study in studies:
        before = said.get(study.key)
        if before is not None and not before["line"]["refused"]:
            continue
        number += before is None
        open_ones.append((number if before is None else before["number"], study))
    done = len(studies) - len(open_ones)
    answered = 0
    with closing(Processes(workers)(partial(_answer, plan), open_ones)) as lines:
        for (at, study), line in zip(open_ones, lines, strict=True):
            entry = {"key": study.key, "number": at, "line": asdict(line)}
            journal.append(entry)
            said[study.key] = entry
            answered += not line.refused
            done += 1
            write_worklist([_line(one) for one in said.values()], plan.out)
            if progress is not None:
                progress(done, len(studies))
    found = sorted((_line(entry) for entry in said.values()), key=lambda line: line.urgency)
    write_worklist(found, plan.out)
    return WorkList(tuple(found), answered)


def _line(entry: dict[str, Any]) -> Line:
    return Line(**{**entry["line"], "found": tuple(entry["line"]["found"])})


def _how(plan: Plan) -> dict[str, Any]:
    trained = _trained(plan.bundle, plan.threads)
    return {
        "reading": repr(plan.reading),
        "bundle": "" if trained is None else trained.sha256,
        "versions": dict(installed_versions()),
    }


def _answer(plan: Plan, numbered: tuple[int, Found]) -> Line:
    """One study's answer in its folder, and its line; whatever is wrong with it is the reason."""
    number, study = numbered
    folder = f"{ANSWERS}/{number:04d}"
    trained = _trained(plan.bundle, plan.threads)
    try:
        answer = analyze(study.path, plan.reading, trained=trained, files=study.files)
        # Left by a run that was ended between the answer and its line.
        shutil.rmtree(plan.out / folder, ignore_errors=True)
        save(answer, plan.out / folder)
    except OutputError:
        raise  # the next study would find no room either
    except NothingUsable as error:
        told = "; ".join(str(one) for one in error.refused[:_MOST_REASONS])
        return Line(study.name, refused=f"{error}: {told}" if told else str(error))
    except HeadctError as error:
        return Line(study.name, refused=str(error))
    except MemoryError:
        return Line(study.name, refused="there was not enough memory: run again with fewer workers")
    except Exception as error:  # noqa: BLE001 - of a thousand studies one may break anything
        return Line(study.name, refused=f"an unexpected {type(error).__name__}: please report it")
    return line_of(study.name, folder, answer)


@lru_cache(maxsize=1)
def _trained(bundle: Path | None, threads: int) -> Trained | None:
    """Opened once in each process."""
    if bundle is None:
        return None
    opened = open_bundle(bundle, backend=REFERENCE, threads=threads)
    backend = f"{opened.backend.name} {opened.backend.version}"
    return Trained(Runner(opened), opened.sha256, backend)
