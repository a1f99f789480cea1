import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from headct.measure.calibration.curve import reliability
from headct.measure.figures.calibration import calibration_figure

RNG = np.random.default_rng(12)
SAID = RNG.random(500)
TRUTH = RNG.random(500) < SAID


def test_points_lie_where_scikit_learn_has_them(heading):
    drawn = calibration_figure({"A": reliability(TRUTH, SAID)}, heading)

    observed, predicted = calibration_curve(TRUTH, SAID, n_bins=10)
    points = drawn.axes[0].lines[1].get_xydata()

    np.testing.assert_allclose(points, np.column_stack((predicted, observed)), atol=1e-12)


def test_every_point_has_the_interval_it_was_given(heading):
    curve = reliability(TRUTH, SAID)
    drawn = calibration_figure({"A": curve}, heading)

    ends = drawn.axes[0].collections[0].get_segments()

    np.testing.assert_allclose([bar[:, 1].min() for bar in ends], curve.low)
    np.testing.assert_allclose([bar[:, 1].max() for bar in ends], curve.high)


def test_the_rows_of_each_group_stand_below(heading):
    drawn = calibration_figure({"A": reliability(TRUTH, SAID)}, heading)

    rows = drawn.axes[1].lines[0].get_ydata()

    assert rows.tolist() == np.histogram(SAID, np.linspace(0, 1, 11))[0].tolist()


def test_the_legend_tells_the_error_of_each_model(heading, said):
    curves = {"before": reliability(TRUTH, SAID), "after": reliability(TRUTH, SAID**2)}

    texts = said(calibration_figure(curves, heading))

    observed, predicted = calibration_curve(TRUTH, SAID, n_bins=10)
    count = np.histogram(SAID, np.linspace(0, 1, 11))[0]
    error = float(count @ abs(observed - predicted) / 500)
    assert f"before: expected error {error:.3f}" in texts
    assert any(text.startswith("after: expected error") for text in texts)


@pytest.mark.parametrize("truth", [True, False])
def test_shares_of_none_and_of_all_are_drawn(heading, truth):
    curve = reliability(np.full(30, truth), np.linspace(0, 1, 30))

    drawn = calibration_figure({"A": curve}, heading)

    assert set(drawn.axes[0].lines[1].get_ydata()) == {float(truth)}
