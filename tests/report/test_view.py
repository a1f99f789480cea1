from itertools import product

import numpy as np
import pytest

from headct.core.grid import Grid
from headct.report.view import view

X, Y, Z = np.eye(3)
IN_PLANE = [
    (sign_a * a, sign_b * b)
    for (a, b), sign_a, sign_b in product([(X, Y), (Y, X)], (1, -1), (1, -1))
]


def grid(column_axis, row_axis, spacing_mm=(1.0, 1.0), shape=(2, 8, 6)):
    normal = np.cross(column_axis, row_axis)
    origins = np.outer(np.arange(shape[0]), normal)
    return Grid(shape, origins, column_axis, row_axis, spacing_mm)


@pytest.mark.parametrize(("column_axis", "row_axis"), IN_PLANE)
def test_the_patients_right_front_is_the_upper_left_however_the_array_is_stored(
    column_axis, row_axis
):
    stored = grid(column_axis, row_axis)
    indices = np.stack(np.meshgrid([0], range(8), range(6), indexing="ij"), axis=-1)
    world = stored.to_world(indices.reshape(-1, 3)).reshape(8, 6, 3)

    look = view(stored)
    left_right, front_back = look.turn(world[..., 0]), look.turn(world[..., 1])

    assert (look.left, look.right, look.top, look.bottom) == ("R", "L", "A", "P")
    assert (np.diff(left_right, axis=1) > 0).all()
    assert (np.diff(front_back, axis=0) > 0).all()


def test_a_coronal_slice_has_the_head_up_and_a_sagittal_one_the_front_left():
    coronal, sagittal = view(grid(X, -Z)), view(grid(Y, -Z))

    flipped = view(grid(X, Z))

    assert (coronal.left, coronal.top, coronal.flips) == ("R", "H", (False, False))
    assert (sagittal.left, sagittal.top) == ("A", "H")
    assert flipped.flips == (True, False)


def test_the_last_slice_lies_towards_the_head_unless_the_normal_points_to_the_feet():
    usual, prone = view(grid(X, Y)), view(grid(X, -Y))

    ends = [(look.below, look.above) for look in (usual, prone)]

    assert ends == [("F", "H"), ("H", "F")]


def test_pixels_that_are_not_square_keep_their_aspect():
    look = view(grid(Y, X, spacing_mm=(2.0, 1.0), shape=(1, 50, 200)))

    # 50 rows of 2 mm run across the picture, 200 columns of 1 mm down it.
    assert look.size((50, 200), longest=100) == (100, 50)


def test_a_tilted_slice_is_laid_out_like_a_straight_one(uneven, even):
    tilted, straight = view(uneven.volume.grid), view(even.volume.grid)

    assert tilted == straight
