"""What a network is punished for: labels and masks that are known, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812 - as everywhere
from torch import Tensor

from headct.core.case import UNKNOWN
from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES
from headct.train.networks.outputs import Outputs, mask_scores

NOT_DRAWN = 255
"""Stands in a mask where what is there is not known."""

# Log odds of a pixel that cannot show a lesion.
_NOWHERE = -20.0


class Batch(NamedTuple):
    """What a network learns from in one step.

    ``pixels`` (slices, channels, rows, columns) uint8; ``labels`` (slices, labels) int8: 1, 0, or
    -1 where not known; ``masks`` (slices, rows, columns) uint8: 0 for nothing, k + 1 for label k,
    ``NOT_DRAWN`` where not known.
    """

    pixels: Tensor
    labels: Tensor
    masks: Tensor


@dataclass(frozen=True)
class Weights:
    """How much each part of the loss counts.

    All are of a trial on CT-ICH (docs/model-log.md), none is tuned: a mask is a few hundred of
    50,000 pixels, so its mean is small beside that of labels.

    Args:
        labels: binary cross entropy of the labels, or their squared error.
        masks: binary cross entropy of mask pixels.
        dice: of what is drawn.
        top: of the highest mask pixels, where a slice has the label and nobody has drawn it.
        mask_positive: how much more a pixel of a lesion counts than one without.
        label_positive: the same for slices.
        squared: whether labels are punished by squared error in place of cross entropy.
    """

    labels: float = 1.0
    masks: float = 6.0
    dice: float = 0.5
    top: float = 0.5
    mask_positive: float = 3.0
    label_positive: float = 1.0
    squared: bool = False


def known_cross_entropy(logits: Tensor, truth: Tensor, positive: float = 1.0) -> Tensor:
    """Mean binary cross entropy over what is known; 0 where nothing is.

    Args:
        logits: of any shape.
        truth: likewise: 1, 0, or -1 where not known.
        positive: how much more a positive counts.
    """
    weight = logits.new_tensor(positive)
    each = F.binary_cross_entropy_with_logits(
        logits, truth.clamp(min=0).to(logits.dtype), reduction="none", pos_weight=weight
    )
    return _mean(each, truth != UNKNOWN)


def known_squared_error(logits: Tensor, truth: Tensor) -> Tensor:
    """Mean squared error of probabilities over what is known; 0 where nothing is."""
    return _mean((logits.sigmoid() - truth.to(logits.dtype)).square(), truth != UNKNOWN)


def soft_dice_loss(mask_logits: Tensor, targets: Tensor) -> Tensor:
    """1 - Dice of probabilities, mean over the masks in which something is drawn.

    With 1 added above and below, so that a mask of one pixel does not jump between 0 and 1.

    Args:
        mask_logits: (slices, labels, rows, columns).
        targets: likewise: 1, 0, or -1 where not known.

    Source:
        Milletari, Navab and Ahmadi, V-Net, 3DV 2016; with sums in place of sums of squares.
    """
    drawn, known = (targets == 1), (targets != UNKNOWN)
    probabilities = mask_logits.sigmoid() * known
    overlap = (probabilities * drawn).sum((2, 3))
    each = 1 - (2 * overlap + 1) / (probabilities.sum((2, 3)) + drawn.sum((2, 3)) + 1)
    return _mean(each, drawn.any(-1).any(-1))


def top_loss(mask_logits: Tensor, labels: Tensor, targets: Tensor) -> Tensor:
    """Cross entropy of the highest pixels of masks that nobody drew, of labels that are there.

    Only pixels of which nothing is known are looked at: a lesion is not where none can be.
    """
    unknown, drawn = (targets == UNKNOWN), (targets == 1)
    undrawn = (labels == 1) & unknown.any(-1).any(-1) & ~drawn.any(-1).any(-1)
    where_it_may_be = torch.where(unknown, mask_logits, mask_logits.new_tensor(_NOWHERE))
    return _mean(F.softplus(-mask_scores(where_it_may_be)), undrawn)


class MaskTargets:
    """Masks as drawn → what each output of a network should show.

    Any hemorrhage is every subtype's mask. A slice known to lack a label shows none of it
    anywhere, whether or not somebody drew: that is what a real slice without a bleed teaches.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        table = torch.full((256, len(labels)), UNKNOWN, dtype=torch.int8)
        for value, drawn in enumerate(labels, start=1):
            # Of a bleed drawn without its subtype, only that it is one is known.
            table[value] = UNKNOWN if drawn == ANY_HEMORRHAGE else 0
            table[value, value - 1] = 1
            if drawn in HEMORRHAGE_SUBTYPES and ANY_HEMORRHAGE in labels:
                table[value, labels.index(ANY_HEMORRHAGE)] = 1
        table[0] = 0
        self._table = table

    def __call__(self, batch: Batch, size: tuple[int, int]) -> Tensor:
        """(slices, labels, rows, columns) float: 1, 0, or -1 where not known.

        Args:
            batch: with masks at the size of the picture.
            size: rows and columns wanted; a coarse pixel shows what any of its fine ones does.
        """
        planes = self._table.to(batch.masks.device)[batch.masks.long()].permute(0, 3, 1, 2)
        coarse = F.adaptive_max_pool2d(planes.float(), size)
        return torch.where(batch.labels[:, :, None, None] == 0, torch.zeros_like(coarse), coarse)


class Loss:
    """The parts of a loss and their sum, under ``loss``."""

    def __init__(self, labels: Sequence[str], weights: Weights) -> None:
        self._weights, self._targets = weights, MaskTargets(labels)

    def __call__(self, outputs: Outputs, batch: Batch) -> dict[str, Tensor]:
        """Each part as it counts, and the sum; float32 whatever the network computed in."""
        weights, logits = self._weights, outputs.label_logits.float()
        if weights.squared:
            labels = known_squared_error(logits, batch.labels)
        else:
            labels = known_cross_entropy(logits, batch.labels, weights.label_positive)
        parts = {"labels": weights.labels * labels}
        if outputs.mask_logits is not None:
            masks = outputs.mask_logits.float()
            targets = self._targets(batch, (masks.shape[2], masks.shape[3]))
            entropy = known_cross_entropy(masks, targets, weights.mask_positive)
            parts["masks"] = weights.masks * entropy
            parts["dice"] = weights.dice * soft_dice_loss(masks, targets)
            parts["top"] = weights.top * top_loss(masks, batch.labels, targets)
        return {**parts, "loss": torch.stack(list(parts.values())).sum()}


def _mean(values: Tensor, chosen: Tensor) -> Tensor:
    """Mean of chosen values; 0, with a gradient of 0, where none is."""
    return (values * chosen).sum() / chosen.sum().clamp(min=1)
