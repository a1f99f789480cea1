"""Steps that take away what is not head, or not brain."""

from dataclasses import dataclass

import numpy as np

from headct.core.errors import Refusal, ScanError
from headct.core.volume import AIR_HU, Volume
from headct.image.head import head_mask, intracranial


@dataclass(frozen=True)
class KeepHead:
    """Put everything but the head (table, holder, cushions) at one value."""

    outside_hu: float = AIR_HU

    def __call__(self, volume: Volume) -> Volume:
        """The head alone."""
        kept = np.where(head_mask(volume), volume.hu, np.float32(self.outside_hu))
        return volume.with_step(repr(self), kept)


@dataclass(frozen=True)
class KeepBrain:
    """Put everything but what the skull encloses at one value; gaps left by surgery are closed."""

    outside_hu: float = AIR_HU

    def __call__(self, volume: Volume) -> Volume:
        """The inside of the skull alone.

        Raises:
            ScanError: no skull with a brain in it was found.
        """
        skull = intracranial(volume)
        if isinstance(skull, Refusal):
            raise ScanError(skull.reason)
        kept = np.where(skull.inside, volume.hu, np.float32(self.outside_hu))
        return volume.with_step(repr(self), kept)
