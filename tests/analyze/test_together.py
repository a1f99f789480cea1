from dataclasses import replace

import numpy as np
import pytest

from headct.analyze.together import disagreement, measured_by, together
from headct.core.finding import Finding, Prediction
from headct.core.grid import Grid
from headct.core.labels import ANY_HEMORRHAGE, EPIDURAL, LEUKOENCEPHALOPATHY
from headct.core.volume import Heatmap, Mask

GRID = Grid.regular((1, 4, 4), (5.0, 1.0, 1.0))


def outlined(label):
    return Mask(np.ones(GRID.shape, np.uint8), GRID, (label,))


def finder(present):
    finding = Finding(ANY_HEMORRHAGE, present, volume_ml=28.0 if present else 0.0, abc2_ml=25.0)
    return Prediction("classical", "1", (finding,), outlined(ANY_HEMORRHAGE))


def network(present, label=ANY_HEMORRHAGE, mask=None):
    findings = (Finding(label, present, evidence=("seen",)), Finding(EPIDURAL, present))
    return Prediction("network", "1", findings, mask)


def test_what_both_find_is_measured_and_outlined_by_the_finder():
    answer = measured_by(network(True), classical := finder(True))

    finding = answer.finding(ANY_HEMORRHAGE)
    assert (finding.volume_ml, finding.abc2_ml) == (28.0, 25.0)
    assert finding.evidence == ("seen", "outlined and measured by the classical finder")
    assert answer.mask is classical.mask
    assert answer.finding(EPIDURAL).volume_ml is None
    assert answer.method == "network"


@pytest.mark.parametrize(("said", "checked"), [(True, False), (False, True), (None, True)])
def test_where_not_both_find_it_there_is_no_ml_and_the_outlines_stay(said, checked):
    answer = measured_by(network(said), classical := finder(checked))

    assert answer.finding(ANY_HEMORRHAGE).volume_ml is None
    assert answer.finding(ANY_HEMORRHAGE).present is said
    assert answer.mask is classical.mask


def test_a_network_that_draws_keeps_its_own():
    drawn = network(True, mask=outlined(EPIDURAL))

    assert measured_by(drawn, finder(True)) is drawn


def test_blood_measures_no_other_answer():
    other = network(True, LEUKOENCEPHALOPATHY)

    assert measured_by(other, finder(True)) is other
    assert not list(disagreement(other, finder(False)))


@pytest.mark.parametrize(
    ("said", "checked", "told"),
    [
        (True, False, "network finds hemorrhage and classical does not"),
        (False, True, "classical finds hemorrhage and network does not"),
    ],
)
def test_that_they_differ_is_told_whichever_leads(said, checked, told):
    (line,) = disagreement(network(said), finder(checked))
    assert list(disagreement(finder(checked), network(said))) == [line]

    assert line.startswith(told)


@pytest.mark.parametrize(("said", "checked"), [(True, True), (False, False), (None, True)])
def test_where_they_agree_or_nothing_was_decided_nothing_is_told(said, checked):
    assert not list(disagreement(network(said), finder(checked)))


def test_a_network_has_the_finder_as_cross_check_and_shows_where_it_looked():
    heatmap = Heatmap(np.ones(GRID.shape, np.float32), GRID, raw_peak=2.0)

    answer, other = together(classical := finder(True), replace(network(True), heatmap=heatmap))

    assert other is classical
    assert answer.method == "network"
    assert answer.heatmap is heatmap


def test_without_a_network_the_finder_stands_alone():
    assert together(classical := finder(True), None) == (classical, None)
