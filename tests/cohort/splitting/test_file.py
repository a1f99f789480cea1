import json
from pathlib import Path

import pytest

from headct.cohort.splitting.by_patient import folds, holdout, nested, with_lock
from headct.cohort.splitting.file import parse_split, read_split, write_split
from headct.cohort.splitting.lock import make_lock
from headct.cohort.splitting.rounds import Split
from headct.core.case import Case, Cohort
from headct.core.errors import CohortError, OutputError

COHORT = Cohort(
    "made",
    tuple(Case(f"Ann{i}", "1", Path("x"), {"any_hemorrhage": i % 3 == 0}) for i in range(20)),
)
LOCKED = make_lock("made", ["Zed"]).as_locked("test.lock")


def written(split: Split, folder: Path) -> dict[str, object]:
    write_split(split, folder / "split.json")
    return json.loads((folder / "split.json").read_text())


@pytest.mark.parametrize(
    "split",
    [
        holdout(COHORT, seed=1, together=[("Ann1", "Ann2")]),
        folds(COHORT, 3, seed=2),
        with_lock(nested(COHORT, 2, 3, seed=3), COHORT, LOCKED),
    ],
    ids=str,
)
def test_what_is_written_is_read_back(split, tmp_path):
    write_split(split, tmp_path / "split.json")

    assert read_split(tmp_path / "split.json") == split


def test_nothing_is_overwritten(tmp_path):
    split = holdout(COHORT, seed=1)
    write_split(split, tmp_path / "split.json")

    with pytest.raises(OutputError, match=r"split\.json is there already"):
        write_split(split, tmp_path / "split.json")


def test_a_file_that_is_not_there_says_how_to_make_one(tmp_path):
    with pytest.raises(CohortError, match=r"split\.json cannot be read .* headct cohort split"):
        read_split(tmp_path / "split.json")


def edited(content, change):
    change(content)
    return json.dumps(content)


def leak(content):
    parts = content["rounds"][0]["parts"]
    parts["test"].append(parts["train"][4])


def tear(content):
    parts = content["rounds"][0]["parts"]
    content["together"] = [[parts["test"][0], parts["train"][0]]]


SLIPS = {
    "a patient in two parts": (leak, "holdout: entry 4 of test is a patient who stands in train"),
    "a shared scan on two sides": (tear, "group 1 share a scan, but stand in test and train"),
    "another format": (lambda c: c.update(format="headct fit"), "expected format 'headct split'"),
    "a later version": (lambda c: c.update(version=2), "expected version 1, got 2"),
    "a key too many": (lambda c: c.update(more=1), "there is an unknown key"),
    "a key too few": (lambda c: c.pop("seed"), "there is no seed"),
    "another level": (lambda c: c.update(level="slice"), "level: expected 'patient'"),
    "a seed that is none": (lambda c: c.update(seed="1"), "seed: expected a whole number"),
    "a seed that is true": (lambda c: c.update(seed=True), "seed: expected a whole number"),
    "no rounds": (lambda c: c.update(rounds=[]), "needs rounds"),
    "rounds alike": (lambda c: c["rounds"].extend(c["rounds"]), "each under its own name"),
    "an unknown part": (
        lambda c: c["rounds"][0]["parts"].update(tests=["Ann"]),
        "expected train and of validation, test what there is",
    ),
    "no training": (lambda c: c["rounds"][0]["parts"].pop("train"), "expected train"),
    "an empty part": (lambda c: c["rounds"][0]["parts"].update(test=[]), "test holds no patient"),
    "a patient as number": (
        lambda c: c["rounds"][0]["parts"]["test"].insert(1, 17),
        "rounds, entry 1, test, entry 2: expected a text, got a number",
    ),
    "parts as list": (lambda c: c["rounds"][0].update(parts=[]), "expected parts as an object"),
    "a scheme that is none": (
        lambda c: c["scheme"].update(folds=5),
        "hold-out by shares, or folds",
    ),
    "an unknown label": (lambda c: c.update(stratified_on=["bleed"]), "expected labels"),
    "a lock that is none": (
        lambda c: c.update(locked={"file": "x"}),
        "keys file, sha256, patients",
    ),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_told_with_its_place_and_without_a_patient(name, tmp_path):
    change, expected = SLIPS[name]
    content = written(holdout(COHORT, seed=1), tmp_path)

    with pytest.raises(CohortError) as told:
        parse_split(edited(content, change), "split.json")

    assert str(told.value).startswith("split.json")
    assert expected in str(told.value)
    assert "Ann" not in str(told.value)


def test_rounds_of_other_patients_are_refused(tmp_path):
    content = written(folds(COHORT, 2, seed=1), tmp_path)
    content["rounds"][1]["parts"]["train"].pop()

    with pytest.raises(CohortError, match="fold 2 does not hold the same patients as fold 1"):
        parse_split(json.dumps(content))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"format": "headct split",\n "version": 1,', "line 2: it is not JSON"),
        ("[]", "expected a JSON object, got a list"),
        ('{"seed": 1, "seed": 2}', "a key stands twice"),
    ],
)
def test_what_is_no_object_is_refused(text, expected):
    with pytest.raises(CohortError, match=expected):
        parse_split(text)
