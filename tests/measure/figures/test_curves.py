import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_score,
    recall_score,
    roc_auc_score,
)

from headct.measure.counts.confusion import Confusion, count
from headct.measure.curves.decision import net_benefit
from headct.measure.curves.precision_recall import precision_recall
from headct.measure.curves.roc import roc
from headct.measure.estimate import Estimate
from headct.measure.figures.curves import (
    Marked,
    PrecisionRecallSeries,
    RocSeries,
    decision_figure,
    precision_recall_figure,
    roc_figure,
)
from headct.measure.figures.style import COLOURS

RNG = np.random.default_rng(11)
TRUTH = RNG.random(300) < 0.3
SCORES = np.round(1 / (1 + np.exp(-(RNG.normal(size=300) + 1.5 * TRUTH - 1))), 2)
CALLED = SCORES >= 0.5
AREA = Estimate(0.9, 0.8, 0.95, "DeLong")


def test_the_roc_line_encloses_the_area_of_scikit_learn(heading, line):
    drawn = roc_figure([RocSeries("A", roc(TRUTH, SCORES), AREA)], heading)

    along, up = line(drawn, "A: AUC").T

    assert np.trapezoid(up, along) == pytest.approx(roc_auc_score(TRUTH, SCORES), abs=0.001)


def test_the_precision_line_encloses_the_average_precision_of_scikit_learn(heading, line):
    series = PrecisionRecallSeries("A", precision_recall(TRUTH, SCORES), AREA)
    drawn = precision_recall_figure([series], heading)

    along, up = line(drawn, "A: average").T

    expected = average_precision_score(TRUTH, SCORES)
    assert np.trapezoid(up, along) == pytest.approx(expected, abs=0.001)


def test_a_mark_lies_where_its_counts_say(heading, line):
    marks = [Marked("at 0.5", count(TRUTH, CALLED))]
    on_roc = roc_figure([RocSeries("A", roc(TRUTH, SCORES), AREA, marks)], heading)
    series = PrecisionRecallSeries("A", precision_recall(TRUTH, SCORES), AREA, marks)
    on_precision = precision_recall_figure([series], heading)

    (tn, fp), (fn, tp) = confusion_matrix(TRUTH, CALLED)

    assert line(on_roc, "at 0.5").tolist() == [[fp / (fp + tn), tp / (tp + fn)]]
    expected = [recall_score(TRUTH, CALLED), precision_score(TRUTH, CALLED)]
    assert line(on_precision, "at 0.5")[0] == pytest.approx(expected)


def test_a_mark_that_has_no_place_is_left_out(heading, said):
    nothing_called = [Marked("at 1", Confusion(0, 0, 90, 210))]
    series = PrecisionRecallSeries("A", precision_recall(TRUTH, SCORES), AREA, nothing_called)
    drawn = precision_recall_figure([series], heading)

    texts = said(drawn)

    assert "at 1" not in texts
    assert any(text.startswith("A: average precision") for text in texts)


def test_areas_stand_in_the_legend_with_their_intervals(heading, said):
    series = [
        RocSeries("A", roc(TRUTH, SCORES), AREA),
        RocSeries("B", roc(TRUTH, -SCORES), Estimate(None, note="none")),
    ]

    texts = said(roc_figure(series, heading))

    assert "A: AUC 0.900 (0.800 to 0.950)" in texts
    assert "B: AUC not defined" in texts
    assert "ROC curve: subdural\n40 patients (12 positive); 95 % intervals\ntest" in texts


def test_calling_at_random_is_drawn_beside(heading, line):
    series = PrecisionRecallSeries("A", precision_recall(TRUTH, SCORES), AREA)

    across = line(precision_recall_figure([series, series], heading), "calling at random")
    diagonal = line(roc_figure([], heading), "calling at random")

    assert across[:, 1] == pytest.approx(TRUTH.mean())
    assert diagonal.tolist() == [[0, 0], [1, 1]]


