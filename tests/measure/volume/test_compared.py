import numpy as np
import pytest

from headct.measure.volume.compared import compare_volumes
from headct.measure.volume.pairs import volume_pairs


def estimates(found):
    for one in found.agreement.values():
        yield from (one.bias, one.lower, one.upper, one.slope)
    yield from (*found.concordance.values(), *found.errors.values())
    for size in found.by_size:
        yield from size.errors.values()
    for curve in found.detection:
        yield from (*curve.sensitivity, *curve.specificity)
    for row in found.abc2:
        yield from (*row.predicted.values(), *row.abc2.values(), row.difference_ml)


@pytest.mark.parametrize("rows", [0, 1, 2, 50])
@pytest.mark.parametrize("repeats", [1, 3])
@pytest.mark.filterwarnings("error")
def test_every_figure_of_any_cohort_is_defined_or_says_why(rows, repeats):
    rng = np.random.default_rng(4)
    true = np.where(rng.random(rows * repeats) < 0.3, 0.0, rng.gamma(1, 25, rows * repeats))
    predicted = true * rng.lognormal(0, 0.3, len(true))
    patients = np.repeat(np.arange(rows), repeats)
    pairs = volume_pairs(true, predicted, patients=patients, abc2_ml=1.2 * true)

    found = compare_volumes(pairs, rng=np.random.default_rng(1), samples=100)

    assert all(one.low is not None or one.note for one in estimates(found))
    assert found.pairs is pairs
    assert len(found.abc2) == (5 if rows else 0)


def test_the_same_generator_gives_the_same_figures():
    pairs = volume_pairs([0.0, 3.0, 9.0, 40.0], [0.0, 4.0, 9.0, 35.0])

    found, again = (
        compare_volumes(pairs, rng=np.random.default_rng(8), samples=50) for _ in range(2)
    )

    assert list(estimates(found)) == list(estimates(again))
