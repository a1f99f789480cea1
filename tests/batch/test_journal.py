"""A journal that is cut off, damaged, shared or out of room."""

import os
import re
import subprocess
import sys

import pytest

from headct.batch.journal import Journal, read_journal
from headct.core.errors import OutputError

ENTRIES = [{"study": "Ž1", "slices": [1, -1]}, {"study": "2", "mm": 0.1}, {"study": "3"}]


@pytest.fixture
def path(tmp_path):
    """A journal of three entries."""
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    for entry in ENTRIES:
        journal.append(entry)
    journal.close()
    return path


def test_entries_come_back_in_order(path):
    assert read_journal(path) == ENTRIES


def test_a_journal_goes_on_where_it_ended(path):
    journal = Journal(path)
    journal.append({"study": "4"})
    journal.close()

    assert journal.entries == ENTRIES
    assert read_journal(path) == [*ENTRIES, {"study": "4"}]


def test_every_cut_in_the_last_line_drops_it_alone(path):
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1

    for cut in range(last, len(whole)):
        path.write_bytes(whole[:cut])
        assert read_journal(path) == ENTRIES[:2]


def test_after_a_cut_the_next_entry_stands_on_a_line_of_its_own(path):
    path.write_bytes(path.read_bytes()[:-5])

    journal = Journal(path)
    journal.append(ENTRIES[2])
    journal.close()

    assert read_journal(path) == ENTRIES


@pytest.mark.parametrize("line", [1, 2, 3])
def test_any_flipped_byte_is_told_with_its_line(path, line):
    lines = path.read_bytes().splitlines(keepends=True)

    for at in range(len(lines[line - 1]) - 1):
        content = bytearray(lines[line - 1])
        content[at] ^= 1
        path.write_bytes(b"".join([*lines[: line - 1], bytes(content), *lines[line:]]))
        with pytest.raises(OutputError, match=f"line {line}: damaged"):
            read_journal(path)


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_two_processes_never_write_one_journal(path):
    journal = Journal(path)
    code = (
        "from headct.batch.journal import Journal; from pathlib import Path;"
        f"Journal(Path({str(path)!r}))"
    )

    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    journal.close()

    assert re.search("OutputError: another run is at work", other.stderr)
    Journal(path).close()


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_without_room_an_entry_is_there_whole_or_not_at_all(path):
    # The shell counts files in blocks of 1024 bytes.
    code = (
        "from pathlib import Path; from headct.batch.journal import Journal\n"
        f"journal = Journal(Path({str(path)!r}))\n"
        "try:\n"
        "    while True: journal.append({'filler': 'x' * 100})\n"
        "except OSError as error: print(error.strerror)"
    )
    done = subprocess.run(
        ["bash", "-c", f'ulimit -f 1; exec "{sys.executable}" -c "{code}"'],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "File too large\n", done.stderr
    content = path.read_bytes()
    assert content.endswith(b"}\n")
    assert 1024 - 200 < len(content) <= 1024
