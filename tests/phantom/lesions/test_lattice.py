import numpy as np
import pytest

from headct.phantom.lesions.lattice import lattice_around

BOX = (slice(9, 20), slice(14, 31), slice(8, 26))
SHAPE = (11, 17, 18)


def test_means_keep_what_a_field_holds():
    values = np.random.default_rng(0).random(SHAPE).astype(np.float32)

    means = lattice_around(BOX).means(values, BOX)

    # A node stands for 4 by 4 by 4 voxels.
    assert 64 * means.sum(dtype=float) == pytest.approx(values.sum(dtype=float), rel=1e-5)


def test_a_mean_is_that_of_the_voxels_around_its_node():
    values = np.random.default_rng(1).random(SHAPE).astype(np.float32)
    lattice = lattice_around(BOX)

    means = lattice.means(values, BOX)

    # The node at voxel (16, 20, 16): two voxels before it, itself, one after.
    around = values[16 - 9 - 2 : 16 - 9 + 2, 20 - 14 - 2 : 20 - 14 + 2, 16 - 8 - 2 : 16 - 8 + 2]
    at = tuple(
        voxel // 4 - nodes.start for voxel, nodes in zip((16, 20, 16), lattice.nodes, strict=True)
    )
    assert means[at] == pytest.approx(around.mean(), rel=1e-5)


def test_a_straight_field_is_read_straight():
    lattice = lattice_around(BOX)
    z, y, x = np.meshgrid(*[4.0 * np.arange(s.start, s.stop) for s in lattice.nodes], indexing="ij")

    read = lattice.read((z + 2 * y - x).astype(np.float32), BOX)

    fine = np.meshgrid(*[np.arange(s.start, s.stop) for s in BOX], indexing="ij")
    assert np.allclose(read, fine[0] + 2 * fine[1] - fine[2], atol=1e-3)
