"""Runs of training that are finished: what they were asked for, and which belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from headct.cohort.splitting.rounds import TEST, TRAIN, VALIDATION
from headct.core.errors import HeadctError, TrainError
from headct.image.pipeline import Pipeline, parse_pipeline
from headct.tasks.task import Task
from headct.train.gather import ALL
from headct.train.keeping import WEIGHTS
from headct.train.plan import Plan
from headct.train.run import GRAPH
from headct.train.settings import RUN_JSON, read_run

TRUTH_CSV = "truth.csv"

# What decides how scores are spread. A threshold does not pass from one network to another that
# differs in these.
_SAME = ("task", "labels", "network", "frames", "split", "store", "loss", "positive", "look")
_SAME_OF_PLAN = ("batch_size", "learning_rate", "optimizer", "weight_decay", "schedule", "ema")
# May differ, as more patients may be given more steps; it is told.
_TOLD_OF_PLAN = ("epochs", "steps", "devices", "nodes")


@dataclass(frozen=True)
class Finished:
    """A run that came to its end.

    Args:
        folder: of the run.
        said: its run.json.
    """

    folder: Path
    said: Mapping[str, Any]

    @property
    def name(self) -> str:
        """For messages: the folder's name is the user's own."""
        return self.folder.name

    @property
    def round_name(self) -> str:
        """Of its split."""
        return str(self.said["round"])

    @property
    def has_all(self) -> bool:
        """Every patient of the split trained it."""
        return self.round_name == ALL

    @property
    def plan(self) -> Plan:
        """How it was trained."""
        return Plan(**self.said["plan"])

    @cached_property
    def pipeline(self) -> Pipeline:
        """What made its frames."""
        return parse_pipeline(self.said["data"]["pipeline"])

    @cached_property
    def task(self) -> Task:
        """What it was trained to answer, with the pipeline of its store."""
        return Task(
            name=self.said["task"],
            labels=tuple(self.said["labels"]),
            pipeline=self.pipeline,
            **self.said["declaration"],
        )

    def ruled(self, rule: str) -> "Finished":
        """The same run, whose task takes its thresholds by another rule; empty for its own."""
        if not rule:
            return self
        declaration = {**self.said["declaration"], "rule": rule}
        return replace(self, said={**self.said, "declaration": declaration})

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, rows, columns) of a frame."""
        frames = self.said["frames"]
        return int(frames["channels"]), int(frames["rows"]), int(frames["columns"])

    @property
    def measured_part(self) -> str | None:
        """Patients who did not train it, for its figures: test, else validation; None for none."""
        return next((part for part in (TEST, VALIDATION) if part in self.parts), None)

    @property
    def parts(self) -> Mapping[str, Mapping[str, Any]]:
        """Slices and patients by part of the round."""
        parts: Mapping[str, Mapping[str, Any]] = self.said["data"]["parts"]
        return parts

    @property
    def trained_on(self) -> Mapping[str, Any]:
        """Slices and patients that trained it, with and without each label."""
        return self.parts[TRAIN]


def read_finished(folder: Path) -> Finished:
    """A run, if it is finished and says all that a bundle must say.

    Raises:
        TrainError: it is none, is not finished, or was trained by an older headct.
    """
    said = read_run(folder)
    if said is None:
        raise TrainError(f"{folder.name} holds no {RUN_JSON}: give the --out of headct train")
    run = Finished(folder, said)
    try:
        lacking = [name for name in (*_SAME, "round", "others") if name not in said]
        if lacking or not run.plan or not run.task.labels or len(run.said["data"]["channels"]) == 0:
            raise KeyError(*lacking)
        wanted = [WEIGHTS, GRAPH, *(f"{p}.csv" for p in (VALIDATION, TEST) if p in run.parts)]
    except (KeyError, TypeError, ValueError, HeadctError) as error:
        raise TrainError(
            f"{run.name}, {RUN_JSON}: it does not say what a bundle needs, as one of an older "
            "headct: train it anew"
        ) from error
    if len(run.parts) > 1:
        wanted.append(TRUTH_CSV)
    if missing := [name for name in wanted if not (folder / name).is_file()]:
        raise TrainError(
            f"{run.name} lacks {', '.join(missing)}: the run is not finished; "
            "headct train --resume finishes it"
        )
    return run


def runs_under(folders: Sequence[Path]) -> tuple[Finished, ...]:
    """Finished runs: each folder is one, or holds some.

    Raises:
        TrainError: a folder is neither, or a run is not finished.
    """
    found: list[Finished] = []
    for folder in folders:
        if (folder / RUN_JSON).exists():
            found.append(read_finished(folder))
            continue
        inner = sorted(path.parent for path in folder.glob(f"*/{RUN_JSON}"))
        if not inner:
            raise TrainError(f"{folder.name} is no run and holds none: give folders of runs")
        found += [read_finished(path) for path in inner]
    return tuple(sorted(found, key=lambda run: run.round_name))


def check_folds(run: Finished, folds: Sequence[Finished]) -> tuple[str, ...]:
    """Refuse folds whose scores say nothing of a run; what else differs is given back.

    Raises:
        TrainError: the run did not learn from all patients, a fold measures nobody, or they were
            asked for other things.
    """
    if not run.has_all:
        raise TrainError(
            f"{run.name} was trained on {run.round_name}, and --folds speak for a network of every "
            f"patient: train one with --round {ALL}, or leave --folds out"
        )
    if len(folds) < 2:
        raise TrainError(
            "--folds wants two runs or more: what is chosen on one must be tried on another"
        )
    told: dict[str, None] = {}
    for fold in folds:
        if fold.measured_part is None:
            raise TrainError(
                f"{fold.name} predicted nobody: --folds wants runs of headct train --fold"
            )
        theirs, ours = fold.said["plan"], run.said["plan"]
        apart = [name for name in _SAME if fold.said[name] != run.said[name]]
        apart += [name for name in _SAME_OF_PLAN if theirs[name] != ours[name]]
        if _shares(fold) != _shares(run):
            apart.append("shares of other stores")
        if apart:
            raise TrainError(
                f"{fold.name} is no fold of {run.name}: they differ in {', '.join(apart)}; what is "
                "chosen on one network holds for another only where both were asked for the same"
            )
        for name in _TOLD_OF_PLAN:
            if theirs[name] != ours[name]:
                words = f"{name}: {ours[name]} for the network of every patient"
                told[f"{words}, {theirs[name]} in folds"] = None
    names = [fold.round_name for fold in folds]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise TrainError(f"--folds holds {', '.join(twice)} more than once: give one run of each")
    return tuple(told)


def _shares(run: Finished) -> list[tuple[str, float]]:
    """Of each batch, from which kind of place; folds may have stores of their own."""
    return [(one["kind"], one["share"]) for one in run.said["data"]["others"]]
