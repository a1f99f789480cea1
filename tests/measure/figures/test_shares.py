import numpy as np
import pytest

from headct.measure.estimate import Estimate
from headct.measure.figures.shares import detection_figure, vote_figure
from headct.measure.levels.vote import VoteCurve
from headct.measure.outcomes import Level
from headct.measure.volume.detection import DetectionCurve

VOTES = VoteCurve(
    level=Level.PATIENT,
    threshold=0.4,
    slices=np.array([1, 2, 3]),
    sensitivity=np.array([1.0, 0.8, 0.5]),
    sensitivity_low=np.array([0.7, 0.5, 0.2]),
    sensitivity_high=np.array([1.0, 0.95, 0.8]),
    specificity=np.array([0.6, 0.9, 1.0]),
    specificity_low=np.array([0.4, 0.7, 0.8]),
    specificity_high=np.array([0.75, 0.98, 1.0]),
    positives=10,
    negatives=20,
)
DETECTED = DetectionCurve(
    of="true",
    minimum_ml=np.array([0.1, 1.0, 10.0]),
    sensitivity=(Estimate(0.7, 0.5, 0.9), Estimate(0.9, 0.8, 1.0), Estimate(None, note="none")),
    specificity=(Estimate(0.8, 0.6, 0.9), Estimate(0.8), Estimate(0.8, 0.6, 0.9)),
    positives=np.array([30, 10, 0]),
    negatives=np.array([20, 20, 20]),
    between=np.array([0, 20, 30]),
)


def band(collection):
    """Lowest and highest of a band at each place along that it has."""
    corners = np.concatenate([path.vertices for path in collection.get_paths()])
    along = sorted(set(corners[:, 0]))
    return {
        x: (corners[corners[:, 0] == x, 1].min(), corners[corners[:, 0] == x, 1].max())
        for x in along
    }


def test_shares_over_votes_are_drawn_with_their_intervals(heading, line):
    drawn = vote_figure(VOTES, heading)

    sensitivity, specificity = (band(one) for one in drawn.axes[0].collections)

    assert line(drawn, "sensitivity").tolist() == [[1, 1.0], [2, 0.8], [3, 0.5]]
    assert line(drawn, "specificity").tolist() == [[1, 0.6], [2, 0.9], [3, 1.0]]
    assert sensitivity == {1: (0.7, 1.0), 2: (0.5, 0.95), 3: (0.2, 0.8)}
    assert specificity == {1: (0.4, 0.75), 2: (0.7, 0.98), 3: (0.8, 1.0)}


def test_the_number_that_was_chosen_is_marked(heading, line, said):
    drawn = vote_figure(VOTES, heading, chosen=2)

    assert set(line(drawn, "chosen")[:, 0]) == {2}
    assert "chosen: 2" in said(drawn)
    assert not any("chosen" in text for text in said(vote_figure(VOTES, heading)))


def test_the_title_tells_from_which_score_a_slice_votes(heading, said):
    texts = said(vote_figure(VOTES, heading))

    assert any(text.startswith("Slices of a score of 0.4 or more") for text in texts)


@pytest.mark.parametrize("points", [1, 3, 400])
def test_slices_are_counted_in_whole_numbers(heading, points):
    numbers = np.arange(1, points + 1)
    shares = {
        name: np.full(points, 0.5)
        for name in (
            *("sensitivity", "sensitivity_low", "sensitivity_high"),
            *("specificity", "specificity_low", "specificity_high"),
        )
    }
    curve = VoteCurve(Level.STUDY, 0.5, slices=numbers, positives=5, negatives=5, **shares)

    ticks = vote_figure(curve, heading).axes[0].get_xticks()

    assert all(float(tick).is_integer() for tick in ticks)


def test_what_is_not_defined_leaves_a_gap(heading, line):
    drawn = detection_figure(DETECTED, heading)

    sensitivity, specificity = (band(one) for one in drawn.axes[0].collections)

    np.testing.assert_array_equal(line(drawn, "sensitivity")[:, 1], [0.7, 0.9, np.nan])
    assert sensitivity == {0.1: (0.5, 0.9), 1.0: (0.8, 1.0)}
    assert 1.0 not in specificity


def test_volumes_are_named_in_ml_on_an_axis_of_ratios(heading, said):
    drawn = detection_figure(DETECTED, heading)

    texts = said(drawn)

    assert drawn.axes[0].get_xscale() == "log"
    assert {"0.1", "1", "10", "least true volume, mL"} <= set(texts)
