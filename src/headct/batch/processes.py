"""One function over many items, by processes on this machine."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

from headct.batch.order import Item, Result, in_order
from headct.batch.worker import Worker, ctrl_c_held
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
        team: list[Worker] = []
        free: SimpleQueue[Worker] = SimpleQueue()

        def call(item: Item) -> Result:
            worker = free.get()
            try:
                answer: Result = worker.call(item)
                return answer
            finally:
                free.put(worker)

        # A thread a worker, so that none waits while the caller is busy with a result.
        threads = ThreadPoolExecutor(workers)
        try:
            with ctrl_c_held():
                team += [Worker(function) for _ in range(workers)]
            for worker in team:
                free.put(worker)
            yield from in_order(
                lambda item: threads.submit(call, item),
                Future.result,
                items,
                lambda: _AHEAD * workers,
            )
        except (KeyboardInterrupt, GeneratorExit):
            # The second where Ctrl-C, or whatever ends it, meets the caller between two results.
            for worker in team:
                worker.kill()
            raise
        finally:
            threads.shutdown(cancel_futures=True)
            for worker in team:
                worker.end()


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
