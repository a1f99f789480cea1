"""What is under a folder, however it is filed."""

import os
import shutil
import zipfile

import cv2
import numpy as np
import pytest

from headct.analyze.studies import holds_many, studies_under
from headct.core.errors import ScanError
from headct.dicom.write import Header, write
from headct.image.formats.nifti import write_nifti


@pytest.fixture(scope="module")
def filed(healthy, tmp_path_factory):
    """Three studies of the same head: two in one heap of files, one over two folders."""
    root = tmp_path_factory.mktemp("filed")
    for name in ("one", "two"):
        for file in write(healthy.volume, root / name, Header(patient_id=name), seed=name):
            (root / "heap").mkdir(exist_ok=True)
            shutil.move(file, root / "heap" / f"{name}-{file.name}")
        (root / name).rmdir()
    for number, file in enumerate(write(healthy.volume, root / "three", Header(), seed="three")):
        (root / "three" / "b").mkdir(exist_ok=True)
        if number % 2:
            shutil.move(file, root / "three" / "b" / file.name)
    return root


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((64, 64), np.uint8))


def test_studies_are_told_apart_by_what_their_files_say(filed):
    found = studies_under(filed).found

    assert [one.name for one in found] == ["heap", "heap (2)", "three"]
    heap = [{file.name.partition("-")[0] for file in one.files} for one in found[:2]]
    assert sorted(map(sorted, heap)) == [["one"], ["two"]]
    assert [len(one.files) for one in found] == [30, 30, 30]


def test_a_study_that_is_the_whole_folder_has_its_name(filed):
    found = studies_under(filed / "three").found

    assert [one.name for one in found] == ["three"]


def test_each_study_of_a_zip_is_one(filed, tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        for file in filed.rglob("*.dcm"):
            packed.write(file, file.relative_to(filed))

    in_folder = studies_under(tmp_path).found
    alone = studies_under(tmp_path / "all.zip").found

    assert [one.name for one in in_folder] == ["all.zip", "all.zip (2)", "all.zip (3)"]
    assert [len(one.files) for one in in_folder] == [30, 30, 30]
    assert [one.uid for one in alone] == [one.uid for one in in_folder]


def test_nifti_and_pictures_are_a_study_each(healthy, tmp_path):
    (tmp_path / "deep" / "down").mkdir(parents=True)
    write_nifti(healthy.volume, tmp_path / "deep" / "down" / "a.nii.gz")
    picture(tmp_path / "pictures" / "1.png")
    picture(tmp_path / "pictures" / "2.png")
    (tmp_path / "pictures" / "readme.csv").write_text("what,ever")

    found = studies_under(tmp_path, has_window=True)

    assert [one.name for one in found.found] == ["deep/down/a.nii.gz", "pictures"]
    assert [(one.what, one.count) for one in found.left_aside] == [("1 file (.csv)", 1)]


def test_pictures_without_a_window_are_left_aside_and_counted(healthy, tmp_path):
    write_nifti(healthy.volume, tmp_path / "a.nii.gz")
    picture(tmp_path / "preview" / "1.png")

    found = studies_under(tmp_path)

    assert [one.name for one in found.found] == ["a.nii.gz"]
    assert "--window 40 80" in found.left_aside[0].reason


def test_nothing_but_pictures_without_a_window_is_refused(tmp_path):
    for name in ("a", "b"):
        picture(tmp_path / name / "1.png")

    with pytest.raises(ScanError, match="--window 40 80"):
        studies_under(tmp_path)


def test_a_thumbnail_beside_dicom_is_no_study(filed, tmp_path):
    shutil.copytree(filed / "three", tmp_path / "three")
    picture(tmp_path / "three" / "thumb.jpg")

    found = studies_under(tmp_path, has_window=True).found

    assert [one.name for one in found] == ["three"]


def test_what_is_damaged_beside_a_study_goes_with_it(filed, tmp_path):
    shutil.copytree(filed / "heap", tmp_path / "heap")
    damaged = sorted((tmp_path / "heap").glob("one-*"))[3]
    damaged.write_bytes(damaged.read_bytes()[:200])

    found = studies_under(tmp_path).found

    assert all(damaged.name in {file.name for file in one.files} for one in found)
    assert sorted(len(one.files) for one in found) == [30, 31]


def test_files_that_name_no_study_are_one_by_folder(tmp_path, filed):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        file = next((filed / "three").glob("*.dcm"))
        (tmp_path / name / file.name).write_bytes(file.read_bytes()[:200])

    found = studies_under(tmp_path).found

    assert [(one.name, one.uid) for one in found] == [("a", ""), ("b", "")]


def test_a_zip_that_is_none_is_refused_alone(filed, tmp_path):
    shutil.copytree(filed / "three", tmp_path / "three")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 cut off")

    found = studies_under(tmp_path).found

    assert [one.name for one in found] == ["broken.zip", "three"]
    assert "the ZIP archive is damaged" in found[0].refused
    assert not found[1].refused


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root opens anything")
def test_a_folder_that_cannot_be_opened_is_refused_alone(filed, tmp_path):
    shutil.copytree(filed / "three", tmp_path / "three")
    (tmp_path / "closed").mkdir(mode=0)

    found = studies_under(tmp_path).found

    assert "cannot be opened" in found[0].refused


def test_the_folder_of_answers_is_not_looked_into(filed, healthy, tmp_path):
    shutil.copytree(filed / "three", tmp_path / "three")
    (tmp_path / "answers").mkdir()
    write_nifti(healthy.volume, tmp_path / "answers" / "mask.nii.gz")

    found = studies_under(tmp_path, leave_out=tmp_path / "answers").found

    assert [one.name for one in found] == ["three"]


def test_a_study_that_was_changed_has_another_key(filed, tmp_path):
    shutil.copytree(filed / "three", tmp_path / "three")
    before = studies_under(tmp_path).found[0]

    again = studies_under(tmp_path).found[0]
    next((tmp_path / "three").glob("*.dcm")).unlink()
    less = studies_under(tmp_path).found[0]

    assert again.key == before.key
    assert less.uid == before.uid
    assert less.key != before.key


def test_an_empty_folder_holds_no_study(tmp_path):
    with pytest.raises(ScanError, match="no study is under"):
        studies_under(tmp_path)


def test_one_study_with_previews_is_not_many(filed, tmp_path):
    shutil.copytree(filed / "three", tmp_path / "three")
    picture(tmp_path / "three" / "preview" / "1.jpg")

    assert not holds_many(tmp_path)
    assert holds_many(tmp_path, has_window=True)


def test_a_folder_of_pictures_is_one(tmp_path):
    picture(tmp_path / "1.png")

    assert not holds_many(tmp_path, has_window=True)


@pytest.mark.parametrize("name", ["a.nii.gz", "b.nii", "c.zip"])
def test_files_that_are_a_scan_each_are_many(name, tmp_path):
    (tmp_path / name).touch()

    assert holds_many(tmp_path)
