from pathlib import Path

import pytest

import headct.tasks
from headct.tasks.find import TASKS, find_task

MACHINERY = {"__init__", "find", "rule", "task"}


def test_every_declaration_is_listed_under_its_file_name():
    files = {path.stem for path in Path(headct.tasks.__file__).parent.glob("*.py")} - MACHINERY

    assert set(TASKS) == files
    assert {name: task.name for name, task in TASKS.items()} == {name: name for name in files}


def test_an_unknown_task_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean leukoencephalopathy"):
        find_task("Leukencephalopathy")
