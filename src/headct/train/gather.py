"""What a run learns from, and on which side of the split it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from headct.cohort.splitting.rounds import PARTS, TEST, TRAIN, VALIDATION, Round, Split
from headct.cohort.store.store import Store, open_store
from headct.core.case import UNKNOWN
from headct.core.errors import TrainError
from headct.core.record import file_sha256
from headct.train.batches import Look, Mixture, Source
from headct.train.examples import SHARD_JSON, is_shard, slices_of_shard
from headct.train.look import Augmented
from headct.train.recipes.recipe import Recipe
from headct.train.slices import Slices, slices_of_store

ALL = "all"
"""The round that every patient of a split trains in: nobody is left to validate or to test on."""


@dataclass(frozen=True)
class Order:
    """What to train, on what, and where to put it.

    Args:
        recipe: task, network, loss and plan.
        store: folder of a prepared cohort.
        split: split.json of that cohort.
        fold: "2/5" for the second of five folds; empty where ``round_name`` says it.
        round_name: which round of the split; may be empty where there is one. ``ALL`` trains on
            every patient of the split.
        others: folders of more stores to learn from, or of shards (``phantom.generator``), each
            with its share of a batch; slices of the first have what is left of 1. Patients whom
            the split does not train on are left out of stores; shards name none.
        is_pretrained: begin with ImageNet weights where a package brings them.
        out: a folder to make.
        task_file: that declares the task, where it is none of headct's.
        resumes: go on with what ``out`` holds.
        is_watched: show a progress bar.
    """

    recipe: Recipe
    store: Path
    split: Path
    out: Path
    fold: str = ""
    round_name: str = ""
    others: tuple[tuple[Path, float], ...] = ()
    is_pretrained: bool = True
    task_file: Path | None = None
    resumes: bool = False
    is_watched: bool = False

    def __post_init__(self) -> None:
        shares = [share for _, share in self.others]
        if any(not share > 0 for share in shares) or not sum(shares) < 1:
            raise ValueError("shares of more stores must be above 0, and below 1 together")


@dataclass(frozen=True, eq=False)
class Other:
    """Slices of one more place.

    Args:
        slices: to draw from.
        share: of a batch.
        positive: as ``Source`` takes it.
    """

    slices: Slices
    share: float
    positive: float | None


def round_of(split: Split, fold: str = "", name: str = "") -> Round:
    """The round that "2/5" or a name says.

    Raises:
        TrainError: it says none of this split's, or both are given.
        CohortError: there is no round of that name.
    """
    if not fold:
        if name == ALL:
            return Round(ALL, {TRAIN: tuple(sorted(split.patients))})
        return split.round(name)
    number, _, count = fold.partition("/")
    if name or not (number.isdecimal() and count.isdecimal()):
        raise TrainError(f"expected a fold as 2/5, and no round beside it, got {fold!r}")
    if int(count) != split.scheme.folds or not 1 <= int(number) <= int(count):
        raise TrainError(
            f"no fold {fold} in this split, which is {split.scheme}: make the split with "
            "headct cohort split --folds, or name one of its rounds"
        )
    return split.round(f"fold {int(number)}")


def parts_of(store: Store, split: Split, chosen: Round, recipe: Recipe) -> dict[str, Slices]:
    """Slices of each part of a round.

    Raises:
        TrainError: patients of the store are in no part, or a part has no slices.
    """
    unknown = set(store.patients) - split.patients
    if unknown and split.locked is None:
        raise TrainError(
            f"{len(unknown)} patients of store {store.folder.name} are not in the split: nobody "
            "can say on which side they belong; split the cohort that was prepared"
        )
    labels = recipe.task.labels
    return {
        part: slices_of_store(
            store, labels, chosen.parts[part], inherit=recipe.inherits, undrawn=recipe.undrawn
        )
        for part in PARTS
        if part in chosen.parts
    }


def other_slices(order: Order, chosen: Round, first: Store) -> tuple[list[Other], int]:
    """Slices of more places, and how many were left out."""
    labels = order.recipe.task.labels
    learned = set(chosen.parts[TRAIN])
    kept_apart = {patient for part in (VALIDATION, TEST) for patient in chosen.parts.get(part, ())}
    found: list[Other] = []
    left_out = 0
    for folder, share in order.others:
        if is_shard(folder):
            slices = slices_of_shard(folder, first.header.pipeline, labels)
            found.append(Other(slices, share, order.recipe.added_positive))
            continue
        store = open_store(folder)
        is_same = store.header.cohort == first.header.cohort
        # Of the same cohort there may be patients under lock, whom the split does not name.
        allowed = learned if is_same else set(store.patients) - kept_apart
        slices = slices_of_store(
            store,
            labels,
            allowed,
            inherit=order.recipe.inherits,
            undrawn=order.recipe.undrawn,
        )
        left_out += len(store) - len(slices)
        recipe = order.recipe
        positive = recipe.added_positive if is_same else recipe.positive
        found.append(Other(slices, share, positive))
    return found, left_out


def mixture_of(recipe: Recipe, training: Slices, others: Sequence[Other]) -> Mixture:
    """Batches of a recipe: of training patients, and of more places by their shares."""
    look: Look | None = None if recipe.look is None else Augmented(recipe.look)
    rest = 1 - sum(other.share for other in others)
    first = Source(training, rest, recipe.positive, look)
    more = (Source(other.slices, other.share, other.positive, look) for other in others)
    return Mixture((first, *more), recipe.plan.batch_size, recipe.plan.seed)


def whence(folder: Path) -> dict[str, str]:
    """What tells more slices from others."""
    if is_shard(folder):
        return {"shard": file_sha256(folder / SHARD_JSON)}
    return identity_of(open_store(folder))


def identity_of(store: Store) -> dict[str, str]:
    """What tells a store from others."""
    header = store.header
    return {
        "cohort": header.cohort,
        "studies": header.keys_sha256,
        "truth": header.truth_sha256,
        "pipeline": header.pipeline.sha256,
    }


def data_of(
    store: Store,
    parts: Mapping[str, Slices],
    others: Sequence[Other],
    order: Order,
) -> dict[str, Any]:
    """What a network learns from, in numbers, and what its frames are: for the record of a run."""
    header, labels = store.header, order.recipe.task.labels
    return {
        "cohort": {"name": header.cohort, "kind": header.kind},
        "pipeline": header.pipeline.as_dict(),
        "channels": [] if header.frames is None else list(header.frames.channels),
        "parts": {name: _counts(store, part, labels) for name, part in parts.items()},
        "others": [
            {**_named(folder), "slices": len(other.slices), "share": other.share}
            for (folder, _), other in zip(order.others, others, strict=True)
        ],
    }


def _named(folder: Path) -> dict[str, str]:
    """What more slices are called: their cohort, which a shard has not, and their folder."""
    if is_shard(folder):
        return {"name": folder.name, "kind": "shard", "folder": folder.name}
    header = open_store(folder).header
    return {"name": header.cohort, "kind": header.kind, "folder": folder.name}


def _counts(store: Store, part: Slices, labels: Sequence[str]) -> dict[str, Any]:
    """How many slices and patients, and how many of them have a label, lack it, or are not known.

    A patient has what a slice or a study has, and lacks what all studies or all slices lack.
    """
    study = store.study_of[part.rows]
    names, patient = np.unique(np.array(store.patients)[study], return_inverse=True)
    of_patients = np.zeros((2, len(names), len(labels)), np.int8)
    stated = np.full((len(store.studies), len(labels)), UNKNOWN, np.int8)
    for column, label in enumerate(labels):
        if label in store.labels:
            stated[:, column] = store.study_values[:, store.labels.index(label)]
    for known, values in zip(of_patients, (part.truth, stated[study]), strict=True):
        for value in (UNKNOWN, 1):
            row, place = np.nonzero(values == value)
            known[patient[row], place] = value
    either = np.where((of_patients == 1).any(axis=0), 1, of_patients.max(axis=0))
    return {
        "slices": len(part),
        "patients": len(names),
        "labels": {
            label: {
                "positive_slices": int((part.truth[:, column] == 1).sum()),
                "negative_slices": int((part.truth[:, column] == 0).sum()),
                "positive_patients": int((either[:, column] == 1).sum()),
                "negative_patients": int((either[:, column] == 0).sum()),
            }
            for column, label in enumerate(labels)
        },
    }
