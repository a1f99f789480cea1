import csv
import json

import pytest
from typer.testing import CliRunner

from headct import api
from headct.cli import app
from headct.cohort.checking.decisions import COLUMNS
from headct.cohort.splitting.file import read_split
from headct.cohort.splitting.leaky import read_leaky_slice_split
from headct.cohort.splitting.lock import read_lock
from headct.core.errors import CohortError, HeadctError, OutputError


@pytest.fixture
def table(tmp_path):
    """40 patients from two sites, of whom every fourth bleeds; scans are not opened by a split."""
    rows = []
    for i in range(40):
        (tmp_path / f"{i}.nii.gz").touch()
        bleeds = {0: "1", 2: ""}.get(i % 4, "0")
        rows.append((f"{i}.nii.gz", f"Ann{i}", "north" if i % 2 else "south", bleeds))
    path = tmp_path / "cohort.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("path", "patient", "site", "any_hemorrhage"), *rows])
    return path


def run(*arguments):
    return CliRunner().invoke(app, ["cohort", "split", *map(str, arguments)])


def test_a_holdout_is_written_and_its_counts_are_told(table, tmp_path):
    done = run(table, "--out", tmp_path / "split.json", "--seed", "3")

    parts = read_split(tmp_path / "split.json").round().parts

    assert done.exit_code == 0, done.output
    assert {part: len(patients) for part, patients in parts.items()} == {
        "train": 28,
        "validation": 6,
        "test": 6,
    }
    told = {
        line.split("│")[1].strip(): line.split("│")[2:5]
        for line in done.output.splitlines()
        if "│" in line
    }
    assert [int(cell) for cell in told["all"]] == [28, 6, 6]
    # Of 10 who bleed: 7, 1.5 and 1.5.
    assert int(told["with any_hemorrhage"][0]) == 7
    assert "hold-out 70:15:15 by patient, seed 3, 40 patients" in done.output
    assert "from north" in done.output
    assert "Ann" not in done.output


def test_folds_with_a_test_set_under_lock(table, tmp_path):
    lock = tmp_path / "test.lock"
    options = ("--folds", "4", "--inner", "3", "--test-share", "20", "--lock", lock)

    done = run(table, "--out", tmp_path / "split.json", *options)
    split = read_split(tmp_path / "split.json")

    assert done.exit_code == 0, done.output
    assert len(split.rounds) == 12
    assert (len(split.patients), split.locked.patients) == (32, 8)
    assert not any(read_lock(lock).holds(patient) for patient in split.patients)
    assert "independent test set of 8 patients: never opened" in done.output


def test_another_split_leaves_the_same_test_set_apart_and_tells_how_often_it_was_opened(
    table, tmp_path
):
    lock = tmp_path / "test.lock"
    run(table, "--out", tmp_path / "one.json", "--test-share", "20", "--lock", lock)
    opened = api.open_test(table, lock, purpose="the final figures")

    done = run(table, "--out", tmp_path / "two.json", "--folds", "5", "--lock", lock)

    one, two = read_split(tmp_path / "one.json"), read_split(tmp_path / "two.json")
    assert one.patients == two.patients
    assert {case.patient for case in opened.cases}.isdisjoint(two.patients)
    assert "independent test set of 8 patients: opened once" in done.output


def test_a_split_by_slice_says_that_it_leaks(tmp_path):
    header = "path,patient,study,epidural\n"
    rows = [f"{i}/{j}.dcm,Ann{i},1,0\n" for i in range(4) for j in range(30)]
    for i in range(4):
        (tmp_path / str(i)).mkdir()
        for j in range(30):
            (tmp_path / str(i) / f"{j}.dcm").touch()
    (tmp_path / "cohort.csv").write_text(header + "".join(rows))

    done = run(tmp_path / "cohort.csv", "--out", tmp_path / "leaky.json", "--leaky-slices")

    assert done.exit_code == 0, done.output
    assert "LEAKS PATIENTS: 4 of 4 patients lie on two sides or more" in done.output
    assert sum(read_leaky_slice_split(tmp_path / "leaky.json").counts.values()) == 120


def test_patients_that_share_a_scan_stay_together_though_both_are_kept(table, tmp_path):
    about = "the same scan filed twice"
    rows = [
        (f"Ann{i + 1}", f"{i + 1}.nii.gz", "", about, "yes", "", f"patient Ann{i} study {i}.nii.gz")
        for i in range(0, 40, 2)
    ]
    with (tmp_path / "questions.csv").open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *((*row, "keep") for row in rows)])

    done = run(table, "--out", tmp_path / "s.json", "--decisions", tmp_path / "questions.csv")
    assert done.exit_code == 0, done.exception
    split = read_split(tmp_path / "s.json")
    side = {p: part for part, patients in split.round().parts.items() for p in patients}

    assert done.exit_code == 0, done.output
    assert len(split.together) == 20
    assert all(side[f"Ann{i}"] == side[f"Ann{i + 1}"] for i in range(0, 40, 2))
    assert "scans filed under two patients are not known" not in done.output


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--shares", "70-30"), "expected numbers joined by :"),
        (("--shares", "70:30:0"), "two or three shares above 0"),
        (("--shares", "80:20", "--folds", "5"), "--folds stands in place of --shares"),
        (("--inner", "3"), "--inner within --folds"),
        (("--folds", "1"), "2 folds or more"),
        (("--test-share", "20"), "needs a file for its lock"),
        (("--test-share", "100", "--lock", "x"), "below"),
        (("--leaky-slices", "--folds", "5"), "takes --shares and --seed alone"),
    ],
)
def test_options_that_cannot_be_are_wrong_usage(table, tmp_path, options, told):
    done = run(table, "--out", tmp_path / "split.json", *options)

    assert done.exit_code == 2
    assert told in " ".join(done.output.replace("│", " ").split())
    assert not (tmp_path / "split.json").exists()


def test_more_folds_than_patients_are_refused(table, tmp_path):
    done = run(table, "--out", tmp_path / "split.json", "--folds", "41")

    assert isinstance(done.exception, CohortError)
    assert "41 parts were asked for, but there are 40 patients" in str(done.exception)


def test_no_split_and_no_lock_is_overwritten(table, tmp_path):
    out, lock = tmp_path / "split.json", tmp_path / "test.lock"
    run(table, "--out", out)

    done = run(table, "--out", out, "--test-share", "20", "--lock", lock)

    assert isinstance(done.exception, OutputError)
    assert not lock.exists()


def test_a_lock_of_another_cohort_is_refused(table, tmp_path):
    lock = tmp_path / "test.lock"
    run(table, "--out", tmp_path / "one.json", "--test-share", "20", "--lock", lock)
    held = read_lock(lock)
    lines = table.read_text().splitlines(keepends=True)
    gone = next(i for i in range(40) if held.holds(f"Ann{i}"))
    del lines[gone + 1]
    table.write_text("".join(lines))

    done = run(table, "--out", tmp_path / "two.json", "--lock", lock)

    assert isinstance(done.exception, HeadctError)
    assert "holds 7 of the 8 patients of test.lock" in str(done.exception)


def test_all_of_ct_ich_is_split_with_every_subtype_on_every_side(ct_ich, tmp_path):
    done = run(ct_ich, "--out", tmp_path / "split.json", "--folds", "5")

    content = json.loads((tmp_path / "split.json").read_text())
    sizes = [len(one["parts"]["validation"]) for one in content["rounds"]]

    assert done.exit_code == 0, done.output
    assert sorted(sizes) == [12, 12, 12, 13, 13]
