"""The rows that a system judged worst: what a person should look at first."""

import numpy as np

from headct.measure.evaluate.measurement import Error
from headct.measure.outcomes import UNKNOWN, Outcomes

MOST = 6
"""Of misses, and as many false alarms: what a page shows at a glance."""


def worst_errors(
    outcomes: Outcomes, label: str, threshold: float, most: int = MOST
) -> tuple[Error, ...]:
    """The misses scored lowest and the false alarms scored highest, no two of one study.

    Neighbouring slices err together: one of each study shows more than twelve of the same bleed.
    """
    column = outcomes.labels.index(label)
    truth, scores = outcomes.truth[:, column], outcomes.scores[:, column]
    known = (truth != UNKNOWN) & ~np.isnan(scores)
    found: list[Error] = []
    for wanted, sign in ((1, 1.0), (0, -1.0)):
        wrong = (scores >= threshold) != bool(wanted)
        rows = np.flatnonzero(known & (truth == wanted) & wrong)
        order = rows[np.argsort(sign * scores[rows], kind="stable")]
        _, firsts = np.unique(outcomes.studies[order], return_index=True)
        for row in order[np.sort(firsts)[:most]]:
            name = tuple(str(part) for part in outcomes.names[row])
            found.append(Error(name, label, float(scores[row]), bool(wanted)))
    return tuple(sorted(found, key=lambda one: -abs(one.score - one.truth)))
