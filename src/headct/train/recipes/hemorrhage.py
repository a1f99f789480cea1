"""Any intracranial hemorrhage and its five subtypes, with masks where somebody drew."""

from headct.image.look import LookRanges
from headct.tasks.hemorrhage import TASK
from headct.train.inside import undrawn
from headct.train.losses import Weights
from headct.train.recipes.recipe import Recipe

RECIPE = Recipe(
    task=TASK,
    network="multitask",
    # 13 % of the slices of CT-ICH bleed; drawn three times as often as others, 31 % do.
    positive=0.31,
    # A fifth of the slices of scans with inserted bleeds show one; they are there to be seen.
    added_positive=0.75,
    undrawn=undrawn,
    # Six maps, most of them empty: their mean is small beside the labels' loss.
    weights=Weights(masks=18.0),
    # Widely randomized: what no training slice resembles is read too.
    look=LookRanges(),
)
