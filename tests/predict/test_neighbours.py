import numpy as np
import pytest
from scipy import ndimage

from headct.predict.neighbours import MOST, check_share, with_neighbours


@pytest.mark.parametrize("share", [0.0, 0.2, MOST])
def test_each_slice_has_its_share_of_those_beside_it(share):
    odds = np.random.default_rng(5).normal(size=(7, 2))

    found = with_neighbours(odds, share)

    weights = [share, 1 - 2 * share, share]
    np.testing.assert_allclose(found, ndimage.convolve1d(odds, weights, axis=0, mode="nearest"))


def test_a_single_slice_stays_as_it_is():
    np.testing.assert_allclose(with_neighbours(np.array([[1.5, -2.0]]), MOST), [[1.5, -2.0]])


@pytest.mark.parametrize("share", [-0.1, 0.34, float("nan")])
def test_a_share_that_cannot_be_is_refused(share):
    with pytest.raises(ValueError, match=r"expected a share of 0 to 0\.33"):
        check_share(share)
