"""Figures in words: with a minus sign as tables have it, and volumes with digits that tell."""

from dataclasses import replace
from math import floor, isfinite, log10

from headct.measure.estimate import Estimate

_MINUS = "\N{MINUS SIGN}"


def told(estimate: Estimate, digits: int = 3) -> str:
    """As ``Estimate.show``, with a minus sign in place of the hyphen and no minus before a 0.

    What is too large for it is told in powers of ten.
    """
    ends = [end for end in (estimate.value, estimate.low, estimate.high) if end is not None]
    if all(abs(end) < 1e6 for end in ends):
        rounded = (
            None if end is None else round(end, digits) + 0.0
            for end in (estimate.value, estimate.low, estimate.high)
        )
        value, low, high = rounded
        shown = replace(estimate, value=value, low=low, high=high).show(digits)
    else:
        first, *interval = (f"{end:.3g}" for end in ends)
        shown = f"{first} ({' to '.join(interval)})" if interval else first
    return shown.replace("-", _MINUS)


def ml_digits(estimate: Estimate) -> int:
    """Digits after the point for a volume in mL: two that tell of the largest end, at least one."""
    ends = (estimate.value, estimate.low, estimate.high)
    largest = max((abs(end) for end in ends if end is not None and isfinite(end)), default=0.0)
    return max(1, 1 - floor(log10(largest))) if largest else 1
