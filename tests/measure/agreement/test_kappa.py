import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as reference

from headct.measure.agreement.kappa import cohen_kappa, fleiss_kappa

TABLES = st.tuples(st.integers(1, 40), st.integers(2, 6), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.int64, shape[:2], elements=st.integers(0, shape[2]))
)


def raters(true, slips, seed):
    """(subjects, raters) readings of a finding, each rater wrong at a rate."""
    chance = np.random.default_rng(seed)
    return np.stack([true ^ (chance.random(true.size) < slip) for slip in slips], axis=1).astype(
        int
    )


@given(TABLES)
@settings(max_examples=200, deadline=None)
def test_fleiss_kappa_is_that_of_statsmodels(ratings):
    assume(len(np.unique(ratings)) > 1)

    expected = reference(aggregate_raters(ratings)[0], method="fleiss")

    assert fleiss_kappa(ratings).kappa == pytest.approx(expected, abs=1e-9)


@given(TABLES)
@settings(max_examples=200, deadline=None)
@pytest.mark.filterwarnings("ignore::RuntimeWarning:statsmodels")
def test_cohens_kappa_and_its_interval_are_those_of_statsmodels(ratings):
    first, second = ratings[:, 0], ratings[:, 1]
    assume(len(np.unique(ratings[:, :2])) > 1)
    table = np.zeros((5, 5))
    np.add.at(table, (first, second), 1)

    expected = cohens_kappa(table)
    found = cohen_kappa(first, second)

    assert found.kappa == pytest.approx(expected.kappa, abs=1e-9)
    if found.error is None:
        assert expected.var_kappa == pytest.approx(0, abs=1e-12)
    else:
        assert found.error == pytest.approx(expected.std_kappa, abs=1e-9)
        ends = np.clip([expected.kappa_low, expected.kappa_upp], -1, 1)
        assert [found.low, found.high] == pytest.approx(ends, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_the_error_of_two_raters_on_a_finding_is_the_closed_form(seed):
    ratings = raters(np.random.default_rng(seed).random(80) < 0.3, (0.05, 0.2), seed)
    found = fleiss_kappa(ratings)

    # Bloch and Kraemer, Biometrics 1989;45:269-287: intraclass kappa of two raters, large sample.
    kappa, share, n = found.kappa, ratings.mean(), len(ratings)
    spread = (1 - kappa) * (1 - 2 * kappa) + kappa * (2 - kappa) / (2 * share * (1 - share))
    expected = np.sqrt((1 - kappa) / (n - 1) * spread)

    assert found.error == pytest.approx(expected, abs=1e-12)


def test_the_error_of_three_raters_is_that_of_leaving_out_one_subject_after_another():
    ratings = raters(np.random.default_rng(1).random(400) < 0.3, (0.05, 0.1, 0.2), seed=2)

    tables = [aggregate_raters(np.delete(ratings, i, axis=0))[0] for i in range(400)]
    left = np.array([reference(table) for table in tables])
    jackknife = np.sqrt(399 / 400 * np.square(left - left.mean()).sum())

    assert fleiss_kappa(ratings).error == pytest.approx(jackknife, rel=0.01)


def test_the_interval_holds_the_true_kappa_19_times_in_20():
    # One rater errs as often as the next: agreement 1 - 2e(1-e), kappa from it and the share of 1.
    share, slip = 0.3, 0.1
    rated = share * (1 - slip) + (1 - share) * slip
    by_chance = rated**2 + (1 - rated) ** 2
    true = (1 - 2 * slip * (1 - slip) - by_chance) / (1 - by_chance)
    chance = np.random.default_rng(3)

    found = [
        fleiss_kappa(raters(chance.random(300) < share, (slip,) * 3, seed)) for seed in range(1000)
    ]
    held = np.mean([one.low <= true <= one.high for one in found])

    # Three standard errors of 1000 trials at 95 %.
    assert held == pytest.approx(0.95, abs=0.021)


def test_rows_told_twice_make_the_interval_no_narrower_where_their_patients_are_known():
    ratings = raters(np.random.default_rng(4).random(100) < 0.4, (0.1, 0.1, 0.1), seed=5)
    patients = [f"p{i}" for i in range(100)]

    once = fleiss_kappa(ratings, patients=patients)
    twice = fleiss_kappa(np.tile(ratings, (2, 1)), patients=patients * 2)

    assert twice.error == pytest.approx(once.error, rel=1e-12)
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high))


