"""Results in the order of their items, with a bounded number on the way."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Ticket = TypeVar("Ticket")


class Where(Protocol):
    """Where a function is run over many items: processes here, or a cluster."""

    def __call__(
        self, function: Callable[[Item], Result], items: Sequence[Item], /
    ) -> Generator[Result, None, None]:
        """What the function gives for each item, one by one, in the order of the items.

        However many items there are, only a few results are held at a time. Close the generator
        (``contextlib.closing``) to stop early: items not yet begun are then dropped.
        """


def in_order(
    submit: Callable[[Item], Ticket],
    collect: Callable[[Ticket], Result],
    items: Iterable[Item],
    most: Callable[[], int],
) -> Generator[Result, None, None]:
    """Submit items and give their results in order.

    Args:
        submit: begins an item, without waiting.
        collect: waits for what was begun.
        items: what to submit.
        most: how many may be under way, asked again as work goes on.
    """
    begun: deque[Ticket] = deque()
    for item in items:
        begun.append(submit(item))
        while len(begun) >= most():
            yield collect(begun.popleft())
    while begun:
        yield collect(begun.popleft())
