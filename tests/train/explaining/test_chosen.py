import numpy as np
import pytest

from headct.cohort.store.entry import Study
from headct.core.grid import Grid
from headct.train.explaining.chosen import truth_of


def study(stated: dict[str, bool | None], *values: int) -> Study:
    grid = Grid.regular((len(values), 4, 4), (5.0, 1.0, 1.0))
    own = np.array([[-1, value] for value in values], np.int8)
    return Study("Ann1", "1", "", 0, "", stated, own, (), grid, has_mask=False)


@pytest.mark.parametrize(
    ("stated", "values", "expected"),
    [
        (None, (0, 1, -1), True),  # a slice has it
        (False, (0, 1), True),  # a slice has it, whatever is said of the study
        (True, (-1, -1), True),
        (False, (-1, -1), False),
        (None, (0, 0), False),  # all slices lack it
        (None, (0, -1), None),
        (None, (-1, -1), None),
    ],
)
def test_a_study_has_what_a_slice_has_and_lacks_what_all_lack(
    hollow_store, stated, values, expected
):
    assert (
        truth_of(hollow_store, study({"subdural": stated}, *values), "subdural").study is expected
    )


def test_a_slice_without_a_label_of_its_own_has_its_studys(hollow_store):
    found = truth_of(hollow_store, study({"subdural": True}, 0, -1), "subdural")

    assert [found.of(0), found.of(1)] == [False, True]


def test_a_label_that_the_store_does_not_know_is_not_known(hollow_store):
    found = truth_of(hollow_store, study({}, 0, 0), "epidural")

    assert found.study is None
    assert [found.of(0), found.of(1)] == [None, None]
