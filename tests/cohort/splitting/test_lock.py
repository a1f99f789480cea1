import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headct.cohort.splitting.by_patient import without
from headct.cohort.splitting.lock import (
    log_of,
    make_lock,
    open_test,
    read_lock,
    times_opened,
    told_of,
    write_lock,
)
from headct.core.case import Case, Cohort
from headct.core.errors import CohortError, OutputError

COHORT = Cohort(
    "made", tuple(Case(f"Ann{i}", study, Path("x")) for i in range(10) for study in "12")
)
APART = ("Ann2", "Ann7", "Ann8")
PURPOSE = "figures of the final model"


@pytest.fixture
def lock(tmp_path):
    path = tmp_path / "test.lock"
    write_lock(make_lock("made", APART), path)
    return path


def test_opening_gives_the_cases_and_counts(lock):
    before = told_of(lock)

    opened = [open_test(lock, COHORT, purpose=PURPOSE, command="measure") for _ in range(3)]

    assert {case.patient for case in opened[0].cases} == set(APART)
    assert len(opened[0].cases) == 6
    assert before == "independent test set of 3 patients: never opened"
    assert [one.told.partition(": ")[2] for one in opened] == [
        "opened once",
        "opened 2 times",
        "opened 3 times",
    ]
    assert told_of(lock) == opened[2].told


def test_every_opening_is_written_down(lock):
    open_test(lock, COHORT, purpose="  the final\nfigures ", command="headct measure")
    open_test(lock, COHORT, purpose=PURPOSE, command="headct measure")

    first, second = map(json.loads, log_of(lock).read_text().splitlines())

    assert (first["purpose"], first["command"], first["count"]) == (
        "the final figures",
        "headct measure",
        1,
    )
    assert (second["purpose"], second["count"]) == (PURPOSE, 2)
    assert abs(datetime.now(UTC) - datetime.fromisoformat(first["time"])) < timedelta(minutes=5)


def test_the_files_hold_no_patient(lock):
    open_test(lock, COHORT, purpose=PURPOSE, command="measure")

    assert "Ann" not in lock.read_text() + log_of(lock).read_text()


def test_the_lock_knows_who_is_kept_apart(lock):
    held = read_lock(lock)

    assert [name for name in sorted({c.patient for c in COHORT.cases}) if held.holds(name)] == [
        *APART
    ]


@pytest.mark.parametrize("purpose", ["", "   ", "x"])
def test_without_a_purpose_it_stays_closed(lock, purpose):
    with pytest.raises(ValueError, match="for a purpose"):
        open_test(lock, COHORT, purpose=purpose, command="measure")

    assert times_opened(lock) == 0


def test_with_a_patient_missing_it_stays_closed(lock):
    with pytest.raises(CohortError, match=r"holds 2 of the 3 patients of test\.lock"):
        open_test(lock, without(COHORT, ["Ann7"]), purpose=PURPOSE, command="measure")

    assert times_opened(lock) == 0


def test_without_its_log_it_stays_closed(lock):
    log_of(lock).unlink()

    with pytest.raises(CohortError, match="nobody can say how often"):
        open_test(lock, COHORT, purpose=PURPOSE, command="measure")


def test_a_log_with_lines_taken_out_is_refused(lock):
    for _ in range(3):
        open_test(lock, COHORT, purpose=PURPOSE, command="measure")
    lines = log_of(lock).read_text().splitlines(keepends=True)
    log_of(lock).write_text("".join(lines[1:]))

    with pytest.raises(CohortError, match="line 1: lines before it were taken out"):
        told_of(lock)


@pytest.mark.parametrize("name", ["test.lock", "test.lock.log"])
def test_neither_lock_nor_log_is_begun_again(lock, name):
    (lock.parent / ({"test.lock", "test.lock.log"} - {name}).pop()).unlink()

    with pytest.raises(OutputError, match=f"{name} is there already"):
        write_lock(make_lock("made", APART), lock)


def test_a_lock_with_a_hash_taken_out_is_refused(lock):
    content = json.loads(lock.read_text())
    content["hashes"].pop()
    lock.write_text(json.dumps(content))

    with pytest.raises(CohortError, match="patients and hashes differ in number"):
        read_lock(lock)
