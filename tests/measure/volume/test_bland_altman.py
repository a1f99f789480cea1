import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from headct.measure.volume.bland_altman import bland_altman, limit_factors
from headct.measure.volume.pairs import VolumePairs, volume_pairs

# Peak expiratory flow of 17 people, L/min: first readings of the large and the mini meter.
# Bland and Altman, Lancet 1986;327:307-310, table 1.
LARGE = (494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427)
MINI = (512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451)

# Cardiac ejection fraction of the first 4 of 12 subjects, by radionuclide ventriculography and by
# impedance cardiography. Bland and Altman, J Biopharm Stat 2007;17:571-582, table 1.
RV = (
    *(7.83, 7.42, 7.89, 7.12, 7.88, 6.16, 7.26, 6.71, 6.54, 4.75, 5.24, 4.86, 4.78, 6.05, 5.42),
    *(4.21, 3.61, 3.72, 3.87, 3.92),
)
IC = (
    *(6.57, 5.62, 6.90, 6.57, 6.35, 4.06, 4.29, 4.26, 4.09, 4.71, 5.50, 5.08, 5.02, 6.01, 5.67),
    *(4.14, 4.20, 4.61, 4.68, 5.04),
)
SUBJECTS = np.repeat([1, 2, 3, 4], [5, 4, 6, 5])

VOLUMES = st.integers(0, 25).flatmap(
    lambda rows: st.tuples(
        arrays(np.float64, rows, elements=st.sampled_from([0.0, 0.5, 1.0, 3.0, 1e3])),
        arrays(np.float64, rows, elements=st.sampled_from([0.0, 0.5, 1.0, 3.0, np.nan])),
        arrays(np.int64, rows, elements=st.integers(0, 8)),
    )
)


def cohort(patients=40, rows=(1, 1), seed=1) -> VolumePairs:
    """Volumes with an error of their patient and one of their row."""
    rng = np.random.default_rng(seed)
    whose = np.repeat(np.arange(patients), rng.integers(rows[0], rows[1] + 1, patients))
    true = rng.gamma(2, 15, len(whose)) + 40
    error = rng.normal(1, 3, patients)[whose] + rng.normal(0, 2, len(whose))
    return volume_pairs(true, true + error, patients=whose)


def test_the_peak_flow_meters_agree_as_bland_and_altman_found():
    found = bland_altman(volume_pairs(MINI, LARGE), limits="approximate")

    # Lancet 1986: bias -2.1, from -22.0 to 17.8, deviation 38.8. (Its limits take 2 for 1.96.)
    assert found.bias.value == pytest.approx(-2.1, abs=0.05)
    assert found.deviation == pytest.approx(38.8, abs=0.05)
    assert [found.bias.low, found.bias.high] == pytest.approx([-22.0, 17.8], abs=0.1)


def test_an_approximate_interval_is_that_of_1999():
    found = bland_altman(volume_pairs(MINI, LARGE), limits="approximate")
    off = np.subtract(LARGE, MINI)

    # Stat Methods Med Res 1999, section 2.3: variance of a limit s²(1/n + 1.96²/(2(n - 1))).
    reach = stats.t.ppf(0.975, 16) * off.std(ddof=1) * np.sqrt(1 / 17 + 1.959964**2 / 32)
    upper = off.mean() + 1.959964 * off.std(ddof=1)

    assert found.upper.value == pytest.approx(upper)
    assert [found.upper.low, found.upper.high] == pytest.approx([upper - reach, upper + reach])


@pytest.mark.parametrize(("rows", "factor"), [(10, 2.911), (20, 2.396), (30, 2.220)])
def test_exact_ends_are_the_published_one_sided_tolerance_factors(rows, factor):
    # 95 % of a normal distribution with 95 % confidence: Natrella, Experimental Statistics, NBS
    # Handbook 91, 1963, table A-7; ISO 16269-6. Two sides of 5 % make 90 %.
    assert limit_factors(rows, stats.norm.ppf(0.95), 0.9)[1] == pytest.approx(factor, abs=5e-4)


def test_exact_limits_hold_the_true_ones_19_times_in_20():
    rng, held = np.random.default_rng(2), []

    for _ in range(1200):
        found = bland_altman(volume_pairs(np.full(12, 50.0), 50 + rng.normal(0, 1, 12)))
        held.append(
            [
                found.lower.low <= -1.959964 <= found.lower.high,
                found.upper.low <= 1.959964 <= found.upper.high,
            ]
        )

    # Three standard errors of 1200 trials at 95 %.
    assert np.mean(held, axis=0) == pytest.approx([0.95, 0.95], abs=0.019)


def test_exact_and_approximate_ends_meet_with_many_rows():
    pairs = cohort(patients=20_000)

    exact, about = bland_altman(pairs), bland_altman(pairs, limits="approximate")

    width = exact.upper.high - exact.upper.low
    assert exact.upper.low == pytest.approx(about.upper.low, abs=0.01 * width)
    assert exact.upper.high == pytest.approx(about.upper.high, abs=0.01 * width)


def test_limits_of_subjects_measured_again_are_those_of_zou():
    found = bland_altman(volume_pairs(IC, RV, patients=SUBJECTS))

    # Zou, Stat Methods Med Res 2013;22:630-642, as R's SimplyAgree::agree_nest prints it.
    assert found.bias.value == pytest.approx(0.7255, abs=1e-4)
    assert [found.lower.value, found.upper.value] == pytest.approx([-2.14, 3.59], abs=0.005)
    assert [found.lower.low, found.lower.high] == pytest.approx([-9.83, -0.33], abs=0.01)
    assert [found.upper.low, found.upper.high] == pytest.approx([1.77, 11.27], abs=0.01)


