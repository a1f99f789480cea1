import numpy as np
import pytest

from headct.cohort.readers.slices import study_labels
from headct.core.case import SliceLabels


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([0, 0], False),
        ([0, 1], True),
        ([-1, 1], True),
        ([0, -1], None),
        ([-1, -1], None),
        ([], None),
    ],
)
def test_one_slice_that_shows_it_is_enough_and_all_must_deny_it(column, expected):
    values = np.array(column, np.int8).reshape(-1, 1)
    files = tuple(str(index) for index in range(len(column)))

    assert study_labels(SliceLabels(("subdural",), files, values)) == {"subdural": expected}
