"""One function over many items, by processes on this machine."""

import os
import signal
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from threading import Thread

from headct.batch.order import Item, Result, in_order
from headct.core.errors import HeadctError
from headct.core.finding import Progress

# Enough that no worker waits while the result before its own is on its way.
_AHEAD = 3


@dataclass(frozen=True)
class Processes:
    """This machine: one process a worker, or with one worker this process itself.

    The processes are started afresh (not forked, which deadlocks beside threads): the function
    must be importable, items and results must pickle, and a script that calls this does so under
    ``if __name__ == "__main__":``. Ctrl-C ends them, and so does the end of this process, however
    it comes.
    """

    workers: int = 1

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ValueError(f"expected at least one worker, got {self.workers}")

    def __call__(
        self, function: Callable[[Item], Result], items: Sequence[Item], /
    ) -> Generator[Result, None, None]:
        """What the function gives for each item, one by one, in the order of the items.

        Raises:
            HeadctError: a worker process died.
            Exception: whatever ``function`` raises; items not yet begun are then dropped.
        """
        workers = min(self.workers, len(items))
        if workers <= 1:
            yield from map(function, items)
            return
        pool = ProcessPoolExecutor(
            workers, mp_context=get_context("spawn"), initializer=_begin_worker
        )

        def submit(item: Item) -> Future[Result]:
            with _uninterrupted():
                return pool.submit(function, item)

        try:
            yield from in_order(submit, Future.result, items, lambda: _AHEAD * workers)
        except BrokenProcessPool as error:
            raise HeadctError(
                "a worker process ended without an answer, most likely for want of memory: run "
                "again with fewer workers (a script needs `if __name__ == '__main__':` around the "
                "call)"
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def map_items(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int,
    progress: Progress | None = None,
) -> list[Result]:
    """What a function gives for each item, in the order of the items, by ``Processes``.

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
    gathered: list[Result] = []
    for result in Processes(workers)(function, items):
        gathered.append(result)
        if progress is not None:
            progress(len(gathered), len(items))
    return gathered


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back while processes are started: in their first moments they would print it."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_worker() -> None:
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        # End at once and without a word: the first process is the one that tells.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent cannot end its workers, and they would wait for it for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
