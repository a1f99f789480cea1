import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from headct.measure.resampling.draws import draw
from headct.measure.resampling.interval import interval_of
from headct.measure.volume.concordance import CONCORDANCE, concordance, lin, pearson, spearman
from headct.measure.volume.intraclass import intraclass
from headct.measure.volume.pairs import volume_pairs

COLUMNS = st.integers(0, 30).flatmap(
    lambda rows: st.tuples(*[arrays(np.float64, rows, elements=st.integers(0, 5))] * 2)
)


def chance():
    return np.random.default_rng(4)


def correlated(rows, rho, seed):
    rng = np.random.default_rng(seed)
    return rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], rows).T


@given(COLUMNS)
@settings(max_examples=120, deadline=None)
@pytest.mark.filterwarnings("error::RuntimeWarning:headct")
@pytest.mark.filterwarnings("ignore::scipy.stats.ConstantInputWarning")
def test_pearson_and_its_interval_and_spearman_are_those_of_scipy(columns):
    one, other = columns
    found = [pearson(one, other), spearman(one, other)]
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        assert [each.value for each in found] == [None, None]
        assert all(each.note for each in found)
        return

    expected = [stats.pearsonr(one, other), stats.spearmanr(one, other)]

    assert [each.value for each in found] == pytest.approx(
        [each.statistic for each in expected], abs=1e-12
    )
    if len(one) > 3 and abs(found[0].value) < 1 - 1e-9:
        ends = expected[0].confidence_interval(0.95)
        assert [found[0].low, found[0].high] == pytest.approx(ends, abs=1e-9)


@pytest.mark.parametrize("shift", [1e-3, 1.0, 1e6])
def test_pearson_stands_a_shift_and_a_scale(shift):
    one, other = correlated(50, 0.7, seed=1)

    found = pearson(one * shift * 1e-3 + shift, other)

    assert found.value == pytest.approx(stats.pearsonr(one, other).statistic, abs=1e-6)


@pytest.mark.parametrize("rho", [0.2, 0.8])
def test_the_interval_of_spearman_holds_the_true_one(rho):
    # Of two normal variables: 6/pi times the arc sine of half of Pearson's.
    true = 6 / np.pi * np.arcsin(rho / 2)

    found = [spearman(*correlated(50, rho, seed)) for seed in range(800)]
    held = np.mean([one.low <= true <= one.high for one in found])

    # Bonett and Wright's table 2 has 94 to 96 % with 50 rows.
    assert held == pytest.approx(0.95, abs=0.024)


@given(COLUMNS)
@settings(max_examples=120, deadline=None)
@pytest.mark.filterwarnings("error")
def test_lins_concordance_is_what_is_lost_of_the_distance_by_chance(columns):
    one, other = columns
    found = lin(one, other)
    if not len(one) or (np.ptp(np.concatenate([one, other])) == 0):
        assert found.value is None
        return

    # 1 - E(x - y)² over what it would be were both independent: the mean over all pairs of rows.
    by_chance = np.mean(np.subtract.outer(one, other) ** 2)
    expected = 1 - np.mean((one - other) ** 2) / by_chance

    assert found.value == pytest.approx(expected, abs=1e-9)
    assert found.low is not None or found.note


def test_the_interval_of_lins_concordance_is_the_formula_of_2000():
    one, other = correlated(40, 0.8, seed=3)
    other = 1.5 * other + 0.4
    r, n = np.corrcoef(one, other)[0, 1], 40
    s1, s2 = one.std(), other.std()
    rho = 2 * r * s1 * s2 / (s1**2 + s2**2 + (one.mean() - other.mean()) ** 2)
    u = (one.mean() - other.mean()) / np.sqrt(s1 * s2)

    # Lin, Biometrics 2000;56:324-325, of the inverse hyperbolic tangent.
    variance = (
        (1 - r**2) * rho**2 / ((1 - rho**2) * r**2)
        + 2 * rho**3 * (1 - rho) * u**2 / (r * (1 - rho**2) ** 2)
        - rho**4 * u**4 / (2 * r**2 * (1 - rho**2) ** 2)
    ) / (n - 2)
    ends = np.tanh(np.arctanh(rho) + np.array([-1, 1]) * 1.959964 * np.sqrt(variance))
    found = lin(one, other)

    assert found.value == pytest.approx(rho)
    assert [found.low, found.high] == pytest.approx(ends, rel=1e-6)


