"""One function over many items, on the machines of a Ray cluster. Needs the extra ``cluster``."""

import logging
import socket
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from headct.batch.order import Item, Result, in_order
from headct.core.errors import HeadctError

try:
    import ray
    from ray.exceptions import RayError, RayTaskError
except ImportError as error:
    raise HeadctError(
        "a cluster needs Ray, which is not installed: pip install 'headct[cluster]'"
    ) from error

# How often an item is begun anew when the machine or process that had it is lost. What kills its
# worker each time is most likely the item itself.
_RETRIES = 5
# Enough that no processor waits while the result before its own is on its way.
_AHEAD = 3
# Machines come and go; asking which there are takes a millisecond.
_COUNT_AGAIN_S = 5.0
# Ray itself waits minutes for an address at which nothing is.
_ANSWER_S = 5.0


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster by address: one item for each of its processors at a time.

    What a lost machine had begun, or finished and not yet handed over, is done again on another;
    each item's result is given once. All machines need the same headct, and whatever files the
    function reads under the same paths.

    Args:
        address: ``HOST:PORT`` of the head node, or ``auto`` on a machine of the cluster.
    """

    address: str

    def __call__(
        self, function: Callable[[Item], Result], items: Sequence[Item], /
    ) -> Generator[Result, None, None]:
        """What the function gives for each item, one by one, in the order of the items.

        Raises:
            HeadctError: no cluster is at the address, or an item was lost again and again.
            Exception: whatever ``function`` raises; items not yet begun are then dropped.
        """
        _connect(self.address)
        try:
            shared = ray.put(function)

            def submit(item: Item) -> Any:
                return _run.remote(shared, item)

            yield from in_order(submit, _collect, items, _Room().tasks)
        except RayTaskError as error:
            raise error.cause from None
        except RayError as error:
            raise HeadctError(
                f"the cluster lost an item {_RETRIES + 1} times ({type(error).__name__}), most "
                "likely for want of memory or disk on its machines: run again with fewer "
                "processors a machine (ray start --num-cpus)"
            ) from error
        finally:
            ray.shutdown()


@ray.remote(max_retries=_RETRIES)
def _run(function: Callable[[Any], Any], item: Any) -> Any:
    return function(item)


def _collect(ticket: Any) -> Any:
    return ray.get(ticket)


class _Room:
    """How many items the cluster may have at a time, as machines come and go."""

    def __init__(self) -> None:
        self._counted_s = -_COUNT_AGAIN_S
        self._tasks = 1

    def tasks(self) -> int:
        if monotonic() - self._counted_s >= _COUNT_AGAIN_S:
            self._counted_s = monotonic()
            there: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
            self._tasks = _AHEAD * max(1, int(there.get("CPU", 1)))
        return self._tasks


def _connect(address: str) -> None:
    if ray.is_initialized():
        raise HeadctError(
            "this process has joined a Ray cluster already: call ray.shutdown() first"
        )
    try:
        host, _, port = address.removeprefix("ray://").rpartition(":")
        if host:
            socket.create_connection((host, int(port)), timeout=_ANSWER_S).close()
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError) as error:
        raise HeadctError(
            f"no Ray cluster at {address} can be joined ({type(error).__name__}): expected "
            "HOST:PORT as `ray start --head` prints it, or auto on one of its machines, with the "
            "same versions of Ray and Python"
        ) from error
