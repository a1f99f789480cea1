import pytest

from headct.core.errors import (
    GeometryError,
    HeadctError,
    NothingUsable,
    OutputError,
    PixelError,
    Refusal,
    ScanError,
)


@pytest.mark.parametrize("kind", [GeometryError, PixelError])
def test_what_is_wrong_with_a_scan_can_be_caught_as_one(kind):
    assert issubclass(kind, ScanError)


@pytest.mark.parametrize("kind", [ScanError, OutputError])
def test_whatever_headct_refuses_can_be_caught_as_one(kind):
    assert issubclass(kind, HeadctError)


def test_an_output_that_cannot_be_written_is_no_fault_of_the_scan():
    assert not issubclass(OutputError, ScanError)


def test_a_refusal_reads_as_thing_and_reason():
    assert str(Refusal("series 3", "a localizer: 2 slices")) == "series 3: a localizer: 2 slices"


def test_refusals_can_be_compared_and_counted():
    twice = {Refusal("series 3", "a localizer"), Refusal("series 3", "a localizer")}

    assert len(twice) == 1


def test_names_of_files_cannot_steer_a_terminal():
    name = "\x1b[31mred\x07.png"

    assert str(ScanError(f"{name}:\nnot gray")) == "?[31mred?.png:\nnot gray"
    assert str(Refusal(name, "not gray")) == "?[31mred?.png: not gray"


def test_nothing_usable_tells_the_first_reasons_and_how_many_more():
    error = NothingUsable(tuple(Refusal(f"series {n}", "bone") for n in range(1, 6)), tried=1)

    assert error.told.endswith("series 1: bone; series 2: bone; series 3: bone; and 2 more")
    assert error.tried == 1
