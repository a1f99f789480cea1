"""Exact intervals of shares whose rows belong together by patient: of as many as these are worth.

Drawing patients anew needs patients who differ. Where two or three of them have all the errors, or
none has any, samples show too little; the exact interval of the effective number of rows holds.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from headct.measure.counts.proportions import clopper_pearson

Numbers = NDArray[np.float64]


def clustered_limits(
    successes: ArrayLike, rows: ArrayLike, level: float = 0.95
) -> tuple[Numbers, Numbers]:
    """Ends of the intervals of shares, each of rows that belong together by patient.

    Rows of one patient are alike, so they are worth fewer: by how far patients differ from the
    share, beside how far single rows would. Where they do not differ at all (no success, nothing
    else, or one patient) rows of a patient are taken always to agree, the most they can. With one
    row a patient it is the plain exact interval.

    Args:
        successes: (patients, shares) counts.
        rows: (patients, shares) of which they are; patients without rows do not count.
        level: how much each interval covers.

    Returns:
        (shares,) lower and upper ends; 0 and 1 where there are no rows.

    Raises:
        ValueError: counts below 0, more successes than rows, or a level outside (0, 1).

    Source:
        Korn and Graubard, Surv Methodol 1998;24:193-201, with the effective number at most the
        true one; where patients do not differ, Kish, Survey Sampling, 1965, section 5.4.
    """
    found, of = (np.asarray(counts, dtype=np.float64) for counts in (successes, rows))
    if (found > of).any():
        raise ValueError("expected counts with successes <= rows of each patient")
    total, patients = of.sum(axis=0), np.count_nonzero(of, axis=0)
    share = found.sum(axis=0) / np.maximum(total, 1)
    alone = share * (1 - share) / np.maximum(total - 1, 1)
    spread = ((found - share * of) ** 2).sum(axis=0) / np.maximum(total, 1) ** 2
    together = spread * patients / np.maximum(patients - 1, 1)
    few, many = (stdtrit(np.maximum(count - 1, 1), 0.5 + level / 2) for count in (patients, total))
    differ = (patients > 1) & (together > 0)
    worth = total * alone / np.where(differ, together, 1) * (many / few) ** 2
    agreeing = total**2 / np.maximum((of**2).sum(axis=0), 1)
    size = np.minimum(np.where(differ, worth, agreeing), total)
    # A share of 1 times its size may come out a rounding above it.
    return clopper_pearson(np.minimum(share * size, size), size, level)
