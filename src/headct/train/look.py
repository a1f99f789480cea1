"""Changes of how slices look, each slice its own, and its mask with it."""

from dataclasses import dataclass

import numpy as np

from headct.image.augment import AugmentationRanges
from headct.image.look import LookRanges
from headct.train.losses import NOT_DRAWN
from headct.train.slices import Taken

Ranges = AugmentationRanges | LookRanges


@dataclass(frozen=True)
class Augmented:
    """What is drawn from ranges is done to each slice: moved, lit, made coarse, made noisy."""

    ranges: Ranges

    def __call__(self, taken: Taken, chance: np.random.Generator) -> Taken:
        """Slices changed, each in its own way."""
        pixels, masks = np.empty_like(taken.pixels), taken.masks.copy()
        for place in range(len(pixels)):
            change = self.ranges.draw(chance)
            pixels[place : place + 1] = change.on_frames(taken.pixels[place : place + 1])
            # Of a slice that nobody drew on, nothing is known beyond its edges either.
            if not (masks[place] == NOT_DRAWN).all():
                masks[place] = change.on_masks(taken.masks[place])
        return Taken(pixels, taken.labels, masks)
