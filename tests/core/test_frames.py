import numpy as np
import pytest

from headct.core.errors import GeometryError
from headct.core.frames import Frames
from headct.core.grid import Grid

GRID = Grid.regular((3, 8, 6), (5.0, 0.5, 0.5))
WINDOWS = ("brain 40/80", "subdural 80/200")


@pytest.mark.parametrize("kind", [np.float32, np.uint8])
def test_frames_are_slices_channels_rows_columns(kind):
    frames = Frames(np.zeros((3, 2, 8, 6), dtype=kind), WINDOWS, GRID)

    assert frames.pixels.shape == (3, 2, 8, 6)


@pytest.mark.parametrize("shape", [(3, 1, 8, 6), (2, 2, 8, 6), (3, 8, 6), (3, 8, 6, 2)])
def test_frames_that_do_not_fit_grid_and_channels_are_refused(shape):
    with pytest.raises(GeometryError, match=r"expected pixels of \(3, 2, 8, 6\)"):
        Frames(np.zeros(shape, dtype=np.float32), WINDOWS, GRID)


@pytest.mark.parametrize("kind", [np.float64, np.int16, bool])
def test_frames_of_another_type_are_refused(kind):
    with pytest.raises(TypeError, match="float32 or uint8"):
        Frames(np.zeros((3, 2, 8, 6), dtype=kind), WINDOWS, GRID)
