"""Batches drawn from one or several sources, the same ones again from seed, epoch and step alone.

Nothing has to be remembered to go on after an interruption: what step 7 of epoch 3 sees follows
from these numbers, and on which device it is seen from its place among them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from headct.core.errors import TrainError
from headct.train.losses import Batch
from headct.train.slices import Slices, Taken

Look = Callable[[Taken, np.random.Generator], Taken]
"""Changes how slices look, by chance, and moves their masks alike."""

# Streams of chance, so that which slices are drawn does not hang on how they are changed.
_DRAW, _LOOK = 0, 1


@dataclass(frozen=True)
class Source:
    """Slices and how many of each batch they give.

    Args:
        slices: to draw from.
        share: of a batch, beside the shares of other sources.
        positive: which part of what is drawn should have the first label, of slices of which it is
            known; None to take every slice once before any comes again.
        look: what is changed by chance; None for nothing.
    """

    slices: Slices
    share: float = 1.0
    positive: float | None = None
    look: Look | None = None

    def __post_init__(self) -> None:
        if not self.share > 0:
            raise ValueError(f"a source's share must be above 0, got {self.share:g}")
        if self.positive is not None and not 0 < self.positive < 1:
            raise ValueError(f"expected a share of positives within 0 to 1, got {self.positive:g}")

    def positions(self, count: int, number: int, seed: int) -> NDArray[np.intp]:
        """(count,) which slices the batch of a number takes."""
        if self.positive is None:
            return self._in_turn(count, number, seed)
        chance = np.random.default_rng([seed, _DRAW, number])
        has, lacks = (self.slices.truth[:, 0] == value for value in (1, 0))
        if not has.any() or not lacks.any():
            raise TrainError(f"{self.slices.name}: all slices have the first label, or none has")
        weights = has * (self.positive / has.sum()) + lacks * ((1 - self.positive) / lacks.sum())
        return chance.choice(len(self.slices), count, p=weights).astype(np.intp)

    def _in_turn(self, count: int, number: int, seed: int) -> NDArray[np.intp]:
        drawn = number * count + np.arange(count)
        rounds, places = np.divmod(drawn, len(self.slices))
        found = np.empty(count, np.intp)
        for one in np.unique(rounds):
            order = np.random.default_rng([seed, _DRAW, int(one)]).permutation(len(self.slices))
            found[rounds == one] = order[places[rounds == one]]
        return found


@dataclass(frozen=True)
class Mixture:
    """Sources and how batches are made of them.

    Args:
        sources: one or more.
        batch_size: slices of a batch.
        seed: of all that is drawn.
    """

    sources: tuple[Source, ...]
    batch_size: int
    seed: int

    def __post_init__(self) -> None:
        if not self.sources:
            raise TrainError("no source of slices was given: there is nothing to learn from")
        if min(self.counts) < 1:
            raise TrainError(
                f"a batch of {self.batch_size} is too small for {len(self.sources)} sources at "
                "these shares: take a larger batch, or a larger share of the smallest"
            )
        shapes = {source.slices.pixels.shape[1:] for source in self.sources}
        if len(shapes) > 1:
            told = " and ".join(str(shape) for shape in sorted(shapes))
            raise TrainError(
                f"frames of the sources are {told} (channels, rows, columns): prepare all by the "
                "same pipeline"
            )

    @property
    def counts(self) -> tuple[int, ...]:
        """Slices of a batch from each source: by share, what is left over to the first ones."""
        shares = np.array([source.share for source in self.sources])
        exact = shares / shares.sum() * self.batch_size
        counts = np.floor(exact + 1e-9).astype(int)
        last = np.argsort(counts - exact, kind="stable")[: self.batch_size - counts.sum()]
        counts[last] += 1
        return tuple(map(int, counts))

    def batch(self, number: int) -> Batch:
        """The batch of a number, from 0, over all epochs and devices."""
        taken = []
        for place, (source, count) in enumerate(zip(self.sources, self.counts, strict=True)):
            seed = self.seed * len(self.sources) + place
            some = source.slices.take(source.positions(count, number, seed))
            if source.look is not None:
                some = source.look(some, np.random.default_rng([seed, _LOOK, number]))
            taken.append(some)
        pixels, labels, masks = (
            torch.from_numpy(np.concatenate(values)) for values in zip(*taken, strict=True)
        )
        return Batch(pixels, labels, masks)


class Drawn(Dataset[Batch]):
    """The batches of one epoch on one device."""

    def __init__(self, mixture: Mixture, *, steps: int, epoch: int, place: tuple[int, int]) -> None:
        """Say which batches these are.

        Args:
            mixture: what they are drawn from.
            steps: of an epoch, on each device.
            epoch: from 0.
            place: which device of how many.
        """
        self._mixture, self._steps, self._epoch, self._place = mixture, steps, epoch, place

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, step: int) -> Batch:
        rank, devices = self._place
        return self._mixture.batch((self._epoch * self._steps + step) * devices + rank)


class InOrder(Dataset[Batch]):
    """All slices once, in order, in batches: to validate and to predict."""

    def __init__(self, slices: Slices, batch_size: int, place: tuple[int, int] = (0, 1)) -> None:
        self._slices, self._size = slices, batch_size
        rank, devices = place
        self._mine = np.arange(rank, len(slices), devices, dtype=np.intp)

    def __len__(self) -> int:
        return ceil(len(self._mine) / self._size)

    def __getitem__(self, number: int) -> Batch:
        chosen = self._mine[number * self._size : (number + 1) * self._size]
        if not len(chosen):
            raise IndexError(number)
        pixels, labels, masks = map(torch.from_numpy, self._slices.take(chosen))
        return Batch(pixels, labels, masks)
