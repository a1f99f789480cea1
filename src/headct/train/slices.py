"""Slices to learn from: out of stores, and out of memory."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headct.cohort.store.store import Store
from headct.core.case import UNKNOWN
from headct.core.errors import TrainError
from headct.train.losses import NOT_DRAWN

Pixels = NDArray[np.uint8]


class Taken(NamedTuple):
    """Slices that were read, as ``headct.train.losses.Batch`` has them."""

    pixels: Pixels
    labels: NDArray[np.int8]
    masks: Pixels


@dataclass(frozen=True, eq=False)
class Slices:
    """Some slices of one place; read a batch at a time, from memory or a memory-mapped file.

    Args:
        name: of the place, for messages.
        pixels: (all, channels, rows, columns) uint8.
        labels: (all, labels) int8: 1, 0, or -1 where not known; in the order of the task.
        masks: (all, rows, columns) uint8; None where nothing is drawn.
        rows: (slices,) which of all these are.
        codes: (256,) uint8: from a value of ``masks`` to one of ``Batch.masks``.
        undrawn: from pixels to the masks of slices that nobody drew on; None where all of such a
            slice may be anything.
    """

    name: str
    pixels: Pixels
    labels: NDArray[np.int8]
    masks: Pixels | None
    rows: NDArray[np.intp]
    codes: Pixels = field(default_factory=lambda: np.arange(256, dtype=np.uint8))
    undrawn: Callable[[Pixels], Pixels] | None = None

    def __post_init__(self) -> None:
        if not len(self.rows):
            raise TrainError(f"{self.name}: no slices are there to learn from or to measure on")

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def truth(self) -> NDArray[np.int8]:
        """(slices, labels) of these slices."""
        return np.asarray(self.labels[self.rows])

    def take(self, positions: NDArray[np.intp]) -> Taken:
        """Slices by their position among these, in any order."""
        rows = self.rows[positions]
        pixels = np.asarray(self.pixels[rows])
        if self.masks is None:
            masks = np.full((len(rows), *pixels.shape[2:]), NOT_DRAWN, np.uint8)
        else:
            masks = self.codes[self.masks[rows]]
        nobody = (masks == NOT_DRAWN).all(axis=(1, 2))
        if self.undrawn is not None and nobody.any():
            masks[nobody] = self.undrawn(pixels[nobody])
        return Taken(pixels, self.labels[rows], masks)


def slices_of_store(
    store: Store,
    labels: Sequence[str],
    patients: Iterable[str],
    *,
    inherit: bool = False,
    undrawn: Callable[[Pixels], Pixels] | None = None,
) -> Slices:
    """The slices of some patients of a store.

    Args:
        store: as ``headct prepare`` made it.
        labels: of the task, in its order.
        patients: of one part of a split.
        inherit: whether slices take a label of their study where they have none of their own. A
            study that lacks something lacks it on every slice, with or without.
        undrawn: as ``Slices`` takes it.

    Raises:
        TrainError: no slice of them is there.
    """
    return Slices(
        name=f"store {store.folder.name}",
        pixels=store.pixels,
        labels=truth_of(store, labels, inherit=inherit),
        masks=store.masks if store.header.mask_names else None,
        rows=store.slices_of(patients),
        codes=mask_codes(store.header.mask_names, labels),
        undrawn=undrawn,
    )


def truth_of(store: Store, labels: Sequence[str], *, inherit: bool) -> NDArray[np.int8]:
    """(slices, labels) int8 of a store, in the order of a task; -1 where not known."""
    found = np.full((len(store), len(labels)), UNKNOWN, np.int8)
    for column, name in enumerate(labels):
        if name not in store.labels:
            continue
        of_slices = store.slice_values[:, store.labels.index(name)]
        of_studies = store.study_values[store.study_of, store.labels.index(name)]
        usable = of_studies if inherit else np.where(of_studies == 0, 0, UNKNOWN)
        found[:, column] = np.where(of_slices == UNKNOWN, usable, of_slices)
    return found


def mask_codes(names: Sequence[str], labels: Sequence[str]) -> Pixels:
    """(256,) uint8: from a mask whose value k stands for ``names[k - 1]`` to a task's values.

    What is drawn under a name that the task does not ask for is nothing to it.
    """
    codes = np.full(256, NOT_DRAWN, np.uint8)
    codes[0] = 0
    for value, name in enumerate(names, start=1):
        codes[value] = labels.index(name) + 1 if name in labels else 0
    return codes


def check_learnable(slices: Slices, labels: Sequence[str]) -> tuple[str, ...]:
    """Refuse slices that teach nothing of a task's first label; say what they lack of others.

    Raises:
        TrainError: the first label is known of no slice, or all have it, or none.
    """
    lacking = []
    for column, name in enumerate(labels):
        values = slices.truth[:, column]
        yes, no = int((values == 1).sum()), int((values == 0).sum())
        if yes and no:
            continue
        told = (
            f"{name}: of {len(slices)} training slices of {slices.name} {yes} have it, {no} do "
            f"not, and of {len(slices) - yes - no} it is not known"
        )
        if column == 0:
            raise TrainError(
                f"{told}: both kinds are needed; take another round or another cohort, or prepare "
                "one whose slices have labels"
            )
        lacking.append(f"{told}: its output means nothing")
    return tuple(lacking)
