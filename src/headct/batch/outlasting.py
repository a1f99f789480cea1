"""One function over many items, of which each may be the end of its process but not of the rest."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event
from typing import Any

from headct.batch.order import Item, Result
from headct.batch.worker import NeverStarted, TookTooLong, Worker, WorkerEnded, ctrl_c_held


@dataclass(frozen=True)
class Lost:
    """An item without a result, and why: its process died over it, or took too long."""

    reason: str


@dataclass(frozen=True)
class Outlasting:
    """Processes on this machine, started as those of ``Processes``, that are replaced when lost.

    Even one worker is a process of its own: what crashes a decoder must not crash the caller.

    Args:
        workers: how many processes.
        limit_s: how long an item may take before its process is ended.
    """

    workers: int
    limit_s: float

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise ValueError(f"expected at least one worker, got {self.workers}")
        if not self.limit_s > 0:
            raise ValueError(f"expected a limit above 0 s, got {self.limit_s:g}")

    def __call__(
        self, function: Callable[[Item], Result], items: Sequence[Item], /
    ) -> Generator[tuple[int, Result | Lost], None, None]:
        """Each item's place with what the function gives, as soon as it is there.

        An item whose process died is tried once more after all others, alone: the memory that it
        lacked may have been its neighbours'. One that took too long is not.

        Raises:
            NeverStarted: a process ended before it could take an item.
            Exception: whatever ``function`` raises but MemoryError; items not yet begun are then
                dropped.
        """
        if not items:
            return
        team = _Team(function, self.limit_s)
        workers = min(self.workers, len(items))
        threads = ThreadPoolExecutor(workers)
        try:
            with ctrl_c_held():
                for _ in range(workers):
                    team.start()
            places = {threads.submit(team.call, item): place for place, item in enumerate(items)}
            again = []
            for done in as_completed(places):
                if (result := done.result()) is _DIED:
                    again.append(places[done])
                else:
                    yield places[done], result
            for place in again:
                result = team.call(items[place])
                yield place, Lost(_DIED.reason) if result is _DIED else result
        except (KeyboardInterrupt, GeneratorExit):
            # The second where Ctrl-C, or whatever ends it, meets the caller between two results.
            team.kill()
            raise
        finally:
            threads.shutdown(cancel_futures=True)
            team.end()


_DIED = Lost(
    "its process ended without an answer, and again when it was tried alone: too little memory, "
    "or files that crash their decoder; try it by itself"
)


class _Team:
    """Workers that are free, each replaced when it is lost."""

    def __init__(self, function: Callable[[Any], Any], limit_s: float) -> None:
        self._function, self._limit_s = function, limit_s
        self._free: SimpleQueue[Worker] = SimpleQueue()
        self._all: list[Worker] = []
        self._is_over = Event()

    def start(self) -> None:
        worker = Worker(self._function)
        self._all.append(worker)
        self._free.put(worker)

    def call(self, item: Any) -> Any:
        """What the function gives, or why nothing: after ``_DIED`` it may be tried again."""
        worker = self._free.get()
        try:
            result = worker.call(item, self._limit_s)
        except NeverStarted:
            self._free.put(worker)  # whoever waits for it shall be told the same
            raise
        except (WorkerEnded, TookTooLong) as error:
            if not self._is_over.is_set():
                self._replace(worker)
            return Lost(str(error)) if isinstance(error, TookTooLong) else _DIED
        except MemoryError:
            result = _DIED
        except BaseException:
            self._free.put(worker)
            raise
        self._free.put(worker)
        return result

    def _replace(self, worker: Worker) -> None:
        worker.end()
        self._all.remove(worker)
        with ctrl_c_held():
            self.start()

    def kill(self) -> None:
        self._is_over.set()
        for worker in tuple(self._all):
            worker.kill()

    def end(self) -> None:
        self._is_over.set()
        for worker in self._all:
            worker.end()
