import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score, confusion_matrix, recall_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa
from statsmodels.stats.multitest import multipletests

from headct.measure.agreement.readers import NETWORK, Readings, reader_study

NAMES = ("one", "two", "three")


def chance():
    return np.random.default_rng(9)


def called(truth, slip, seed):
    return (truth ^ (np.random.default_rng(seed).random(len(truth)) < slip)).astype(np.int8)


TRUTH = np.random.default_rng(1).random(120) < 0.4
CALLS = np.stack([called(TRUTH, slip, i) for i, slip in enumerate((0.05, 0.15, 0.25))], axis=1)
MACHINE = called(TRUTH, 0.08, 7)


def test_readers_and_the_network_are_scored_against_the_truth():
    found = reader_study(Readings.of(TRUTH, CALLS, NAMES), network=MACHINE, rng=chance())

    for reader, calls in zip((*found.readers, found.network), (*CALLS.T, MACHINE), strict=True):
        tn, fp, fn, tp = confusion_matrix(TRUTH, calls).ravel()
        ends = binomtest(int(tp), int(tp + fn)).proportion_ci(0.95, "exact")
        counts = reader.confusion
        assert (counts.tp, counts.fp, counts.fn, counts.tn) == (tp, fp, fn, tn)
        sensitivity = reader.scores["sensitivity"]
        assert (sensitivity.low, sensitivity.high) == pytest.approx((ends.low, ends.high))
    assert [one.name for one in found.readers] == list(NAMES)
    assert found.network.name == NETWORK


def test_agreement_of_readers_is_that_of_scikit_learn_and_statsmodels():
    found = reader_study(Readings.of(TRUTH, CALLS, NAMES), network=MACHINE, rng=chance())
    columns = dict(zip((*NAMES, NETWORK), (*CALLS.T, MACHINE), strict=True))

    assert len(found.pairs) == 6
    for pair in found.pairs:
        expected = cohen_kappa_score(columns[pair.first], columns[pair.second])
        assert pair.kappa.kappa == pytest.approx(expected)
    assert found.fleiss.kappa == pytest.approx(fleiss_kappa(aggregate_raters(CALLS)[0]))


def test_a_reader_beside_the_network_is_mcnemars_test_with_holms_correction():
    found = reader_study(Readings.of(TRUTH, CALLS, NAMES), network=MACHINE, rng=chance())
    beside = [each for reader in found.readers for each in reader.network]

    expected = []
    for calls in CALLS.T:
        for is_ill in (True, False):
            rows = is_ill == TRUTH
            right = [calls[rows] == is_ill, MACHINE[rows] == is_ill]
            table = [[np.sum((right[0] == a) & (right[1] == b)) for b in (1, 0)] for a in (1, 0)]
            expected.append(mcnemar(table, exact=True).pvalue)

    assert [each.score for each in beside] == ["sensitivity", "specificity"] * 3
    assert [each.test.p for each in beside] == pytest.approx(expected)
    adjusted = multipletests(expected, method="holm")[1]
    assert [each.adjusted_p for each in beside] == pytest.approx(adjusted)
    gap = recall_score(TRUTH, CALLS[:, 0]) - recall_score(TRUTH, MACHINE)
    assert beside[0].test.difference.value == pytest.approx(gap)


def test_the_consensus_of_the_others_leaves_out_ties():
    calls = np.array([[1, 1, 1], [1, 0, 0], [0, 1, 0], [1, 1, -1], [-1, 1, 1]], dtype=np.int8)

    found = reader_study(Readings.of(np.ones(5), calls, NAMES), rng=chance()).readers[0].consensus

    # Rows 1, 2 and 4 have a majority of the other two (in row 4 one of them alone), row 3 is a tie,
    # row 5 was not read: called 1, 1, 1 where they say 1, 0, 1.
    assert (found.rows, found.tied) == (3, 1)
    assert found.scores["sensitivity"].value == 1
    assert found.scores["specificity"].value == 0


def test_two_readers_have_no_consensus_and_one_no_agreement():
    two = reader_study(Readings.of(TRUTH, CALLS[:, :2], NAMES[:2]), rng=chance())
    one = reader_study(Readings.of(TRUTH, CALLS[:, :1], NAMES[:1]), rng=chance())

    assert {each.consensus for each in two.readers} == {None}
    assert (one.fleiss, one.pairs, one.network) == (None, (), None)


def test_rows_not_read_are_left_out_and_counted():
    calls = CALLS.copy()
    calls[:10, 1] = -1

    found = reader_study(Readings.of(TRUTH, calls, NAMES), network=MACHINE, rng=chance())

    assert [one.left_out for one in found.readers] == [0, 10, 0]
    assert found.readers[1].scores["sensitivity"].value == pytest.approx(
        recall_score(TRUTH[10:], calls[10:, 1])
    )
    assert found.pairs[0].kappa.kappa == pytest.approx(
        cohen_kappa_score(calls[10:, 0], calls[10:, 1])
    )
    assert found.pairs[0].kappa.left_out == 10
    assert found.fleiss.left_out == 10


def test_rows_told_thrice_make_nothing_surer_where_their_patients_are_known():
    whose = np.repeat(np.arange(120), 3)
    often = Readings.of(np.repeat(TRUTH, 3), np.repeat(CALLS, 3, axis=0), NAMES, patients=whose)

    once = reader_study(Readings.of(TRUTH, CALLS, NAMES), network=MACHINE, rng=chance())
    found = reader_study(often, network=np.repeat(MACHINE, 3), rng=chance())

    for reader, alone in zip(found.readers, once.readers, strict=True):
        widths = [
            one.scores["specificity"].high - one.scores["specificity"].low
            for one in (reader, alone)
        ]
        # Rows alone would make it narrower by sqrt(3).
        assert widths[0] > 0.75 * widths[1]
        assert reader.network[0].test.p == pytest.approx(alone.network[0].test.p)
    errors = [each.pairs[0].kappa.error for each in (found, once)]
    assert errors[0] == pytest.approx(errors[1], rel=0.01)


@pytest.mark.parametrize("truth", [np.ones(12), np.zeros(12), np.zeros(0)])
@pytest.mark.filterwarnings("error")
def test_one_kind_of_truth_or_none_is_not_an_error(truth):
    calls = np.tile([1, 0, 1], (len(truth), 1))

    found = reader_study(Readings.of(truth, calls, NAMES), network=calls[:, 0], rng=chance())

    for reader in found.readers:
        assert all(one.low is not None or one.note for one in reader.scores.values())


@pytest.mark.parametrize(
    ("calls", "names", "message"),
    [
        ([[1, 0]], ("a", "a"), "name of their own"),
        ([[1, 2]], ("a", "b"), "1, 0 or -1"),
        ([[1, 0], [1, 1]], ("a", "b"), "calls of 2 readers for each truth"),
    ],
)
def test_readings_that_do_not_fit_are_refused(calls, names, message):
    with pytest.raises(ValueError, match=message):
        Readings.of([True], calls, names)


def test_a_network_of_other_rows_is_refused():
    with pytest.raises(ValueError, match="for each truth"):
        reader_study(Readings.of(TRUTH, CALLS, NAMES), network=MACHINE[:3], rng=chance())
