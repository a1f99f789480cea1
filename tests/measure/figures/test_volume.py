import numpy as np
import pytest
from scipy.stats import linregress

from headct.measure.figures.volume import bland_altman_figure, volume_figure
from headct.measure.volume.bland_altman import bland_altman
from headct.measure.volume.pairs import volume_pairs

RNG = np.random.default_rng(13)
TRUE = np.exp(RNG.normal(2, 1, 60))
PREDICTED = TRUE * np.exp(RNG.normal(0.1, 0.2, 60))
PAIRS = volume_pairs(TRUE, PREDICTED)


def test_volumes_stand_over_the_true_ones_beside_identity(heading, line):
    drawn = volume_figure(PAIRS, heading)

    identity = drawn.axes[0].lines[-1].get_xydata()

    np.testing.assert_array_equal(line(drawn, "predicted"), np.column_stack((TRUE, PREDICTED)))
    assert (identity[:, 0] == identity[:, 1]).all()
    assert identity.max() == max(TRUE.max(), PREDICTED.max())
    assert drawn.axes[0].get_aspect() == 1


def test_another_method_is_drawn_where_it_was_measured(heading, line, said):
    abc2 = np.where(np.arange(60) < 5, TRUE * 1.3, np.nan)

    drawn = volume_figure(volume_pairs(TRUE, PREDICTED, abc2_ml=abc2), heading)

    assert line(drawn, "ABC/2").tolist() == [[one, one * 1.3] for one in TRUE[:5]]
    assert "ABC/2" not in said(volume_figure(PAIRS, heading))


def test_bias_and_limits_are_those_of_bland_and_altman(heading, line):
    drawn = bland_altman_figure(bland_altman(PAIRS), heading)

    difference = PREDICTED - TRUE
    mean, deviation = difference.mean(), difference.std(ddof=1)

    assert line(drawn, "bias")[0, 1] == pytest.approx(mean)
    assert line(drawn, "upper")[0, 1] == pytest.approx(mean + 1.959964 * deviation)
    assert line(drawn, "lower")[0, 1] == pytest.approx(mean - 1.959964 * deviation)
    expected = np.column_stack(((TRUE + PREDICTED) / 2, difference))
    np.testing.assert_allclose(drawn.axes[0].lines[0].get_xydata(), expected)


def test_the_legend_tells_figures_and_units(heading, said):
    texts = said(bland_altman_figure(bland_altman(PAIRS), heading))

    slope = linregress((TRUE + PREDICTED) / 2, PREDICTED - TRUE).slope
    mean = (PREDICTED - TRUE).mean()
    assert any(text.startswith(f"slope over the mean: {slope:.3f} (") for text in texts)
    assert any(text.startswith(f"bias: {mean:.1f} (") and text.endswith(" mL") for text in texts)


def test_small_volumes_are_told_with_the_digits_that_tell(heading, said):
    texts = said(bland_altman_figure(bland_altman(volume_pairs(TRUE / 1000, TRUE / 900)), heading))

    # The limit lies near -0.001 mL, which one decimal would make 0.
    lower = next(text for text in texts if text.startswith("lower limit"))
    assert "-" not in lower
    assert "\N{MINUS SIGN}0.00" in lower


def test_ratios_are_drawn_in_logarithms_around_one(heading, line, said):
    drawn = bland_altman_figure(bland_altman(PAIRS, form="log"), heading)

    axes, ratio = drawn.axes[0], PREDICTED / TRUE

    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert line(drawn, "bias")[0, 1] == pytest.approx(np.exp(np.log(ratio).mean()))
    assert {1.0} in [set(one.get_ydata()) for one in axes.lines]
    assert {"1", "1.5", "predicted / true"} <= set(said(drawn))


@pytest.mark.parametrize("form", ["absolute", "log"])
def test_an_interval_of_few_rows_leaves_the_points_to_be_seen(heading, said, form):
    pairs = volume_pairs([1e-6, 1e6], [1e6, 1e-6])
    drawn = bland_altman_figure(bland_altman(pairs, form=form), heading)

    ends = np.array(drawn.axes[0].get_ylim())
    differences = np.array([1e12, 1e-12]) if form == "log" else np.array([1e6, -1e6])
    on = np.log if form == "log" else np.asarray

    assert np.isfinite(ends).all()
    assert ends[0] < differences.min() < differences.max() < ends[1]
    # Two opposite values have a deviation of 1.41 of one: limits at 2.77, and as much beyond each.
    assert np.ptp(on(ends)) < 12 * on(differences.max())
    assert max(len(text) for text in said(drawn)) < 90


@pytest.mark.parametrize("spread", [1.05, 1.5, 6, 50, 1e4])
def test_ratios_can_be_read_off_however_wide_they_spread(heading, spread):
    true = np.array([10.0, 10.0, 10.0, 10.0])
    pairs = volume_pairs(true, true * [1, spread, 1 / spread, 1])
    axes = bland_altman_figure(bland_altman(pairs, form="log"), heading).axes[0]

    low, high = axes.get_ylim()
    figures = [one for one in axes.get_yticks() if low <= one <= high]

    assert 2 <= len(figures) <= 12


@pytest.mark.parametrize("form", ["absolute", "log", "percent"])
@pytest.mark.parametrize("volumes", [([], []), ([3.0], [4.0]), ([0, 0], [0, 0]), ([2, 3], [2, 3])])
def test_what_has_no_limits_is_drawn_without(heading, said, form, volumes):
    measured = bland_altman(volume_pairs(*volumes), form=form)

    texts = said(bland_altman_figure(measured, heading))

    told = {"upper limit": measured.upper, "bias": measured.bias, "lower limit": measured.lower}
    for name, estimate in told.items():
        assert any(text.startswith(name) for text in texts) == (estimate.value is not None)


def test_no_volumes_are_drawn_as_an_empty_figure(heading, said):
    texts = said(volume_figure(volume_pairs([], []), heading))

    assert "true, mL" in texts


@pytest.mark.parametrize("rows", [100, 5000])
def test_only_many_points_become_pixels(heading, rows):
    volumes = np.linspace(1, 50, rows)
    drawn = volume_figure(volume_pairs(volumes, volumes), heading)

    assert drawn.axes[0].lines[0].get_rasterized() == (rows > 2000)
