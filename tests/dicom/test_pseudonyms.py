import re

import pytest
from pydicom.uid import UID

from headct.core.errors import ScanError
from headct.dicom.pseudonyms import Pseudonyms, read_key

KEY = b"0123456789abcdef"


def test_a_new_uid_is_valid_and_says_nothing_of_the_old():
    new = Pseudonyms(KEY).uid("1.2.3.4")

    assert UID(new).is_valid
    assert re.fullmatch(r"2\.25\.\d{30,39}", new)


def test_empty_and_standard_uids_stay():
    names = Pseudonyms(KEY)

    assert names.uid("") == ""
    assert names.uid("1.2.840.10008.5.1.4.1.1.2") == "1.2.840.10008.5.1.4.1.1.2"


def test_dates_move_back_by_up_to_ten_years_the_same_for_a_patient():
    days = [Pseudonyms(KEY).days(str(number)) for number in range(500)]

    assert Pseudonyms(KEY).days("7") == days[7]
    assert -3650 <= min(days) < max(days) <= -1
    assert len(set(days)) > 400


def test_the_key_is_not_printed():
    assert "0123" not in repr(Pseudonyms(KEY))


def test_a_key_file_gives_the_names_of_its_bytes(tmp_path):
    (tmp_path / "key.txt").write_bytes(KEY + b"\n")

    assert read_key(tmp_path / "key.txt").uid("1.2.3") == Pseudonyms(KEY).uid("1.2.3")


@pytest.mark.parametrize("content", [None, b"short\n"])
def test_what_is_no_secret_is_refused_with_how_to_make_one(tmp_path, content):
    if content is not None:
        (tmp_path / "key.txt").write_bytes(content)

    with pytest.raises(ScanError, match=r"secrets\.token_hex"):
        read_key(tmp_path / "key.txt")
