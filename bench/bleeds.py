"""Bleeds on CT-ICH by five folds: without inserted bleeds, with them as labels, and as masks.

Each patient is scored by the network of the fold that did not learn from it; the scores of all
folds are measured together, by ``headct measure``. Every choice that these figures led to is in
docs/model-log.md. Hours on two cores: each run goes on where it was, in HEADCT_RUNS.
"""

import csv
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from bench.ctich import DATA
from headct import api
from headct.core.labels import ANY_HEMORRHAGE
from headct.measure.estimate import Estimate
from headct.measure.evaluate.measurement import Measurement
from headct.measure.levels.choices import parse_aggregation
from headct.measure.levels.slices import ranked
from headct.tasks.hemorrhage import TASK
from headct.tasks.rule import parse_rule

RUNS = Path(os.environ.get("HEADCT_RUNS", Path.home() / ".cache" / "headct" / "bleeds"))
FOLDS, TIMES, SEED = 5, 10, 1
# "1,2" for these alone: a look at a variant for less than half the time.
ASKED = [int(one) for one in os.environ.get("HEADCT_FOLDS", "1,2,3,4,5").split(",")]
PIPELINE = "brain-neighbours"
HEADS, HEADS_SEED, MATRIX = 100, 11, 256
PLAN = {"epochs": 12, "steps": 50, "batch_size": 32, "precision": "bf16-mixed", "seed": 0}
LEAST_PATIENTS = 10
LABELS = TASK.labels
# Of the bundle in the package: at the task's own, a sensitivity of 0.95, this network would call
# most heads.
RULE = parse_rule("youden")
# Likewise: a single slice of a healthy head scores high more often than three do.
AGGREGATION = "top-mean:3"
# Likewise, but in ``bleeds-beside`` alone: the table is of what networks say of single slices.
NEIGHBOURS = 0.33
AREAS = ("auc", "average_precision")
COLUMNS = (
    *("training", "look", "level", "label", "positive", "AUC", "average precision"),
    *("sensitivity", "specificity"),
)


@dataclass(frozen=True)
class Variant:
    """One way to learn."""

    name: str
    told: str
    network: str
    others: tuple[tuple[str, float], ...] = ()


VARIANTS = (
    Variant("none", "without inserted bleeds", "efficientnet-lite0"),
    Variant("labels", "with them, as labels", "efficientnet-lite0", (("inserted", 0.44),)),
    Variant("masks", "with them, as masks", "multitask", (("inserted", 0.44),)),
    Variant(
        "heads",
        "the same, and digital heads",
        "multitask",
        (("inserted", 0.4), ("phantoms", 0.12)),
    ),
)
# Without ImageNet weights, which no package brings for it.
OTHER = replace(
    VARIANTS[-1], name="resnet18", told="the same, on ResNet18", network="multitask:resnet18"
)


def main(variants: Sequence[Variant] = VARIANTS) -> None:
    """Print the table."""
    if not DATA.is_dir() or find_spec("torch") is None:
        print("(left out: needs CT-ICH, its parent folder named in HEADCT_DATA, and PyTorch)")
        return
    make_ready()
    told = "" if len(ASKED) == FOLDS else f", of which {ASKED}"
    print(f"CT-ICH 1.0.0 (CC BY 4.0), {FOLDS} folds by patient{told}, one seed; runs in {RUNS}.")
    tell_heading()
    for variant in variants:
        for fold in ASKED:
            learn(variant, fold)
        for look, rows in pooled(variant):
            tell(variant, look, rows)


def tell_heading() -> None:
    """Of the table."""
    print(f"| {' | '.join(COLUMNS)} |")
    print("|---" * len(COLUMNS) + "|")


def shipped() -> None:
    """The rows of the recipe that the bundle in the package was trained by."""
    main(VARIANTS[-1:])


def other() -> None:
    """The rows of that recipe, and of the same on another network."""
    main((VARIANTS[-1], OTHER))


def make_ready() -> None:
    """Store, split, inserted bleeds and digital heads, where they are not there."""
    workers = os.cpu_count() or 1
    if not (RUNS / "ctich" / "slices.csv").exists():
        api.prepare(DATA, RUNS / "ctich", pipeline=PIPELINE, workers=workers)
    if not (RUNS / "split5.json").exists():
        plan = api.SplitPlan(api.Scheme(folds=FOLDS))
        api.cohort_split(DATA, RUNS / "split5.json", plan)
    if not (RUNS / "inserted" / "slices.csv").exists():
        out = RUNS / "inserted"
        api.insert(DATA, out, pipeline=PIPELINE, times=TIMES, seed=SEED, workers=workers)
    heads = RUNS / "heads"
    if not (heads / "masks" / "cohort.csv").exists():
        api.phantom_cohort(
            heads,
            count=HEADS,
            task="hemorrhage",
            seed=HEADS_SEED,
            matrix=MATRIX,
            compress=True,
            masks=True,
            workers=workers,
        )
    if not (RUNS / "phantoms" / "slices.csv").exists():
        api.prepare(heads / "masks", RUNS / "phantoms", pipeline=PIPELINE, workers=workers)


