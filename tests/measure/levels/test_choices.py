import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from headct.measure.levels.choices import (
    Learned,
    Max,
    NoisyOr,
    TopMean,
    Vote,
    parse_aggregation,
)
from headct.measure.levels.slices import ranked

CHOICES = (
    Vote(3),
    Vote(2, 0.35),
    Max(),
    TopMean(4),
    NoisyOr(),
    Learned(-2.5, (1, 4), (3.0, 1e20)),
    Learned(-1e-7, (2,), (0.0,)),
)
SCORES = st.lists(
    st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1)), min_size=1, max_size=12
)


def of(choice, scores):
    return choice(ranked(np.array(scores), np.zeros(len(scores), int)))[0]


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_a_choice_can_be_written_down_and_read_again(choice):
    assert parse_aggregation(str(choice)) == choice
    assert eval(repr(choice)) == choice


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("vote:3@0.5", Vote(3, 0.5)),
        ("vote:12", Vote(12, 0.5)),
        (" max ", Max()),
        ("top-mean:5", TopMean(5)),
        ("noisy-or", NoisyOr()),
        ("learned:-2.0+3.5*1+0.25*4", Learned(-2.0, (1, 4), (3.5, 0.25))),
    ],
)
def test_a_choice_is_written_as_the_command_takes_it(text, choice):
    assert parse_aggregation(text) == choice


@pytest.mark.parametrize(
    "text",
    [
        *("", "mean", "vote", "vote:0", "vote:3@0", "vote:3@1.5", "vote:3@", "vote:x", "max:3"),
        *("top-mean", "top-mean:0", "noisy-or:1", "learned", "learned:1", "learned:1+2*x"),
        *("learned:1+-2*1", "learned:nan+1*1"),
    ],
)
def test_what_is_no_choice_is_refused_with_those_there_are(text):
    with pytest.raises(
        ValueError, match=r"vote:3@0\.5, max, top-mean:SLICES, noisy-or, or with .* learned, got"
    ):
        parse_aggregation(text)


@given(scores=SCORES, slices=st.integers(1, 15), threshold=st.sampled_from([0.3, 0.5, 1.0]))
@settings(max_examples=80, deadline=None)
def test_a_vote_is_won_where_so_many_slices_reach_the_threshold(scores, slices, threshold):
    won = sum(score >= threshold for score in scores) >= slices

    assert (of(Vote(slices, threshold), scores) >= threshold) == won


@given(scores=SCORES, slices=st.integers(1, 15))
@settings(max_examples=50, deadline=None)
def test_each_choice_is_what_it_says(scores, slices):
    falling = sorted(scores, reverse=True)
    padded = [*falling, *[0] * 15]

    assert of(Max(), scores) == max(scores)
    assert of(TopMean(slices), scores) == pytest.approx(np.mean(falling[:slices]))
    assert of(NoisyOr(), scores) == pytest.approx(1 - np.prod(1 - np.array(scores)))
    learned = Learned(-1.0, (1, slices + 1), (2.0, 0.5))
    assert of(learned, scores) == pytest.approx(expit(-1 + 2 * padded[0] + 0.5 * padded[slices]))


@pytest.mark.parametrize("choice", CHOICES, ids=str)
@given(scores=SCORES, data=st.data())
@settings(max_examples=50, deadline=None)
def test_a_slice_that_rises_never_lowers_its_study(choice, scores, data):
    raised = list(scores)
    place = data.draw(st.integers(0, len(scores) - 1))
    raised[place] = data.draw(st.floats(scores[place], 1))

    before, after = of(choice, scores), of(choice, raised)

    assert 0 <= before <= after + 1e-15 <= 1 + 2e-15


def test_small_suspicions_keep_their_digits():
    assert of(NoisyOr(), [1e-18] * 3) == pytest.approx(3e-18)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Vote(0),
        lambda: Vote(1, 0.0),
        lambda: TopMean(0),
        lambda: Learned(0.0, (), ()),
        lambda: Learned(0.0, (1, 1), (1.0, 1.0)),
        lambda: Learned(0.0, (0,), (1.0,)),
        lambda: Learned(0.0, (1, 2), (1.0,)),
        lambda: Learned(0.0, (1,), (-1.0,)),
        lambda: Learned(np.nan, (1,), (1.0,)),
    ],
)
def test_a_choice_that_makes_no_sense_cannot_be(make):
    with pytest.raises(ValueError, match="expected"):
        make()