def test_the_interval_of_lins_concordance_holds_the_true_one():
    # Deviations 1 and 1.2, means 0 and 0.3, correlation 0.8.
    true, held = 2 * 0.8 * 1.2 / (1 + 1.44 + 0.09), []

    for seed in range(800):
        one, other = correlated(60, 0.8, seed)
        found = lin(one, 1.2 * other + 0.3)
        held.append(found.low <= true <= found.high)

    assert np.mean(held) == pytest.approx(0.95, abs=0.024)


def test_lin_is_defined_without_any_correlation():
    found = lin([0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0])

    assert found.value == 0
    assert found.low == pytest.approx(-found.high)


def test_the_same_volumes_are_1_without_an_interval():
    found = lin([1.0, 2.0, 5.0], [1.0, 2.0, 5.0])

    assert (found.value, found.low) == (1, None)
    assert found.note == "no interval: at 1"


def test_rows_that_are_patients_have_closed_intervals():
    true, predicted = np.abs(correlated(30, 0.9, seed=5))

    found = concordance(volume_pairs(true, predicted), rng=np.random.default_rng(1))

    assert tuple(found) == CONCORDANCE
    assert [one.method for one in found.values()] == [
        *("Fisher z", "Bonett-Wright", "Lin z", "F distribution")
    ]


def test_patients_with_several_rows_are_drawn_whole():
    true, predicted = np.abs(correlated(40, 0.9, seed=6))
    once = volume_pairs(true, predicted)
    again = (np.tile(true, 3), np.tile(predicted, 3))
    thrice = volume_pairs(*again, patients=[*range(40)] * 3)

    alone = concordance(once, rng=np.random.default_rng(1))
    found = concordance(thrice, rng=np.random.default_rng(1), samples=400)

    for name in ("pearson", "spearman", "lin"):
        assert found[name].value == pytest.approx(alone[name].value)
        assert "by patient" in found[name].method
        # Told three times, they are no surer. Rows alone would be by sqrt(3).
        widths = [one.high - one.low for one in (found[name], alone[name])]
        assert widths[0] > 0.7 * widths[1]
    assert found["icc"].value == pytest.approx(intraclass(np.stack(again, axis=1))["icc_2_1"].value)


def test_samples_are_those_of_the_rows_taken_as_often_as_they_come():
    # Ties within and between patients.
    rng = np.random.default_rng(8)
    true = rng.integers(0, 6, 60).astype(float)
    predicted = true + rng.integers(0, 3, 60)
    pairs = volume_pairs(true, predicted, patients=np.arange(60) // 3)
    rows = [np.repeat(np.arange(60), row[pairs.patients]) for row in draw(20, 300, chance())]

    found = concordance(pairs, rng=chance(), samples=300)
    samples = {
        "pearson": [stats.pearsonr(true[i], predicted[i]).statistic for i in rows],
        "spearman": [stats.spearmanr(true[i], predicted[i]).statistic for i in rows],
        "lin": [lin(true[i], predicted[i]).value for i in rows],
        "icc": [
            intraclass(np.stack([true[i], predicted[i]], axis=1))["icc_2_1"].value for i in rows
        ],
    }

    for name, one in samples.items():
        expected = interval_of(found[name].value, one, patients=20)
        assert [found[name].low, found[name].high] == pytest.approx([expected.low, expected.high])


@pytest.mark.parametrize("of", [pearson, spearman, lin])
def test_columns_of_other_lengths_and_missing_numbers_are_refused(of):
    with pytest.raises(ValueError, match="one length"):
        of([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="finite"):
        of([1.0, np.nan], [1.0, 2.0])
