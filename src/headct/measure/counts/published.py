"""Counts behind percentages that a paper prints: which there can be, and which cannot.

A percentage of few is coarse: of 69 there are 70, not 10,001. So a printed one betrays its counts,
or shows that it is not of what the paper says.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Fit:
    """A count that prints as the percentage given."""

    correct: int
    total: int

    def __str__(self) -> str:
        return f"{self.correct}/{self.total}"


def counts_behind(percent: str, totals: Iterable[int]) -> tuple[Fit, ...]:
    """Every count of these totals that prints as a percentage.

    Args:
        percent: as printed, without the sign: "94.20" is to two decimals, "94.2" to one.
        totals: of how many it may be.

    Returns:
        None of them where the percentage cannot come of any of the totals. A half may have been
        rounded either way.

    Raises:
        ValueError: not a percentage, or a total below 1.

    Source:
        The test of granularity of Brown and Heathers, Soc Psychol Personal Sci 2017;8:363-369.
    """
    written = re.fullmatch(r"\s*(\d{1,3})(?:\.(\d+))?\s*", percent)
    if written is None or Fraction(percent.strip()) > 100:
        raise ValueError(f'expected a percentage as printed, "94.20", got {percent!r}')
    printed = Fraction(percent.strip()) / 100
    off = Fraction(1, 200 * 10 ** len(written[2] or ""))
    found = []
    for total in totals:
        if total < 1:
            raise ValueError(f"expected a total of 1 or more, got {total}")
        # Coarser than the printing, one count at most fits a total; finer, several do.
        first, last = -(-(printed - off) * total // 1), (printed + off) * total // 1
        found += [Fit(correct, total) for correct in range(max(first, 0), min(last, total) + 1)]
    return tuple(found)
