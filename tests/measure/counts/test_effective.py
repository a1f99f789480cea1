import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import beta, binomtest, t
from statsmodels.regression.linear_model import OLS

from headct.measure.counts.effective import clustered_limits

ROWS = st.integers(1, 15).flatmap(
    lambda patients: st.tuples(
        arrays(np.int64, patients, elements=st.integers(0, 9)),
        arrays(np.int64, patients, elements=st.integers(0, 9)),
    )
)


@pytest.mark.parametrize(("successes", "rows"), [(7, 30), (0, 30), (30, 30)])
def test_one_row_a_patient_has_the_plain_exact_interval(successes, rows):
    found = (np.arange(rows) < successes)[:, None].astype(float)

    low, high = clustered_limits(found, np.ones((rows, 1)))

    expected = binomtest(successes, rows).proportion_ci()
    assert [low[0], high[0]] == pytest.approx([expected.low, expected.high], abs=1e-9)


def test_the_effective_number_of_rows_comes_of_the_clustered_variance():
    rng = np.random.default_rng(2)
    rows = rng.integers(1, 30, 40)
    successes = rng.binomial(rows, rng.beta(4, 2, 40))
    outcome = np.concatenate([np.arange(n) < k for k, n in zip(successes, rows, strict=True)])
    whose = np.repeat(np.arange(40), rows)
    total, share = len(outcome), outcome.mean()
    # The variance of a mean with clustered rows, by statsmodels; its factor for few clusters is
    # P/(P - 1) times (n - 1)/(n - 1) here, as a mean is one coefficient.
    fitted = OLS(outcome.astype(float), np.ones(total)).fit(
        cov_type="cluster", cov_kwds={"groups": whose}
    )
    plain = share * (1 - share) / (total - 1)
    factor = (t.ppf(0.975, total - 1) / t.ppf(0.975, 39)) ** 2
    size = total * plain / fitted.bse[0] ** 2 * factor

    low, high = clustered_limits(successes[:, None], rows[:, None])

    x = share * size
    ends = (beta.ppf(0.025, x, size - x + 1), beta.ppf(0.975, x + 1, size - x))
    assert (low[0], high[0]) == pytest.approx(ends, rel=1e-9)


def test_patients_who_agree_with_themselves_count_as_patients():
    # Ten rows each of six patients, two of whom fail in all rows; all succeed in the other share.
    rows = np.full((6, 2), 10)
    successes = np.array([[0, 10], [0, 10], [10, 10], [10, 10], [10, 10], [10, 10]])

    low, high = clustered_limits(successes, rows)

    # The variance of a share s is s(1 - s)/5 by its six patients; s(1 - s)/59 were the rows single.
    size = 60 * 5 / 59 * (t.ppf(0.975, 59) / t.ppf(0.975, 5)) ** 2
    x = size * 2 / 3
    ends = (beta.ppf(0.025, x, size - x + 1), beta.ppf(0.975, x + 1, size - x))
    assert (low[0], high[0]) == pytest.approx(ends)
    assert (low[1], high[1]) == pytest.approx((0.025 ** (1 / 6), 1))


@given(ROWS)
@settings(max_examples=150, deadline=None)
def test_the_share_lies_within_and_patients_without_rows_count_for_nothing(columns):
    some, more = columns
    rows = some + more
    low, high = clustered_limits(some[:, None], rows[:, None])
    padded = clustered_limits(np.append(some, 0)[:, None], np.append(rows, 0)[:, None])

    assert (low[0], high[0]) == pytest.approx((padded[0][0], padded[1][0]))
    if rows.sum():
        assert low[0] - 1e-9 <= some.sum() / rows.sum() <= high[0] + 1e-9
    else:
        assert (low[0], high[0]) == (0, 1)


def test_more_successes_than_rows_are_refused():
    with pytest.raises(ValueError, match="successes <= rows"):
        clustered_limits([[3.0], [0.0]], [[2.0], [0.0]])
