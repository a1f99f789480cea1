"""P values corrected for how many comparisons were made."""

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Correction = Literal["holm", "benjamini-hochberg", "bonferroni", "none"]


def adjust(p_values: Sequence[float | None], how: Correction = "holm") -> tuple[float | None, ...]:
    """P values that may be compared with 0.05 however many of them there are.

    ``holm`` and ``bonferroni`` bound the chance of any false claim, for tests that depend on each
    other in any way; Holm's claims all that Bonferroni's does, and more. ``benjamini-hochberg``
    bounds the share of false ones among the claims, for tests that are independent or depend
    positively.

    Args:
        p_values: of one family of comparisons; None where a test could not be made: it stays
            None, and does not count.
        how: ``none`` gives them back as they are.

    Raises:
        ValueError: a p value outside 0 to 1, or an unknown correction.

    Source:
        Holm, Scand J Stat 1979;6:65-70. Benjamini and Hochberg, J R Stat Soc B 1995;57:289-300.
        Adjusted p values: Wright, Biometrics 1992;48:1005-1013.
    """
    if how not in get_args(Correction):
        raise ValueError(f"unknown correction {how!r}: expected one of {get_args(Correction)}")
    known = [row for row, p in enumerate(p_values) if p is not None]
    values = np.array([p for p in p_values if p is not None], dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("a p value lies between 0 and 1")
    order = np.argsort(values, kind="stable")
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(_raised(values[order], how), 1.0)
    by_row = dict(zip(known, adjusted.tolist(), strict=True))
    return tuple(by_row.get(row) for row in range(len(p_values)))


def _raised(ascending: NDArray[np.float64], how: Correction) -> NDArray[np.float64]:
    tests = len(ascending)
    if how == "bonferroni":
        return ascending * tests
    if how == "holm":
        return np.maximum.accumulate(ascending * np.arange(tests, 0, -1))
    if how == "benjamini-hochberg":
        shares = ascending * tests / np.arange(1, tests + 1)
        return np.minimum.accumulate(shares[::-1])[::-1]
    return ascending
