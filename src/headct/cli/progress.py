"""A progress bar that shows itself only where work takes long and a person is watching."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

if TYPE_CHECKING:
    from headct.analyze.study import Watch
    from headct.core.finding import Progress


STAGES = {
    "find": "reading headers",
    "read": "reading slices",
    "skull": "finding the skull",
    "predict": "looking for blood",
    "open": "opening the bundle",
    "network": "asking the network",
    "write": "writing the answer",
}


@contextmanager
def stage_shown() -> "Iterator[Watch]":
    """Show which stage of an analysis runs, and for how long; gone when done."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda stage: bar.update(task, description=STAGES.get(stage, stage))


@contextmanager
def files_bar(what: str) -> "Iterator[Progress]":
    """Show what is being done to how many files; gone when done."""
    console = Console(stderr=True)
    with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield progress
