"""A process beside this one that runs one function, on one item after another.

Each worker has a pipe of its own. Of the pool in the standard library all write to one pipe: where
one is killed while it writes, what waits at the other end waits for ever.
"""

import atexit
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from threading import Thread
from traceback import format_exc
from typing import Any

from headct.core.errors import HeadctError

if sys.platform != "win32":
    from multiprocessing import resource_tracker

# It has nothing left to do by then but to end.
_ENDING_S = 5.0


class WorkerEnded(HeadctError):  # noqa: N818 - it is what happened, named as such
    """A worker process ended without an answer."""


class NeverStarted(WorkerEnded):
    """A worker process ended before it could take an item: the next one would too."""


class TookTooLong(HeadctError):  # noqa: N818 - it is what happened, named as such
    """A worker process had no answer in time, and was ended."""


class Worker:
    """A process that was started afresh, best while Ctrl-C is held; it must be ended."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, function))
        self._process.start()
        # Whoever leaves results untaken at the end of a script shall not wait for more of them.
        atexit.register(self.kill)
        # With no other writer left, the end of the process is the end of the pipe.
        theirs.close()
        self._is_ready = False

    def call(self, item: Any, limit_s: float | None = None) -> Any:
        """What the function gives for an item; what it raises is raised here.

        Args:
            item: what to call it with.
            limit_s: how long it may take, once the process has started; None for as long as it
                likes.

        Raises:
            NeverStarted: the process has ended before it could take it.
            WorkerEnded: the process has ended without an answer.
            TookTooLong: it had none in time; the process is ended.
        """
        try:
            if not self._is_ready:
                self._pipe.recv()
                self._is_ready = True
            self._pipe.send(item)
            if not self._pipe.poll(limit_s):
                self.kill()
                raise TookTooLong(f"no answer within {limit_s:g} s: allow more time for each")
            is_given, answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            how = WorkerEnded if self._is_ready else NeverStarted
            raise how(
                "a worker process ended without an answer, most likely for want of memory: run "
                "again with fewer workers (a script needs `if __name__ == '__main__':` around the "
                "call)"
            ) from error
        if is_given:
            return answer
        raise answer

    def kill(self) -> None:
        """End the process whatever it does."""
        self._process.kill()

    def end(self) -> None:
        """End the process, which has nothing to do any more."""
        atexit.unregister(self.kill)
        self._pipe.close()
        self._process.join(_ENDING_S)
        self._process.kill()
        self._process.join()


def _work(pipe: "Connection[Any, Any]", function: Callable[[Any], Any]) -> None:
    """What the other process does, until the pipe ends."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        # End at once and without a word: the first process is the one that tells.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    Thread(target=_end_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        pipe.send("ready")
        while True:
            _answer(pipe, function, pipe.recv())


def _answer(pipe: "Connection[Any, Any]", function: Callable[[Any], Any], item: Any) -> None:
    try:
        answer = (True, function(item))
    except Exception as error:  # noqa: BLE001 - raised again in the process that asked
        error.add_note(f"in a worker process:\n{format_exc()}")
        answer = (False, error)
    pipe.send(answer)


def _end_with_parent() -> None:
    """A killed parent cannot end its workers, and a long item would go on without it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def ctrl_c_held() -> Iterator[None]:
    """Hold Ctrl-C back while processes are started: in their first moments they would print it."""
    if sys.platform == "win32":
        yield
        return
    # It is started with the first process, and lets Ctrl-C through once it has been.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
