from dataclasses import replace

import pytest

from headct.core.finding import Finding, Prediction
from headct.core.labels import LABELS

BLEED = Finding(label="subdural", present=True)


@pytest.mark.parametrize("label", LABELS)
def test_every_label_can_be_found_and_has_a_code(label):
    assert Finding(label=label, present=None).code.value


def test_an_unknown_label_is_refused_and_the_known_ones_named():
    with pytest.raises(ValueError, match=r"'tumour'.*any_hemorrhage.*leukoencephalopathy"):
        Finding(label="tumour", present=True)


@pytest.mark.parametrize("probability", [0.0, 0.5, 1.0, None])
def test_a_probability_from_0_to_1_is_accepted(probability):
    assert replace(BLEED, probability=probability).probability == probability


@pytest.mark.parametrize("probability", [-0.01, 1.01, float("nan")])
def test_any_other_probability_is_refused(probability):
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        replace(BLEED, probability=probability)


@pytest.mark.parametrize("volume_ml", [-0.1, float("nan"), float("inf")])
def test_a_volume_below_zero_or_beyond_number_is_refused(volume_ml):
    with pytest.raises(ValueError, match="not negative"):
        replace(BLEED, volume_ml=volume_ml)


@pytest.mark.parametrize(
    "interval", [(-1.0, 2.0), (3.0, 2.0), (float("nan"), 2.0), (2.5, 3.0), (1.0, float("inf"))]
)
def test_a_volume_interval_rises_from_zero_up_and_holds_its_volume(interval):
    with pytest.raises(ValueError, match="holds its volume"):
        replace(BLEED, volume_ml=2.0, volume_interval_ml=interval)


def test_present_must_agree_with_score_and_threshold():
    with pytest.raises(ValueError, match="contradicts"):
        replace(BLEED, present=True, score=0.2, threshold=0.5)


def test_slices_are_counted_from_zero():
    with pytest.raises(ValueError, match="counted from 0"):
        replace(BLEED, slices=(-1, 0))


def test_a_prediction_gives_the_finding_of_a_label():
    other = Finding(label="epidural", present=False)
    prediction = Prediction(method="classical", version="1", findings=(other, BLEED))

    assert prediction.finding("subdural") is BLEED


def test_a_label_that_was_not_asked_for_is_a_key_error():
    prediction = Prediction(method="classical", version="1", findings=(BLEED,))

    with pytest.raises(KeyError, match="epidural"):
        prediction.finding("epidural")
