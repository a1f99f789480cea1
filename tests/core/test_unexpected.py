import re

from headct.core.labels import check_label
from headct.core.unexpected import unexpected


def test_what_broke_is_told_by_its_place_and_without_its_words():
    try:
        check_label("DOE^JANE")
    except ValueError as error:
        told = unexpected(error)

    assert re.fullmatch(
        r"an unexpected ValueError in core/labels\.py, line \d+: please report it", told
    )


def test_what_broke_elsewhere_is_told_without_a_place():
    try:
        int("DOE^JANE")
    except ValueError as error:
        told = unexpected(error)

    assert told == "an unexpected ValueError in ?, line 0: please report it"