@pytest.mark.slow
def test_limits_of_patients_measured_again_hold_the_true_ones():
    # Variance between 9 and within 4, bias 1: the upper limit is 1 + 1.96 sqrt(13).
    true, held = 1 + 1.959964 * np.sqrt(13), []

    for seed in range(1200):
        upper = bland_altman(cohort(patients=30, rows=(1, 6), seed=seed)).upper
        held.append(upper.low <= true <= upper.high)

    # Zou found 94 to 96 % by simulation.
    assert np.mean(held) == pytest.approx(0.95, abs=0.02)


def test_the_log_form_is_a_ratio_whatever_the_unit():
    pairs = cohort()
    litres = volume_pairs(pairs.true_ml / 1000, pairs.predicted_ml / 1000)
    logs = np.log(pairs.predicted_ml) - np.log(pairs.true_ml)

    found = bland_altman(pairs, form="log")

    assert found.unit == "ratio"
    assert found.bias.value == pytest.approx(stats.gmean(pairs.predicted_ml / pairs.true_ml))
    assert found.upper.value == pytest.approx(np.exp(logs.mean() + 1.959964 * logs.std(ddof=1)))
    assert found.bias.low < found.bias.value < found.bias.high
    again = bland_altman(litres, form="log")
    assert (again.lower.low, again.lower.high) == pytest.approx((found.lower.low, found.lower.high))


def test_the_percent_form_is_of_the_mean_of_both():
    found = bland_altman(volume_pairs([10.0, 30.0, 8.0], [30.0, 10.0, 8.0]), form="percent")

    # 20 over 20, -20 over 20, 0.
    assert found.differences.tolist() == pytest.approx([100, -100, 0])
    assert found.averages.tolist() == pytest.approx([20, 20, 8])
    assert found.bias.value == pytest.approx(0)


def test_volumes_of_0_are_left_out_where_the_form_cannot_use_them():
    pairs = volume_pairs([0.0, 0.0, 5.0, 7.0, 9.0, None], [0.0, 3.0, 0.0, 8.0, 9.0, 1.0])

    plain, log, percent = (
        bland_altman(pairs, form=form) for form in ("absolute", "log", "percent")
    )

    assert [len(one.differences) for one in (plain, log, percent)] == [5, 2, 4]
    assert [one.left_out for one in (plain, log, percent)] == [1, 4, 2]
    assert log.note == "left out: 3 in which a volume is 0 mL"
    assert percent.note == (
        "left out: 1 in which both volumes are 0 mL; at 200 %: 2 in which one volume is 0 mL"
    )


@pytest.mark.parametrize("rows", [(1, 1), (1, 6)])
def test_proportional_bias_is_that_of_statsmodels(rows):
    pairs = cohort(rows=rows)
    averages = (pairs.true_ml + pairs.predicted_ml) / 2
    model = sm.OLS(pairs.predicted_ml - pairs.true_ml, sm.add_constant(averages))
    clustered = {"cov_type": "cluster", "cov_kwds": {"groups": pairs.patients}, "use_t": True}

    fitted = model.fit() if pairs.rows_are_patients else model.fit(**clustered)
    found = bland_altman(pairs)

    assert found.slope.value == pytest.approx(fitted.params[1], rel=1e-9)
    assert [found.slope.low, found.slope.high] == pytest.approx(fitted.conf_int()[1], rel=1e-9)
    assert found.slope_p == pytest.approx(fitted.pvalues[1], rel=1e-9)


def test_a_prediction_that_grows_with_the_volume_has_a_slope():
    true = np.linspace(5, 80, 30)
    pairs = volume_pairs(true, 1.2 * true + np.tile([-1.0, 1.0], 15))

    found = bland_altman(pairs)

    # The difference is 0.2 of the true volume, which is the mean over 1.1.
    assert found.slope.value == pytest.approx(0.2 / 1.1, rel=0.02)
    assert found.slope_p < 1e-6
    assert bland_altman(pairs, form="log").bias.value == pytest.approx(1.2, rel=0.02)


@given(VOLUMES, st.sampled_from(["absolute", "log", "percent"]))
@settings(max_examples=120, deadline=None)
@pytest.mark.filterwarnings("error")
def test_every_figure_is_defined_or_says_why(volumes, form):
    true, predicted, patients = volumes

    found = bland_altman(volume_pairs(true, predicted, patients=patients), form=form)

    for one in (found.bias, found.lower, found.upper, found.slope):
        assert one.low is not None or one.note
    assert len(found.averages) == len(found.differences)
    assert len(found.differences) + found.left_out == len(true)


def test_one_row_one_patient_and_no_scatter_have_no_limits_or_no_interval():
    one_row = bland_altman(volume_pairs([5.0], [6.0]))
    one_patient = bland_altman(volume_pairs([5.0, 7.0], [6.0, 7.0], patients=[1, 1]))
    same = bland_altman(volume_pairs([5.0, 7.0, 9.0], [6.0, 8.0, 10.0]))

    assert (one_row.bias.value, one_row.lower.value, one_row.lower.note) == (1, None, "one row")
    assert (one_patient.bias.value, one_patient.upper.note) == (0.5, "one patient")
    assert (same.upper.value, same.upper.low, same.deviation) == (1, None, 0)
    assert bland_altman(volume_pairs([], [])).bias.value is None


def test_a_share_outside_0_to_1_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        bland_altman(cohort(), within=1.96)
