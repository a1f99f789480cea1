import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics

from headct.measure.counts.averages import averages, counts_of_labels
from headct.measure.counts.clustered import clustered_scores
from headct.measure.counts.confusion import count_by_patient
from headct.measure.counts.scores import SCORES
from headct.measure.outcomes import UNKNOWN

TABLES = st.tuples(st.integers(0, 25), st.integers(1, 4)).flatmap(
    lambda shape: st.tuples(
        arrays(np.int8, shape, elements=st.sampled_from([UNKNOWN, 0, 1])),
        arrays(np.bool_, shape),
        arrays(np.int64, shape[0], elements=st.integers(0, 5)),
    )
)


def chance(seed=1):
    return np.random.default_rng(seed)


def table(rows=300, labels=5, seed=2):
    """Truth and calls of labels from frequent to rare, of 40 patients."""
    rng = chance(seed)
    truth = (rng.random((rows, labels)) < np.linspace(0.5, 0.1, labels)).astype(np.int8)
    called = (truth == 1) ^ (rng.random((rows, labels)) < 0.2)
    return truth, called, np.sort(rng.integers(0, 40, rows))


def test_averages_are_those_of_scikit_learn():
    truth, called, patients = table()

    found = averages(truth, called, patients, rng=chance(), samples=100)

    for kind in ("micro", "macro"):
        expected = {
            "sensitivity": metrics.recall_score(truth, called, average=kind),
            "ppv": metrics.precision_score(truth, called, average=kind),
            "f1": metrics.f1_score(truth, called, average=kind),
            "specificity": metrics.recall_score(1 - truth, ~called, average=kind),
            "npv": metrics.precision_score(1 - truth, ~called, average=kind),
        }
        for name, value in expected.items():
            assert found[f"{kind} {name}"].value == pytest.approx(value, abs=1e-9)
    by_label = [metrics.matthews_corrcoef(truth[:, i], called[:, i]) for i in range(5)]
    assert found["macro mcc"].value == pytest.approx(np.mean(by_label), abs=1e-9)
    assert found["micro mcc"].value == pytest.approx(
        metrics.matthews_corrcoef(truth.ravel(), called.ravel()), abs=1e-9
    )


@given(TABLES)
@settings(max_examples=100, deadline=None)
def test_every_average_has_an_interval_or_a_reason(tables):
    found = averages(*tables, rng=chance(), samples=50)

    assert tuple(found) == tuple(f"{kind} {name}" for kind in ("micro", "macro") for name in SCORES)
    assert all(one.note or one.low is not None for one in found.values())


def test_rows_that_are_not_known_count_for_nothing():
    truth, called, patients = table()
    truth[10:60, 2] = UNKNOWN

    counts = counts_of_labels(truth, called, patients)

    known = np.r_[0:10, 60:300]
    alone = count_by_patient(truth[known, 2] == 1, called[known, 2], patients[known])
    assert counts[:, 2].sum(axis=0).tolist() == alone.sum(axis=0).tolist()
    assert counts[:, 1].sum() == 300


def test_one_label_is_its_own_average():
    truth, called, patients = table(labels=1)
    alone = clustered_scores(truth[:, 0] == 1, called[:, 0], patients, rng=chance())

    found = averages(truth, called, patients, rng=chance())

    for name in SCORES:
        assert found[f"micro {name}"] == alone[name]
        assert found[f"macro {name}"] == alone[name]


def test_a_label_without_positives_has_no_part_in_macro_sensitivity():
    truth, called, patients = table()
    expected = metrics.recall_score(truth[:, :4], called[:, :4], average="macro")
    truth[:, 4] = 0

    found = averages(truth, called, patients, rng=chance(), samples=100)

    assert found["macro sensitivity"].value == pytest.approx(expected, abs=1e-9)
    assert "mean of the 4 of 5 labels for which it is defined" in found["macro sensitivity"].note
    assert "labels" not in found["macro specificity"].note


def test_labels_that_are_copies_make_the_micro_average_no_surer():
    truth, called, patients = table(labels=1)
    alone = averages(truth, called, patients, rng=chance())

    found = averages(np.repeat(truth, 6, 1), np.repeat(called, 6, 1), patients, rng=chance())

    for name in ("micro sensitivity", "macro specificity", "micro f1"):
        assert found[name].low == pytest.approx(alone[name].low)
        assert found[name].high == pytest.approx(alone[name].high)


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="two tables of one shape"):
        averages(np.zeros((3, 2), np.int8), np.zeros((3, 1), bool), None, rng=chance())
