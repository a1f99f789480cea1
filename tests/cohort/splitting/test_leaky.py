import json
from pathlib import Path

import numpy as np
import pytest

from headct.cohort.splitting.file import read_split
from headct.cohort.splitting.leaky import (
    leaky_slice_split,
    read_leaky_slice_split,
    slices_of,
    write_leaky_slice_split,
)
from headct.core.case import Case, Cohort, Pictures, SliceLabels
from headct.core.errors import CohortError


def sliced(count):
    names = tuple(f"{i}.jpg" for i in range(count))
    return SliceLabels(("any_hemorrhage",), names, np.zeros((count, 1), np.int8))


COHORT = Cohort(
    "made", tuple(Case(f"Ann{i}", "1", Path("x"), slice_labels=sliced(20)) for i in range(10))
)


def slices(split):
    return [
        (*key, name)
        for part in split.parts.values()
        for key, names in part.items()
        for name in names
    ]


def test_every_slice_is_dealt_once_by_its_share():
    split = leaky_slice_split(COHORT, seed=1)

    expected = [(f"Ann{i}", "1", f"{j}.jpg") for i in range(10) for j in range(20)]

    assert split.counts == {"train": 140, "validation": 30, "test": 30}
    assert sorted(slices(split)) == sorted(expected)


def test_it_says_that_it_leaks_wherever_it_shows(tmp_path):
    split = leaky_slice_split(COHORT, seed=1)
    write_leaky_slice_split(split, tmp_path / "leaky.json")
    text = (tmp_path / "leaky.json").read_text()

    # Of 20 slices all lie in training with a chance of 0.7 to the 20th: 1 in 1000.
    told = "10 of 10"

    assert f"LEAKS PATIENTS: {told} patients" in repr(split)
    assert f"LEAKS PATIENTS: {told} patients" in str(split)
    assert "leaks patients" in json.loads(text)["format"]
    assert json.loads(text)["warning"].startswith(f"leaks patients: {told}")


def test_what_is_written_is_read_back_by_its_own_name_alone(tmp_path):
    split = leaky_slice_split(COHORT, seed=1)
    write_leaky_slice_split(split, tmp_path / "leaky.json")

    assert read_leaky_slice_split(tmp_path / "leaky.json") == split
    with pytest.raises(CohortError, match="a split by slice, which leaks patients"):
        read_split(tmp_path / "leaky.json")


def test_a_slice_on_two_sides_is_refused(tmp_path):
    write_leaky_slice_split(leaky_slice_split(COHORT, seed=1), tmp_path / "leaky.json")
    content = json.loads((tmp_path / "leaky.json").read_text())
    content["parts"]["test"] = content["parts"]["train"]
    (tmp_path / "leaky.json").write_text(json.dumps(content))

    with pytest.raises(CohortError, match="a slice of test stands twice"):
        read_leaky_slice_split(tmp_path / "leaky.json")


def test_the_seed_alone_decides():
    turned = Cohort("made", COHORT.cases[::-1])

    assert leaky_slice_split(turned, seed=1) == leaky_slice_split(COHORT, seed=1)
    assert leaky_slice_split(COHORT, seed=2) != leaky_slice_split(COHORT, seed=1)


def test_slices_are_named_by_files_by_pictures_or_by_what_is_read(bleeding_folder):
    folder = bleeding_folder / "dicom"
    names = sorted(path.name for path in folder.iterdir())
    pictures = (Pictures((Path("a/1.jpg"), Path("a/2.jpg")), (40, 80)),)

    assert slices_of(Case("a", "1", Path("a"), files=(Path("a/7.dcm"),))) == ("7.dcm",)
    assert slices_of(Case("a", "1", Path("a"), pictures=pictures)) == ("1.jpg", "2.jpg")
    assert sorted(slices_of(Case("a", "1", folder))) == names
