"""One function over many items."""

import math

import pytest

from headct.batch import map_items


@pytest.mark.parametrize("workers", [1, 2])
def test_results_keep_the_order_of_the_items(workers):
    items = [9.0, 4.0, 1.0, 16.0]

    roots = map_items(math.sqrt, items, workers=workers)

    assert roots == [3.0, 2.0, 1.0, 4.0]


def test_progress_is_told_after_each_item():
    told = []

    map_items(abs, [-1, -2, -3], workers=1, progress=lambda done, total: told.append((done, total)))

    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_function_raises_reaches_the_caller(workers):
    with pytest.raises(ValueError, match=r"math domain|nonnegative"):
        map_items(math.sqrt, [4.0, -1.0], workers=workers)


def test_no_worker_is_a_wrong_argument():
    with pytest.raises(ValueError, match="at least one worker"):
        map_items(abs, [1], workers=0)


def test_nothing_to_do_gives_nothing():
    assert map_items(abs, [], workers=4) == []