def learn(variant: Variant, fold: int) -> None:
    """A run, or what is missing of it."""
    out = folder(variant, fold)
    if (out / "truth.csv").exists():
        return
    api.train(
        "hemorrhage",
        RUNS / "ctich",
        out,
        split=RUNS / "split5.json",
        fold=f"{fold}/{FOLDS}",
        network=variant.network,
        others=[(RUNS / name, share) for name, share in variant.others],
        plan=PLAN,
        resume=out.exists(),
    )


def folder(variant: Variant, fold: int) -> Path:
    """Of a run."""
    return RUNS / f"{variant.name}-{fold}"


@dataclass(frozen=True)
class Row:
    """What a network said of one slice, or of a patient, that it did not learn from."""

    fold: int
    name: tuple[str, ...]
    scores: tuple[float, ...]
    truth: tuple[str, ...]


def pooled(variant: Variant) -> Iterator[tuple[str, list[Row]]]:
    """Slices of all folds: as they are, and each with another look."""
    yield "as scanned", [row for fold in ASKED for row in read(variant, fold)]
    changed = []
    for fold in ASKED:
        path = folder(variant, fold) / "other-look.csv"
        if not path.exists():
            from bench.other_look import predict_otherwise  # noqa: PLC0415 - needs PyTorch

            run, held_out = folder(variant, fold), f"fold {fold}"
            predict_otherwise(run, RUNS / "ctich", RUNS / "split5.json", held_out, path)
        changed += read(variant, fold, path)
    yield "another look", changed


def read(variant: Variant, fold: int, path: Path | None = None) -> list[Row]:
    """Predictions of a run beside what is true."""
    said = list(csv.DictReader((path or folder(variant, fold) / "validation.csv").open()))
    true = {
        (row["patient"], row["study"], row["slice"]): row
        for row in csv.DictReader((folder(variant, fold) / "truth.csv").open())
    }
    rows = []
    for row in said:
        name = row["patient"], row["study"], row["slice"]
        scores = tuple(float(row[label]) for label in LABELS)
        rows.append(Row(fold, name, scores, tuple(true[name][label] for label in LABELS)))
    return rows


def by_patient(rows: list[Row]) -> list[Row]:
    """What slices say of their patient."""
    together = parse_aggregation(AGGREGATION)
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.name[0], []).append(row)
    return [
        Row(
            some[0].fold,
            (patient,),
            tuple(
                float(together(ranked(np.array(values), np.zeros(len(some), np.int64)))[0])
                for values in zip(*(row.scores for row in some), strict=True)
            ),
            tuple(max(values) for values in zip(*(row.truth for row in some), strict=True)),
        )
        for patient, some in found.items()
    ]


def called(rows: list[Row]) -> list[Row]:
    """Calls of any bleed, each at the threshold that the rule finds on other folds."""
    threshold = {}
    for fold in ASKED:
        others = [row for row in rows if row.fold != fold and row.truth[0]]
        truth = [int(row.truth[0]) for row in others]
        point = RULE.choose(truth, [row.scores[0] for row in others], "the other folds")
        threshold[fold] = point.threshold
    return [
        replace(row, scores=(float(row.scores[0] >= threshold[row.fold]),), truth=row.truth[:1])
        for row in rows
    ]


def measured(rows: list[Row], name: str) -> Measurement:
    """By ``headct measure``, whose report stays beside the runs."""
    labels = LABELS[: len(rows[0].scores)]
    names = ("patient", "study", "slice")[: len(rows[0].name)]
    out = RUNS / "measured" / name
    out.parent.mkdir(exist_ok=True)
    files = [out.with_suffix(f".{what}.csv") for what in ("said", "true")]
    for path, values in zip(files, ("scores", "truth"), strict=True):
        with path.open("w", newline="") as file:
            lines = csv.writer(file)
            lines.writerow((*names, *labels))
            lines.writerows((*row.name, *getattr(row, values)) for row in rows)
    shutil.rmtree(out, ignore_errors=True)
    return api.measure(*files, out, api.Settings(aggregation=AGGREGATION))


def tell(variant: Variant, look: str, rows: list[Row]) -> None:
    """Lines of the table: slices and patients, any bleed and each subtype."""
    start = f"{variant.name} {look}".replace(" ", "-")
    system = measured(rows, start).systems[0]
    calls = {
        "slice": measured(called(rows), f"{start}-slices"),
        "patient": measured(called(by_patient(rows)), f"{start}-patients"),
    }
    for level in system.levels:
        if level.level not in calls:
            continue
        for found in level.labels:
            told = [variant.told, look, level.level, found.label]
            told.append(f"{found.positives} of {found.rows} ({found.positive_patients} patients)")
            is_few = min(found.positive_patients, found.negative_patients) < LEAST_PATIENTS
            told += ["", ""] if is_few else [shown(found.areas[a]) for a in AREAS]
            if found.label == ANY_HEMORRHAGE:
                point = calls[level.level].systems[0].levels[0].labels[0].points[0]
                told += [shown(point.scores[name]) for name in ("sensitivity", "specificity")]
            else:
                told += ["", ""]
            print(f"| {' | '.join(told)} |")


def shown(estimate: Estimate) -> str:
    """A figure with its interval."""
    return f"{estimate.value:.3f} ({estimate.low:.3f} to {estimate.high:.3f})"
