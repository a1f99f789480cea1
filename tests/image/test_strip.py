import numpy as np
import pytest

from headct.core.errors import ScanError
from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.image.strip import KeepBrain, KeepHead


def test_the_table_goes_and_the_head_stays_as_it_was(ball_head):
    scan = ball_head.scan()

    kept = KeepHead()(scan)

    assert (kept.hu[ball_head.table] == -1024).all()
    head = ball_head.within(68)
    np.testing.assert_array_equal(kept.hu[head], scan.hu[head])


def test_of_the_head_only_the_inside_of_the_skull_stays(ball_head):
    scan = ball_head.scan()

    kept = KeepBrain(outside_hu=0.0)(scan)

    assert (kept.hu[~ball_head.within(63)] == 0).all()
    brain = ball_head.within(57)
    np.testing.assert_array_equal(kept.hu[brain], scan.hu[brain])


def test_what_has_no_skull_cannot_be_stripped_to_its_brain():
    water = Volume(np.zeros((5, 99, 99), np.float32), Grid.regular((5, 99, 99), (5.0, 2.0, 2.0)))

    with pytest.raises(ScanError, match="no skull with a brain"):
        KeepBrain()(water)
