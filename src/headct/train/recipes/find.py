"""A recipe by the name of its task."""

from collections.abc import Mapping
from types import MappingProxyType

from headct.core.errors import TrainError
from headct.tasks.find import find_task
from headct.train.recipes import hemorrhage, hemorrhage_volume, leukoencephalopathy
from headct.train.recipes.recipe import Recipe

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        recipe.task.name: recipe
        for recipe in (hemorrhage.RECIPE, hemorrhage_volume.RECIPE, leukoencephalopathy.RECIPE)
    }
)
"""Recipes of the tasks that headct knows."""


def find_recipe(task: str) -> Recipe:
    """The recipe of a task.

    Raises:
        TrainError: there is no such task, with the nearest.
    """
    try:
        return RECIPES[find_task(task).name]
    except ValueError as error:
        raise TrainError(str(error)) from error
