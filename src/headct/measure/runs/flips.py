"""What two models' differences could have been, had chance told which model is which."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

# Additions that take well under a second; beyond it there are so many differences that the normal
# distribution and the exact one are the same to four digits.
_MOST_WORK = 2e8


def flip_p(differences: NDArray[np.int64]) -> float:
    """Two-sided p of a sum whose every part might as well have had the other sign.

    Exact, by the distribution of all sums, for all but very large numbers of differences; then by
    the normal distribution of the same variance.

    Args:
        differences: (units,) of units that are independent, such as patients; a 0 says nothing.

    Returns:
        1 where nothing differs.

    Source:
        Fisher, The Design of Experiments, 1935, section 21.
    """
    sizes = np.abs(differences[differences != 0])
    total, seen = int(sizes.sum()), abs(int(differences.sum()))
    if len(sizes) * total > _MOST_WORK:
        # Half a step towards 0, where the sums that can be lie as far apart as the sizes' divisor.
        step = int(np.gcd.reduce(sizes))
        spread = float(np.sqrt(np.square(sizes, dtype=np.float64).sum()))
        return min(2 * float(ndtr(-max(seen - step, 0) / spread)), 1.0)
    shares = subset_sums(sizes)
    # The sum is what has a plus, less the rest: twice the former less the total.
    sums = np.abs(2 * np.arange(total + 1) - total)
    return min(float(shares[sums >= seen].sum()), 1.0)


def subset_sums(sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """How likely each sum is, of sizes that are each taken or left at the toss of a coin.

    Args:
        sizes: (units,) positive.

    Returns:
        (sum of sizes + 1,) probabilities of 0, 1, 2 and so on.
    """
    shares = np.zeros(int(sizes.sum()) + 1)
    shares[0], reached = 1.0, 0
    for size in np.sort(sizes).tolist():
        taken = shares[: reached + 1] / 2
        shares[: reached + 1] = taken
        shares[size : reached + size + 1] += taken
        reached += size
    return shares
