"""Several runs of one model as AVG and BEST, with what choosing the best of them is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr, stdtrit

from headct.measure.estimate import Estimate

Better = Literal["higher", "lower"]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Best:
    """The best of several runs.

    Args:
        run: its name.
        score: on the data measured.
        on_validation: its score on the data it was chosen by; None where it was chosen on the data
            measured.
        tied: runs that share the best score; the first of them is this one.
        above_average: by how much its score on the data it was chosen by beats the average there;
            never negative, whichever way is better.
        by_chance: by how much it would, were no run better than another; None with one run. What
            ``above_average`` promises beyond this may be real.
        warning: what a reader must know of such a figure; empty with one run.
    """

    run: str
    score: float
    on_validation: float | None
    tied: int
    above_average: float
    by_chance: float | None
    warning: str

    @property
    def is_optimistic(self) -> bool:
        """It was chosen on the very data that ``score`` comes from, among others."""
        return self.on_validation is None and self.by_chance is not None


@dataclass(frozen=True)
class RunsSummary:
    """One score of several runs.

    Args:
        average: AVG, with an interval over runs.
        deviation: standard deviation over runs; None with fewer than two.
        lowest: of the runs; None, like the next two, where none has a score.
        best: BEST.
        runs: with a score.
        left_out: runs whose score is not defined.
    """

    average: Estimate
    deviation: float | None
    lowest: float | None
    highest: float | None
    best: Best | None
    runs: int
    left_out: int


def summarize(
    scores: Sequence[float | None],
    *,
    validation: Sequence[float | None] = (),
    names: Sequence[str] = (),
    better: Better = "higher",
    is_share: bool = False,
    level: float = 0.95,
) -> RunsSummary:
    """AVG and BEST of one score over runs that differ in their seed alone.

    The interval of AVG is Student's t over runs. It covers the chance that training leaves, for
    these patients: other patients would add to it. BEST is chosen by validation where that is
    given. It has no interval over runs, since it is one of them: take that of its own score.

    Args:
        scores: one a run on the data measured, None where not defined.
        validation: one a run, likewise, on data that only served to choose; empty where there are
            none. A run without one cannot be chosen.
        names: of the runs, such as their seeds; empty to count them from 1.
        better: which end is the better one.
        is_share: whether the score lies between 0 and 1, so that its interval ends there.
        level: how much the interval covers.

    Raises:
        ValueError: lengths differ, or a score is not finite.
    """
    told = names or [str(number) for number in range(1, len(scores) + 1)]
    if len(told) != len(scores) or len(validation) not in (0, len(scores)):
        raise ValueError(
            f"expected a name and a validation score for each of {len(scores)} runs, or none, "
            f"got {len(names)} and {len(validation)}"
        )
    known = [row for row, score in enumerate(scores) if score is not None]
    values = _finite([score for score in scores if score is not None])
    average, deviation = _average(values, level, is_share=is_share)
    chosen_by = [validation[row] for row in known] if validation else values.tolist()
    return RunsSummary(
        average=average,
        deviation=deviation,
        lowest=float(values.min()) if len(values) else None,
        highest=float(values.max()) if len(values) else None,
        best=_best(values, chosen_by, [told[row] for row in known], (better, bool(validation))),
        runs=len(values),
        left_out=len(scores) - len(values),
    )


def expected_best(runs: int) -> float:
    """How far the best of some draws lies above their mean, in standard deviations.

    Of independent draws from one normal distribution: 0 of one, 0.564 of two, 1.163 of five.

    Source:
        Tippett, Biometrika 1925;17:364-387: the integral of x n f(x) F(x)^(n-1).
    """
    if runs < 1:
        raise ValueError(f"expected one run or more, got {runs}")
    # Beyond ten deviations nothing is left to add, for any number of runs that is ever trained; on
    # so smooth a curve that ends in nothing, equal steps are exact to rounding.
    x, step = np.linspace(-10, 10, 2001, retstep=True)
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    return float(step * (x * runs * density * ndtr(x) ** (runs - 1)).sum())


def _finite(values: Sequence[float]) -> Numbers:
    finite = np.array(values, dtype=np.float64)
    if not np.isfinite(finite).all():
        raise ValueError("a run's score is finite, or None where it is not defined")
    return finite


def _average(values: Numbers, level: float, *, is_share: bool) -> tuple[Estimate, float | None]:
    runs = len(values)
    if runs == 0:
        return Estimate(None, note="no run has a score"), None
    mean = float(values.mean())
    if runs == 1:
        return Estimate(mean, note="one run: nothing tells how runs differ"), None
    deviation = float(values.std(ddof=1))
    if values.min() == values.max():
        return Estimate(mean, note="the runs do not differ: no interval over runs"), 0.0
    reach = float(stdtrit(runs - 1, 0.5 + level / 2)) * deviation / runs**0.5
    low, high = mean - reach, mean + reach
    note = "covers what training leaves to chance, for these patients alone"
    if is_share and not 0 <= low <= high <= 1:
        low, high = max(low, 0.0), min(high, 1.0)
        note += "; cut at 0 or 1: too few runs for their spread"
    return Estimate(mean, low, high, f"t over {runs} runs", note), deviation


def _best(
    values: Numbers,
    chosen_by: Sequence[float | None],
    names: Sequence[str],
    way: tuple[Better, bool],
) -> Best | None:
    better, by_validation = way
    candidates = [row for row, one in enumerate(chosen_by) if one is not None]
    if not candidates:
        return None
    sign = 1.0 if better == "higher" else -1.0
    merits = sign * _finite([one for one in chosen_by if one is not None])
    first = int(merits.argmax())
    row = candidates[first]
    above = float(merits[first] - merits.mean())
    by_chance = _by_chance(merits) if len(merits) > 1 else None
    score = float(values[row])
    on_validation = float(sign * merits[first]) if by_validation else None
    return Best(
        run=names[row],
        score=score,
        on_validation=on_validation,
        tied=int((merits == merits[first]).sum()),
        above_average=max(above, 0.0),
        by_chance=by_chance,
        warning=_warning(len(merits), max(above, 0.0), by_chance, on_validation),
    )


def _by_chance(merits: Numbers) -> float:
    runs = len(merits)
    # The standard deviation of a few draws is too small on average, by this factor (c4 of
    # Shewhart's charts: Montgomery, Introduction to Statistical Quality Control, appendix VI).
    short = np.sqrt(2 / (runs - 1)) * np.exp(gammaln(runs / 2) - gammaln((runs - 1) / 2))
    return expected_best(runs) * float(merits.std(ddof=1) / short)


def _warning(runs: int, above: float, by_chance: float | None, on_validation: float | None) -> str:
    if by_chance is None:
        return ""
    chance = (
        f"were no run better than another, the best of {runs} would still beat their average by "
        f"{by_chance:.3f}; it does by {above:.3f}"
    )
    if on_validation is None:
        return (
            f"BEST of {runs} runs was chosen on the data it is reported on, and is optimistic: "
            f"{chance}. Report AVG, or choose on validation"
        )
    return (
        f"BEST of {runs} runs was chosen on validation, and its score here is of other data. Its "
        f"validation score of {on_validation:.3f} is optimistic, and no result: {chance}"
    )
