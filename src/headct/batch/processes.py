"""One function over many items, by processes on this machine."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TypeVar

from headct.core.errors import HeadctError
from headct.core.finding import Progress

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_items(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int,
    progress: Progress | None = None,
) -> list[Result]:
    """What a function gives for each item, in the order of the items.

    With more than one worker the processes are started afresh (not forked, which deadlocks beside
    threads): the function must be importable, items and results must pickle, and a script that
    calls this does so under ``if __name__ == "__main__":``.

    Args:
        function: called once for each item.
        items: what to call it with; gather small items into chunks, as each costs a message.
        workers: how many processes; 1 runs everything in this one.
        progress: told after each item, in order.

    Raises:
        ValueError: fewer than one worker.
        HeadctError: a worker process died.
        Exception: whatever ``function`` raises; items not yet begun are then dropped.
    """
    if workers < 1:
        raise ValueError(f"expected at least one worker, got {workers}")
    workers = min(workers, len(items))
    if workers <= 1:
        return _gather(map(function, items), len(items), progress)
    try:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            return _gather(pool.map(function, items), len(items), progress)
    except BrokenProcessPool as error:
        raise HeadctError(
            "a worker process ended without an answer, most likely for want of memory: run again "
            "with fewer workers (a script needs `if __name__ == '__main__':` around the call)"
        ) from error


def _gather(results: Iterable[Result], total: int, progress: Progress | None) -> list[Result]:
    gathered: list[Result] = []
    for result in results:
        gathered.append(result)
        if progress is not None:
            progress(len(gathered), total)
    return gathered
