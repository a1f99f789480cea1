import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import directed_hausdorff
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_curve

from headct.measure.figures.thin import thinned

POINTS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=0, max_size=60)


def walked(along, up, step=1e-4):
    """Points on the line, no further apart than a step."""
    places = [
        np.linspace(one, other, max(2, int(np.hypot(*(other - one)) / step)))
        for one, other in zip(
            np.column_stack((along, up))[:-1], np.column_stack((along, up))[1:], strict=True
        )
    ]
    return np.concatenate(places)


@given(POINTS)
@settings(max_examples=60, deadline=None)
def test_no_point_lies_further_from_the_line_than_the_tolerance(points):
    along, up = np.array(points, dtype=np.float64).reshape(-1, 2).T

    kept = thinned(along, up, 0.05)

    assert len(kept[0]) <= len(points)
    if len(points) > 1:
        all_points = np.column_stack((along, up))
        assert directed_hausdorff(all_points, walked(*kept, 1e-3))[0] <= 0.05 + 1e-3


def test_the_ends_stay():
    along, up = np.linspace(0, 1, 100), np.linspace(0, 1, 100) ** 2

    kept_along, kept_up = thinned(along, up)

    assert (kept_along[0], kept_along[-1]) == (0, 1)
    assert (kept_up[0], kept_up[-1]) == (0, 1)


@pytest.mark.parametrize("share", [0.14, 0.001])
def test_the_roc_curve_of_many_rows_keeps_its_shape_in_a_thousand_points(share):
    rng = np.random.default_rng(3)
    truth = rng.random(200_000) < share
    scores = rng.normal(size=200_000) + 1.5 * truth
    along, up, _ = roc_curve(truth, scores)

    kept = thinned(along, up)

    assert len(kept[0]) < min(1000, len(along))
    assert auc(*kept) == pytest.approx(auc(along, up), abs=0.001)
    # Seen from a quarter turn a ROC curve is a function, whose height can be compared.
    at = np.linspace(0, 2, 4001)
    whole = np.interp(at, along + up, up - along)
    assert abs(np.interp(at, kept[0] + kept[1], kept[1] - kept[0]) - whole).max() < 0.002


def test_a_stepped_curve_keeps_its_area():
    rng = np.random.default_rng(4)
    truth = rng.random(5000) < 0.2
    scores = np.round(rng.normal(size=5000) + truth, 2)
    precision, recall, _ = precision_recall_curve(truth, scores)
    along, up = np.repeat(recall[::-1], 2)[1:-1], np.repeat(precision[::-1][1:], 2)

    kept = thinned(along, up)

    assert len(kept[0]) < 1000
    expected = average_precision_score(truth, scores)
    assert np.trapezoid(kept[1], kept[0]) == pytest.approx(expected, abs=0.001)


def test_a_line_that_comes_back_to_where_it_began_stays():
    along, up = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 0.0])

    kept = thinned(along, up)

    assert kept[0].tolist() == [0, 1, 0]
