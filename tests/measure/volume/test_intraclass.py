import numpy as np
import pandas as pd
import pingouin
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from headct.measure.volume.intraclass import INTRACLASS, intraclass

# Four judges of six subjects: Shrout and Fleiss, Psychol Bull 1979;86:420-428, table 2.
JUDGES = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
)
TABLES = st.tuples(st.integers(2, 15), st.integers(2, 4)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(0, 6))
)


def peer(ratings):
    """ICC and interval of pingouin, in the order of INTRACLASS."""
    subjects, k = ratings.shape
    long = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(subjects), k),
            "rater": np.tile(np.arange(k), subjects),
            "rating": ratings.ravel(),
        }
    )
    # By default it rounds intervals to two digits.
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(pingouin.options, "round.column.CI95", None)
        table = pingouin.intraclass_corr(long, "subject", "rater", "rating")
    ends = np.array([list(map(float, each)) for each in table["CI95"]])
    return table["ICC"].to_numpy(dtype=float), ends


def test_the_judges_of_shrout_and_fleiss_agree_as_printed():
    found = intraclass(JUDGES)

    # 1979, table 4: .17, .29, .71, .44, .62, .91; intervals as R's psych::ICC prints them.
    expected = {
        "icc_1_1": (0.17, -0.133, 0.72),
        "icc_2_1": (0.29, 0.019, 0.76),
        "icc_3_1": (0.71, 0.342, 0.95),
        "icc_1_k": (0.44, -0.884, 0.91),
        "icc_2_k": (0.62, 0.071, 0.93),
        "icc_3_k": (0.91, 0.676, 0.99),
    }

    assert tuple(found) == INTRACLASS
    for name, printed in expected.items():
        one = found[name]
        assert [one.value, one.low, one.high] == pytest.approx(printed, abs=0.005)


@pytest.mark.parametrize(
    ("subjects", "k", "seed"), [(3, 2, 1), (6, 4, 2), (12, 3, 3), (40, 2, 4), (8, 5, 5), (10, 2, 6)]
)
@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_values_and_intervals_are_those_of_pingouin(subjects, k, seed):
    rng = np.random.default_rng(seed)
    ratings = rng.integers(0, 6, (subjects, k)) + rng.integers(0, 6, (subjects, 1)) * (seed % 3)
    values, ends = peer(ratings.astype(float))

    found = intraclass(ratings).values()

    assert [one.value for one in found] == pytest.approx(values, abs=1e-9)
    assert np.array([[one.low, one.high] for one in found]) == pytest.approx(ends, abs=1e-9)


def test_most_tables_have_every_interval():
    rng = np.random.default_rng(1)

    found = [intraclass(rng.normal(0, 1, (20, 3)) + rng.normal(0, 2, (20, 1))) for _ in range(50)]

    assert all(one.low is not None for each in found for one in each.values())


@given(TABLES)
@settings(max_examples=120, deadline=None)
@pytest.mark.filterwarnings("error")
def test_every_figure_is_defined_or_says_why(ratings):
    found = intraclass(ratings)

    assert all(one.low is not None or one.note for one in found.values())


def test_a_bias_between_raters_counts_for_agreement_alone():
    true = np.array([1.0, 4.0, 9.0, 20.0, 30.0])

    found = intraclass(np.stack([true, true + 10], axis=1))

    assert found["icc_3_1"].value == 1
    assert found["icc_3_1"].note.startswith("no interval")
    # Between 2 var(true), raters 5 * 50: (b - 0)/(b + 2 * 250/5).
    between = 2 * true.var(ddof=1)
    assert found["icc_2_1"].value == pytest.approx(between / (between + 2 * 250 / 5))


def test_a_subject_with_a_missing_measurement_is_left_out_and_counted():
    ratings = [*JUDGES.tolist(), [3, None, 4, 4]]

    found = intraclass(ratings)["icc_2_1"]

    assert found.value == pytest.approx(intraclass(JUDGES)["icc_2_1"].value)
    assert found.note == "1 of 7 subjects left out for a missing measurement"


@pytest.mark.parametrize("ratings", [np.ones((5, 2)), np.ones((1, 2)), np.ones((0, 2))])
def test_nothing_that_varies_has_no_intraclass_correlation(ratings):
    found = intraclass(ratings)

    assert {one.value for one in found.values()} == {None}


def test_one_rater_and_a_level_of_95_are_refused():
    with pytest.raises(ValueError, match="2 raters or more"):
        intraclass([[1], [2]])
    with pytest.raises(ValueError, match="between 0 and 1"):
        intraclass(JUDGES, level=95)