@pytest.mark.parametrize("value", [0, 1])
def test_kappa_is_not_defined_where_every_rating_is_the_same(value):
    same = np.full((20, 3), value)

    found = [fleiss_kappa(same), cohen_kappa(same[:, 0], same[:, 1])]

    assert [one.kappa for one in found] == [None, None]
    assert str(found[0]) == "not defined (3 raters, 20 subjects)"


def test_full_agreement_on_both_is_1_without_an_interval():
    ratings = np.repeat([[0], [1], [1]], 3, axis=1)

    found = fleiss_kappa(ratings)

    assert found.kappa == pytest.approx(1)
    assert (found.error, found.low, found.high) == (None, None, None)


def test_one_subject_gives_a_kappa_without_an_interval():
    found = fleiss_kappa([[0, 1, 1]])

    # Of 3 pairs 1 agrees; by chance (1/3)² + (2/3)² = 5/9: (1/3 - 5/9) / (4/9) = -1/2.
    assert found.kappa == pytest.approx(-0.5)
    assert found.low is None


def test_a_row_with_a_missing_rating_is_left_out_and_counted():
    ratings = [[1, 1, 0], [0, 0, 0], [1, None, 1], [1, 1, 1], [float("nan")] * 3]
    complete = np.array([[1, 1, 0], [0, 0, 0], [1, 1, 1]])

    found = fleiss_kappa(ratings, patients=list("abcde"))

    assert found.kappa == pytest.approx(reference(aggregate_raters(complete)[0]), abs=1e-9)
    assert (found.subjects, found.left_out) == (3, 2)
    assert "2 left out for a missing rating" in str(found)


def test_nothing_rated_is_not_defined():
    assert fleiss_kappa(np.zeros((0, 3))).kappa is None
    assert cohen_kappa([], []).kappa is None


@pytest.mark.parametrize("ratings", [[0, 1], [[0], [1]]])
def test_one_rater_is_refused(ratings):
    with pytest.raises(ValueError, match="2 raters or more"):
        fleiss_kappa(ratings)


def test_columns_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="one length"):
        cohen_kappa([0, 1], [0])
    with pytest.raises(ValueError, match="a patient for each of 2 rows, got 1"):
        fleiss_kappa([[0, 1], [1, 1]], patients=["a"])


@given(
    st.integers(2, 40).flatmap(
        lambda rows: arrays(np.int64, (rows, 2), elements=st.integers(0, 3))
    ),
    st.sampled_from(["linear", "quadratic"]),
)
@settings(max_examples=100, deadline=None)
@pytest.mark.filterwarnings("ignore::RuntimeWarning:statsmodels")
def test_weighted_kappa_and_its_error_are_those_of_statsmodels(ratings, weights):
    assume(len(np.unique(ratings)) > 1)
    table = np.zeros((4, 4))
    np.add.at(table, (ratings[:, 0], ratings[:, 1]), 1)

    expected = cohens_kappa(table, wt=weights)
    found = cohen_kappa(ratings[:, 0], ratings[:, 1], weights=weights)

    assert found.kappa == pytest.approx(expected.kappa, abs=1e-9)
    if found.error is not None:
        assert found.error == pytest.approx(expected.std_kappa, abs=1e-9)


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
def test_weights_change_nothing_between_two_categories(weights):
    ratings = raters(np.random.default_rng(6).random(60) < 0.4, (0.1, 0.2), seed=8)

    found = cohen_kappa(*ratings.T, weights=weights)

    assert found == cohen_kappa(*ratings.T)


def test_subjects_told_twice_make_cohens_interval_no_narrower():
    ratings = raters(np.random.default_rng(4).random(150) < 0.4, (0.1, 0.2), seed=5)
    whose = np.arange(150)

    once = cohen_kappa(*ratings.T)
    twice = cohen_kappa(*np.tile(ratings, (2, 1)).T, patients=np.tile(whose, 2))

    # A sample's variance takes n - 1 for n.
    assert twice.error == pytest.approx(once.error * np.sqrt(150 / 149), rel=1e-12)
    assert twice.kappa == pytest.approx(once.kappa)


def test_unknown_weights_and_patients_of_other_rows_are_refused():
    with pytest.raises(ValueError, match="linear or quadratic, got 'cubic'"):
        cohen_kappa([0, 1], [0, 1], weights="cubic")
    with pytest.raises(ValueError, match="a patient for each of 2 rows, got 1"):
        cohen_kappa([0, 1], [0, 1], patients=["a"])
