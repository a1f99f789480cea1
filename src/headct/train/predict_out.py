"""What a network says of slices, as ``headct measure`` reads it."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from headct.cohort.store.header import write_whole
from headct.cohort.store.store import Store
from headct.core.case import UNKNOWN
from headct.train.batches import InOrder
from headct.train.learner import as_input
from headct.train.networks.outputs import slice_logits
from headct.train.slices import Slices

_IDENTIFIERS = ("patient", "study", "slice")


def predict(network: nn.Module, slices: Slices, batch_size: int = 32) -> NDArray[np.float32]:
    """(slices, labels) scores from 0 to 1, in float32 as the runtime gives them.

    Args:
        network: its mode is set to evaluation.
        slices: in order.
        batch_size: slices at a time.
    """
    device = next(network.parameters()).device
    network.eval()
    batches = InOrder(slices, batch_size)
    with torch.inference_mode():
        scores = [
            slice_logits(network(as_input(batches[number].pixels.to(device)))).sigmoid().cpu()
            for number in range(len(batches))
        ]
    return np.asarray(torch.cat(scores).numpy())


def write_predictions(
    path: Path,
    store: Store,
    slices: Slices,
    scores: NDArray[np.float32],
    *,
    labels: Sequence[str],
    system: tuple[str, str],
) -> None:
    """Write scores by patient, study and slice; OSError where there is no room.

    Args:
        path: a CSV.
        store: of the slices; a slice is named by its number in it, as in slices.csv.
        slices: that were predicted.
        scores: (slices, labels).
        labels: the columns.
        system: model and run, under which several files may be put together.
    """
    names = _names(store)
    header = [*_IDENTIFIERS, "model", "run", *labels]
    rows = (
        [*names[store.study_of[row]], row, *system, *(f"{score:.6f}" for score in some)]
        for row, some in zip(slices.rows, scores, strict=True)
    )
    write_whole(path, lambda file: csv.writer(file).writerows([header, *rows]))


def write_truth(path: Path, store: Store, parts: Sequence[Slices], labels: Sequence[str]) -> None:
    """Write what is known of slices, or of their studies where no slice has a label of its own.

    An empty cell is not known.
    """
    own = store.slice_values[
        :, [store.labels.index(name) for name in labels if name in store.labels]
    ]
    rows, names = np.concatenate([part.rows for part in parts]), _names(store)
    if (own != UNKNOWN).any():
        values = np.concatenate([part.truth for part in parts])
        said = [[*names[store.study_of[row]], row] for row in rows]
    else:
        places = np.unique(store.study_of[rows])
        values = np.full((len(places), len(labels)), UNKNOWN, np.int8)
        for column, name in enumerate(labels):
            if name in store.labels:
                values[:, column] = store.study_values[places, store.labels.index(name)]
        said = [[*names[place]] for place in places]
    header = [*_IDENTIFIERS[: len(said[0])], *labels]
    lines = (
        [*name, *("" if value == UNKNOWN else int(value) for value in some)]
        for name, some in zip(said, values, strict=True)
    )
    write_whole(path, lambda file: csv.writer(file).writerows([header, *lines]))


def _names(store: Store) -> list[tuple[str, str]]:
    """Patient and study of each study, no study named as another's.

    Measuring tells studies apart by their names alone, and a cohort may count them patient by
    patient.
    """
    owners = {(study.study, study.patient) for study in store.studies}
    are_unique = len({name for name, _ in owners}) == len(owners)
    return [
        (study.patient, study.study if are_unique else f"{study.patient}/{study.study}")
        for study in store.studies
    ]
