from dataclasses import replace
from pathlib import Path

import pytest

from headct.core.series import Instance, Location, Scan, Series

INSTANCE = Instance(
    location=Location(Path("/scans/DOE^JANE/IM0007")),
    study_uid="1.2.3",
    series_uid="1.2.3.4",
    sop_instance_uid="1.2.3.4.5",
    sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
    transfer_syntax_uid="1.2.840.10008.1.2.1",
)


def test_the_name_of_a_location_leaves_folders_out():
    assert INSTANCE.location.name == "IM0007"
    assert Location(Path("DOE.zip"), "DOE^JANE/S1/IM0008").name == "IM0008"


def test_what_a_header_lacks_is_none_or_empty():
    assert INSTANCE.position_mm is None
    assert INSTANCE.gantry_tilt_deg is None
    assert INSTANCE.kernel == ""


@pytest.mark.parametrize(
    ("number", "description", "name"),
    [
        (3, "HEAD 5mm", "series 3 (HEAD 5mm)"),
        (3, "", "series 3"),
        (0, "", "series 0"),
        (None, "HEAD 5mm", "series (HEAD 5mm)"),
        (None, "", "series"),
    ],
)
def test_a_series_is_called_by_number_and_description(number, description, name):
    first = replace(INSTANCE, series_number=number, series_description=description)

    assert Series("1.2.3.4", (first,)).name == name


def test_the_name_of_a_series_holds_no_identifier():
    name = Series("1.2.3.4", (replace(INSTANCE, patient_key="secret"),)).name

    assert "1.2.3" not in name
    assert "secret" not in name
    assert "DOE" not in name


def test_a_series_without_images_is_refused():
    with pytest.raises(ValueError, match="at least one image"):
        Series("1.2.3.4", ())


def test_a_scan_of_an_empty_folder_holds_nothing():
    assert Scan(studies=()).refused == ()
