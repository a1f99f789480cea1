"""A recipe by the name of its task, or out of a file of its own."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from headct.core.errors import TrainError
from headct.tasks.find import find_task
from headct.train.recipes import hemorrhage, hemorrhage_volume, leukoencephalopathy
from headct.train.recipes.own_file import is_own_file, read_own
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

    Args:
        task: its name, or the path of a Python file that declares one, which is run.

    Raises:
        TrainError: there is no such task, with the nearest; or the file declares none.
    """
    if is_own_file(task):
        return read_own(Path(task).absolute())
    try:
        return RECIPES[find_task(task).name]
    except ValueError as error:
        raise TrainError(str(error)) from error