def test_labels_of_other_shares_have_lines_of_their_own_and_one_name(heading):
    rare = PrecisionRecallSeries("B", precision_recall(TRUTH & CALLED, SCORES), AREA)
    series = [PrecisionRecallSeries("A", precision_recall(TRUTH, SCORES), AREA), rare]
    drawn = precision_recall_figure(series, heading)

    lines = [one.get_ydata() for one in drawn.axes[0].lines]
    across = sorted(float(one[0]) for one in lines if len(one) == 2 and one[0] == one[1])

    assert across == pytest.approx([(TRUTH & CALLED).mean(), TRUTH.mean()])
    named = [text.get_text() for text in drawn.legends[0].get_texts()]
    assert [text for text in named if "random" in text] == ["calling at random, each in its colour"]
    colours = {one.get_color() for one in drawn.axes[0].lines if one.get_label()[0] == "_"}
    assert colours == {COLOURS[0], COLOURS[1]}


def test_every_model_has_its_line_and_its_marks_its_colour(heading):
    marks = [Marked("low", count(TRUTH, SCORES >= 0.2)), Marked("high", count(TRUTH, CALLED))]
    series = [RocSeries(name, roc(TRUTH, SCORES), AREA, marks) for name in "ABC"]
    drawn = roc_figure(series, heading)

    lines = drawn.axes[0].lines[1:]
    colours = [one.get_color() for one in lines]
    markers = [one.get_marker() for one in lines if one.get_marker() != "None"]

    assert colours == [colour for colour in dict.fromkeys(colours) for _ in range(3)]
    assert len(set(colours)) == 3
    assert markers == markers[:2] * 3
    assert markers[0] != markers[1]


def test_net_benefit_is_drawn_beside_that_of_everybody_and_nobody(heading, line):
    drawn = decision_figure({"A": net_benefit(TRUTH, SCORES)}, heading)

    model, everybody = line(drawn, "A"), line(drawn, "everybody")

    # Vickers and Elkin 2006: true positives less false ones by the odds, for each case.
    at = 0.5
    tp, fp = (TRUTH & CALLED).sum(), (~TRUTH & CALLED).sum()
    assert model[np.isclose(model[:, 0], at), 1] == pytest.approx((tp - fp) / 300)
    expected = TRUTH.mean() - (1 - TRUTH.mean())
    assert everybody[np.isclose(everybody[:, 0], at), 1] == pytest.approx(expected)
    assert (line(drawn, "nobody")[:, 1] == 0).all()


def test_the_decision_axis_shows_all_of_a_model_that_does_little_harm(heading, said):
    curve = net_benefit(TRUTH, TRUTH * 0.8 + 0.1)
    drawn = decision_figure({"A": curve}, heading)

    low, high = drawn.axes[0].get_ylim()

    assert high > TRUTH.mean()
    assert -0.2 * high < low < curve.model.min()
    assert not any("below the axis" in text for text in said(drawn))


def test_a_model_that_does_much_harm_is_cut_and_named(heading, said):
    curve = net_benefit(TRUTH, np.where(TRUTH, 0.2, 0.99))
    drawn = decision_figure({"A": curve}, heading)

    low, high = drawn.axes[0].get_ylim()

    assert curve.model.min() < low
    assert low == pytest.approx(-0.5 * high / 1.08)
    assert "A, goes on below the axis" in said(drawn)


def test_a_stated_prevalence_is_in_the_title(heading):
    curves = {"A": net_benefit(TRUTH, SCORES, prevalence=0.05)}

    titles = [
        decision_figure(curves, heading, is_stated=one).get_suptitle() for one in (True, False)
    ]

    assert titles[0].replace("\n", " ").startswith("Decision curve at a prevalence of 0.05: sub")
    assert titles[1].startswith("Decision curve: subdural")


def test_a_decision_without_positives_is_drawn(heading):
    nobody = net_benefit(np.zeros(20, np.bool_), np.linspace(0, 1, 20))

    drawn = decision_figure({"A": nobody}, heading)

    assert drawn.axes[0].get_ylim()[1] > 0


def test_a_decision_without_models_is_refused(heading):
    with pytest.raises(ValueError, match="one curve or more"):
        decision_figure({}, heading)
