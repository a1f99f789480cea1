import numpy as np
import pytest

from headct.measure.volume.beside import beside_abc2
from headct.measure.volume.errors import size_classes
from headct.measure.volume.pairs import volume_pairs


def chance():
    return np.random.default_rng(3)


def test_abc2_is_set_beside_the_prediction_on_the_rows_that_have_both():
    true = [5.0, 10.0, 30.0, 60.0, 80.0]
    predicted = [6.0, 10.0, 28.0, 60.0, 0.0]
    abc2 = [7.0, 10.0, 35.0, 80.0, None]

    found = beside_abc2(volume_pairs(true, predicted, abc2_ml=abc2), size_classes(), rng=chance())

    # Off by 1, 0, 2, 0 mL; and by 2, 0, 5, 20.
    assert [one.rows for one in found] == [4, 0, 2, 1, 1]
    assert found[0].predicted["mae_ml"].value == pytest.approx(3 / 4)
    assert found[0].abc2["mae_ml"].value == pytest.approx(27 / 4)
    assert found[0].difference_ml.value == pytest.approx(24 / 4)
    assert [one.difference_ml.value for one in found[1:]] == [None, 0.5, 3, 20]


def test_a_difference_of_paired_errors_is_surer_than_both():
    rng = np.random.default_rng(2)
    true = rng.gamma(2, 15, 60)
    shared = rng.normal(0, 4, 60)
    predicted, abc2 = (np.abs(true + shared + rng.normal(1, 0.3, 60) * i) for i in (1, 2))

    found = beside_abc2(volume_pairs(true, predicted, abc2_ml=abc2), (), rng=chance())[0]

    off = np.abs(abc2 - true).mean() - np.abs(predicted - true).mean()
    widths = [one.high - one.low for one in (found.difference_ml, found.abc2["mae_ml"])]
    assert found.difference_ml.value == pytest.approx(off)
    assert widths[0] < widths[1]


def test_without_abc2_there_is_nothing_to_set_beside():
    assert beside_abc2(volume_pairs([1.0], [1.0]), size_classes(), rng=chance()) == ()
