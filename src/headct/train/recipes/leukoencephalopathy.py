"""Vascular leukoencephalopathy, slice by slice, to be voted to patients.

Cernekova, Sisik and Jafari 2025 (arXiv 2501.09863): ResNet50 among others, Adam, and slices that
carry the label of their patient. Assumed: everything else of ``Plan``.
"""

from headct.image.augment import AugmentationRanges
from headct.tasks.leukoencephalopathy import TASK
from headct.train.plan import Plan
from headct.train.recipes.recipe import Recipe

RECIPE = Recipe(
    task=TASK,
    network="efficientnet-lite0",
    plan=Plan(optimizer="adam", learning_rate=3e-4, weight_decay=0.0),
    positive=0.5,
    look=AugmentationRanges(),
)
