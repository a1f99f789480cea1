"""Where blood is, as finely as the picture shows it, and from that how many mL."""

from headct.image.augment import AugmentationRanges
from headct.tasks.hemorrhage_volume import TASK
from headct.train.losses import Weights
from headct.train.plan import Plan
from headct.train.recipes.recipe import Recipe

RECIPE = Recipe(
    task=TASK,
    network="unet",
    plan=Plan(batch_size=16),
    # Dice counts what is measured; more weight on positive pixels would draw too much.
    weights=Weights(labels=0.25, dice=1.0, mask_positive=1.0),
    positive=0.5,
    look=AugmentationRanges(rotation_deg=26.0, upended=0.0),
)
