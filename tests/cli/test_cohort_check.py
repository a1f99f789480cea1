import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head
from headct.phantom.series import save_phantom

HEADCT = Path(sys.executable).with_name("headct")
PATIENTS = ("4711001", "4711002", "4711003")


def headct(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HEADCT, *map(str, arguments)], check=False, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def listed(tmp_path_factory, person):
    """A cohort of a table: two scans, one of them filed twice."""
    folder = tmp_path_factory.mktemp("listed")
    protocol = Protocol((Block(30, 5.0, 5.0),), matrix=64)
    for name, seed in (("one", 1), ("two", 2)):
        save_phantom(scan_head(person, [], protocol, seed=seed), folder / name)
    rows = [
        f"one/dicom,{PATIENTS[0]},0,",
        f"two/dicom,{PATIENTS[1]},1,1",
        f"again,{PATIENTS[2]},0,1",
    ]
    shutil.copytree(folder / "one" / "dicom", folder / "again")
    table = folder / "cohort.csv"
    table.write_text("path,patient,any_hemorrhage,subdural\n" + "\n".join(rows) + "\n")
    return table


@pytest.fixture(scope="module")
def checked(listed, tmp_path_factory):
    out = tmp_path_factory.mktemp("checked") / "out"
    return headct("cohort", "check", listed, "--out", out), out


def test_doubts_are_a_result_told_by_kind(checked):
    done, _ = checked

    assert done.returncode == 0, done.stderr
    assert "3 cases of 3 patients" in done.stdout
    assert re.search(r"labels contradict each other\D+1\D+1\b", done.stdout)
    assert re.search(r"any_hemorrhage\D+1\D+2\D+0\b", done.stdout)


def test_nothing_that_names_a_patient_is_printed(checked):
    done, out = checked

    told = done.stdout + done.stderr + (out / "check.html").read_text()
    assert not any(name in told for name in PATIENTS)


def test_decisions_settle_doubts_and_are_carried_on(checked, listed, tmp_path):
    _, first = checked
    with (first / "questions.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["decision"] = "exclude" if row["patient"] == PATIENTS[2] else ""
    filled = tmp_path / "filled.csv"
    with filled.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)

    done = headct("cohort", "check", listed, "--out", tmp_path / "out", "--decisions", filled)

    assert done.returncode == 0, done.stderr
    assert "2 ready, 0 waiting for a decision, 1 excluded" in done.stdout
    with (tmp_path / "out" / "questions.csv").open(newline="", encoding="utf-8-sig") as file:
        again = [row["decision"] for row in csv.DictReader(file) if row["decision"]]
    assert set(again) == {"exclude"}


def test_a_row_that_does_not_fit_is_refused_with_file_and_line(checked, listed, tmp_path):
    _, first = checked
    text = (first / "questions.csv").read_text(encoding="utf-8-sig").splitlines()
    filled = tmp_path / "filled.csv"
    filled.write_text("\n".join([text[0], text[1] + "perhaps"]) + "\n")

    done = headct("cohort", "check", listed, "--out", tmp_path / "out", "--decisions", filled)

    assert done.returncode == 1
    assert "filled.csv, line 2" in done.stderr
    assert not any(name in done.stderr for name in PATIENTS)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("more", "code"), [(["--workers", 0], 2), (["--layout", "attic"], 2), ([], 1)]
)
def test_wrong_usage_and_a_missing_cohort_are_told_apart(more, code, listed, tmp_path):
    where = listed if more else tmp_path / "nowhere"

    done = headct("cohort", "check", where, "--out", tmp_path / "out", *more)

    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_an_answer_is_never_written_over(checked, listed):
    _, out = checked

    done = headct("cohort", "check", listed, "--out", out)

    assert done.returncode == 1
    assert "nothing is overwritten" in done.stderr
