"""A progress bar that shows itself only where work takes long and a person is watching."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from headct.core.finding import Progress


@contextmanager
def headers_bar() -> "Iterator[Progress]":
    """Show how many headers have been read; gone when done."""
    console = Console(stderr=True)
    with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("reading headers", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield progress
