"""Every two models compared, or every two networks of a grid of networks and pipelines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from headct.measure.runs.correction import Correction, adjust
from headct.measure.runs.paired import Given, PairedTest

Test = Callable[[Given, Given], PairedTest]
"""As ``signed_rank``, or ``partial(corrected_t, test_to_train=0.25)``."""


@dataclass(frozen=True)
class Compared:
    """Two models, or two values of a factor, and whether they differ.

    Args:
        tested: the difference is that of the first less the second.
        adjusted_p: for all comparisons of this family; None where there was no test.
    """

    first: str
    second: str
    tested: PairedTest
    adjusted_p: float | None


def compare_all(
    scores: Mapping[str, Given], test: Test, correction: Correction = "holm"
) -> tuple[Compared, ...]:
    """Every two models compared over the same runs, folds or resamples.

    Args:
        scores: by model, one score for each run in the same order.
        test: of two models.
        correction: for the number of comparisons.

    Raises:
        ValueError: not as many scores of each model.
    """
    pairs = list(combinations(scores, 2))
    tested = [test(scores[first], scores[second]) for first, second in pairs]
    adjusted = adjust([one.p for one in tested], correction)
    return tuple(
        Compared(first, second, one, p)
        for (first, second), one, p in zip(pairs, tested, adjusted, strict=True)
    )


def compare_by(
    scores: Mapping[tuple[str, ...], Given],
    factor: int,
    test: Test,
    correction: Correction = "holm",
) -> tuple[Compared, ...]:
    """Every two networks of a grid compared, or every two pipelines, whatever the other factor.

    Of each run the scores are averaged over all settings of the other factors that both have, and
    these averages are compared: settings of one fold share its cases, and are no pairs of their
    own.

    Args:
        scores: by factors, such as (network, pipeline), one score for each run in the same order.
        factor: which of them is compared, counted from 0.
        test: of two of its values.
        correction: for the number of comparisons.

    Raises:
        ValueError: no such factor, or not as many scores of each setting.
    """
    if any(not 0 <= factor < len(key) for key in scores):
        raise ValueError(f"expected factors up to number {factor} in every setting of the grid")
    if len({len(one) for one in scores.values()}) > 1:
        raise ValueError("expected as many runs of every setting of the grid, in the same order")
    values = list(dict.fromkeys(key[factor] for key in scores))
    pairs = list(combinations(values, 2))
    tested = [test(*_averages(scores, factor, pair)) for pair in pairs]
    adjusted = adjust([one.p for one in tested], correction)
    return tuple(
        Compared(first, second, one, p)
        for (first, second), one, p in zip(pairs, tested, adjusted, strict=True)
    )


def _averages(
    scores: Mapping[tuple[str, ...], Given], factor: int, pair: tuple[str, str]
) -> tuple[Given, Given]:
    """Scores of two values, run by run, over the settings of the rest that both have."""
    by_value: list[dict[tuple[str, ...], Given]] = [
        {key[:factor] + key[factor + 1 :]: one for key, one in scores.items() if key[factor] == of}
        for of in pair
    ]
    shared = [rest for rest in by_value[0] if rest in by_value[1]]
    first, second = ([of[rest] for rest in shared] for of in by_value)
    return _mean_by_run(first), _mean_by_run(second)


def _mean_by_run(settings: Sequence[Given]) -> Given:
    """The mean of each run; None where any setting has none, so that pairs stay alike."""
    return [
        None
        if any(one is None for one in run)
        else sum(one for one in run if one is not None) / len(run)
        for run in zip(*settings, strict=True)
    ]
