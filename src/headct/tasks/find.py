"""Every task by its name."""

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from headct.tasks import hemorrhage, hemorrhage_volume, leukoencephalopathy
from headct.tasks.task import Task

TASKS: Mapping[str, Task] = MappingProxyType(
    {
        declared.TASK.name: declared.TASK
        for declared in (hemorrhage, hemorrhage_volume, leukoencephalopathy)
    }
)
"""The tasks that headct knows; a file is one."""


def find_task(name: str) -> Task:
    """The task of a name.

    Raises:
        ValueError: there is none, with the nearest.
    """
    if name in TASKS:
        return TASKS[name]
    near = get_close_matches(name.casefold(), TASKS, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ValueError(f"no task {name!r}: expected one of {', '.join(TASKS)}{hint}")
