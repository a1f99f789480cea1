"""All scores of one model over its runs, with BEST being one run and not the best of each score."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from headct.measure.runs.paired import Given
from headct.measure.runs.summary import Best, RunsSummary, summarize


@dataclass(frozen=True)
class ModelRuns:
    """Every score of one model, as AVG over its runs and of its BEST run.

    Args:
        averages: by score; only that of ``chosen_by`` names a best run.
        chosen_by: the score that BEST was chosen by.
        best: that run; None where no run can be chosen.
        of_best: by score, what that very run has; None where it is not defined.
    """

    averages: Mapping[str, RunsSummary]
    chosen_by: str
    best: Best | None
    of_best: Mapping[str, float | None]


def model_runs(
    scores: Mapping[str, Given],
    *,
    chosen_by: str,
    validation: Given = (),
    names: Sequence[str] = (),
    lower: Collection[str] = (),
    shares: Collection[str] = (),
    level: float = 0.95,
) -> ModelRuns:
    """Gather the runs of one model.

    The best sensitivity of one run beside the best specificity of another is no model that anyone
    could use. So one score chooses a run, by validation where that is given, and all others are
    that run's.

    Args:
        scores: by name, one for each run in the same order, None where not defined.
        chosen_by: which of them chooses.
        validation: that score on validation, one for each run; empty where there is none.
        names: of the runs, different from each other; empty to count them from 1.
        lower: scores that are better the lower they are, such as brier.
        shares: scores that lie between 0 and 1, so that their intervals end there.
        level: how much the intervals over runs cover.

    Raises:
        ValueError: no such score, lengths differ, two runs of one name, or a score not finite.
    """
    if chosen_by not in scores:
        raise ValueError(f"no score {chosen_by!r} to choose by: expected one of {list(scores)}")
    runs = len(scores[chosen_by])
    told = list(names) or [str(number) for number in range(1, runs + 1)]
    if len(set(told)) != len(told):
        raise ValueError(f"expected runs of different names, got {told}")
    averages = {
        name: summarize(
            values,
            validation=validation if name == chosen_by else (),
            names=told,
            better="lower" if name in lower else "higher",
            is_share=name in shares,
            level=level,
        )
        for name, values in scores.items()
    }
    best = averages[chosen_by].best
    row = told.index(best.run) if best else None
    return ModelRuns(
        averages={
            name: one if name == chosen_by else replace(one, best=None)
            for name, one in averages.items()
        },
        chosen_by=chosen_by,
        best=best,
        of_best={name: None if row is None else values[row] for name, values in scores.items()},
    )
