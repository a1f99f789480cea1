"""A researcher's own task: a Python file that declares it, named by path, and run."""

import sys
import traceback
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from headct.core.errors import TrainError
from headct.tasks.find import TASKS
from headct.tasks.task import Task
from headct.train.recipes.recipe import Recipe

_SUFFIX = ".py"
# Apart from every module that is installed; what is pickled or copied is looked up by it.
_MODULE = "headct_own_task_"


def is_own_file(task: str) -> bool:
    """Whether the text that says a task is the path of a file, and no task's name."""
    return task.endswith(_SUFFIX)


def read_own(path: Path) -> Recipe:
    """The recipe that a Python file declares; the file is run, with all that it may do.

    Only a person who names the file has it run; a bundle that comes of it holds none of it.

    Args:
        path: of a file with ``RECIPE``, or with ``TASK`` alone, that is then learned by the
            network of labels and masks, or of labels where it has no masks.

    Raises:
        TrainError: the file is not there, cannot be run, or declares no task of its own name.
    """
    declared = _run(path)
    recipe, task = getattr(declared, "RECIPE", None), getattr(declared, "TASK", None)
    if recipe is None and isinstance(task, Task):
        recipe = Recipe(task, "multitask" if task.has_masks else "efficientnet-lite0")
    if not isinstance(recipe, Recipe):
        found = type(task if recipe is None else recipe).__name__
        raise TrainError(
            f"{path.name}: expected RECIPE, of headct.train.recipes.recipe, or TASK, of "
            f"headct.tasks.task, got {found}"
        )
    name = recipe.task.name
    if name in TASKS or name != path.stem:
        wanted = "another name than those of headct tasks" if name in TASKS else repr(path.stem)
        raise TrainError(
            f"{path.name}: the task is named {name!r}, expected {wanted}: a task has the name of "
            "its file"
        )
    return recipe


def _run(path: Path) -> ModuleType:
    if not path.is_file():
        raise TrainError(f"no file {path.name} is there to declare a task: check its path")
    name = _MODULE + path.stem
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise TrainError(f"{path.name} cannot be read as Python")
    module = module_from_spec(spec)
    # Dataclasses of the file look their module up.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise TrainError(
            f"{path.name}, line {_line(error, path)}: {type(error).__name__}: {error}"
        ) from error
    return module


def _line(error: Exception, path: Path) -> int:
    """Where in the file it went wrong."""
    if isinstance(error, SyntaxError) and error.lineno:
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame.lineno for frame in frames if Path(frame.filename) == path and frame.lineno]
    return own[-1] if own else 1
