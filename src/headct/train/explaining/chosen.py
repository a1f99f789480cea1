"""Which studies of a store a run is asked about, and what is true of them."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from headct.cohort.splitting.rounds import TEST, VALIDATION
from headct.cohort.store.entry import Study
from headct.cohort.store.store import Store
from headct.core.case import UNKNOWN
from headct.core.errors import TrainError
from headct.train.bundling.finished import Finished
from headct.train.gather import ALL, identity_of

PARTS = (TEST, VALIDATION, ALL)
"""Patients who did not train the network, or every study of a store."""


@dataclass(frozen=True, eq=False)
class Truth:
    """What is known of a label in a study.

    Args:
        study: whether it is there; None where not known.
        slices: (slices,) int8: 1, 0, or -1 where not known of the slice itself.
    """

    study: bool | None
    slices: np.ndarray[tuple[int], np.dtype[np.int8]]

    def of(self, index: int) -> bool | None:
        """Of a slice, or else of its study."""
        value = self.slices[index]
        return self.study if value == UNKNOWN else bool(value)


def check_fits(run: Finished, store: Store) -> None:
    """Refuse a store whose frames a network was not trained to read.

    Raises:
        TrainError: in what they differ.
    """
    made_by = store.header.pipeline
    if made_by.sha256 != run.pipeline.sha256 or store.pixels.shape[1:] != run.shape:
        raise TrainError(
            f"store {store.folder.name} is made by pipeline {made_by.name}, and {run.name} was "
            f"trained on frames of {run.pipeline.name}, {run.shape} each: prepare the cohort with "
            "the pipeline that the network was trained with"
        )


def studies_of(run: Finished, store: Store, part: str = "") -> tuple[list[Study], str]:
    """Studies to ask about, and what they are called.

    Args:
        run: that was trained.
        store: its own, or with ``ALL`` another.
        part: of ``PARTS``; empty for test patients, or else validation.

    Raises:
        TrainError: nobody is in it, or the store is another than the run's.
        ValueError: there is no such part.
    """
    part = part or run.measured_part or ""
    if not part:
        raise TrainError(
            f"every patient trained {run.name}, and nobody was left out: give --part {ALL} to look "
            "at them all the same, or another store with it"
        )
    if part not in PARTS:
        raise ValueError(f"no part {part!r}: expected one of {', '.join(PARTS)}")
    if part == ALL:
        return list(store.studies), ALL
    if part not in run.parts:
        raise TrainError(
            f"{run.name} has no {part} patients: it has {', '.join(run.parts)}; give --part {ALL} "
            "for every study of the store"
        )
    if identity_of(store) != run.said["store"]:
        raise TrainError(
            f"store {store.folder.name} is not the one that {run.name} was trained on, so nobody "
            f"can say who its {part} patients are: give that one, or --part {ALL}"
        )
    with (run.folder / f"{part}.csv").open(encoding="utf-8", newline="") as file:
        patients = {row["patient"] for row in csv.DictReader(file)}
    return [study for study in store.studies if study.patient in patients], part


def truth_of(store: Store, study: Study, label: str) -> Truth:
    """What is known of a label: a study has it where a slice has, and lacks it where all do."""
    if label not in store.labels:
        return Truth(None, np.full(study.count, UNKNOWN, np.int8))
    own = study.slice_values[:, store.labels.index(label)]
    stated = study.labels.get(label)
    if stated or (own == 1).any():
        return Truth(True, own)
    return Truth(False if stated is False or (own == 0).all() else None, own)


def wanted_labels(run: Finished, labels: Sequence[str]) -> tuple[str, ...]:
    """The labels to explain: those named, or the first of the task.

    Raises:
        ValueError: the network does not answer one of them.
    """
    for name in labels:
        if name not in run.task.labels:
            raise ValueError(f"{run.name} says nothing of {name!r}: {', '.join(run.task.labels)}")
    return tuple(dict.fromkeys(labels)) or run.task.labels[:1]
