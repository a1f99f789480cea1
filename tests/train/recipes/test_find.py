import pytest

from headct.core.errors import TrainError
from headct.tasks.find import TASKS
from headct.train.recipes.find import RECIPES, find_recipe


def test_every_task_has_a_recipe():
    assert {name: recipe.task for name, recipe in RECIPES.items()} == dict(TASKS)


def test_slices_take_their_patients_label_where_patients_are_asked_for():
    inheriting = {name for name, recipe in RECIPES.items() if recipe.inherits}

    assert inheriting == {"leukoencephalopathy"}


def test_of_an_unknown_task_the_nearest_is_suggested():
    with pytest.raises(TrainError, match="did you mean hemorrhage"):
        find_recipe("hemorhage")
