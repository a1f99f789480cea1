import json
from math import inf

import cv2
import jsonschema
import pytest

from headct.core.errors import OutputError
from headct.core.finding import Finding
from headct.report.findings import schema
from headct.report.masks import read_exact
from headct.report.save import save

FILES = {"findings.json", "slices.csv", "report.html", "key_slices"}


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_an_answer_is_saved_with_all_its_files(saved, even):
    findings = json.loads((saved / "findings.json").read_text())
    picture = cv2.imread(str(saved / "key_slices" / "slice_004.png"))

    jsonschema.validate(findings, schema())
    assert names(saved) == FILES | {"mask_exact.npz", "mask.nii.gz"}
    assert read_exact(saved / "mask_exact.npz").grid == even.volume.grid
    assert picture.shape[0] == 512


def test_an_uneven_series_gets_a_resampled_mask_named_so(uneven, tmp_path):
    save(uneven, tmp_path / "new" / "answer")

    assert names(tmp_path / "new" / "answer") == FILES | {
        "mask_exact.npz",
        "mask_resampled.nii.gz",
    }


def test_a_scan_without_spacing_gets_no_nifti(unmeasured, tmp_path):
    save(unmeasured, tmp_path / "answer")

    assert names(tmp_path / "answer") == FILES | {"mask_exact.npz"}


def test_an_empty_folder_is_filled(clear, tmp_path):
    save(clear, tmp_path)

    assert names(tmp_path) == FILES


def test_a_folder_that_holds_something_is_left_alone(clear, tmp_path):
    (tmp_path / "mine.txt").write_text("keep")

    with pytest.raises(OutputError, match="give a new folder"):
        save(clear, tmp_path)

    assert names(tmp_path) == {"mine.txt"}


def test_a_file_in_the_way_is_left_alone(clear, tmp_path):
    (tmp_path / "answer").write_text("keep")

    with pytest.raises(OutputError, match="is not a folder"):
        save(clear, tmp_path / "answer")

    assert (tmp_path / "answer").read_text() == "keep"


def test_a_folder_that_cannot_be_made_is_said_with_what_to_do(clear, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(OutputError, match="another --out"):
        save(clear, tmp_path / "file" / "answer")


def test_nothing_is_left_behind_where_writing_fails(make, tmp_path):
    volume = make["head"]()
    findings = (Finding("subdural", True, score=inf),)

    with pytest.raises(ValueError, match="finite"):
        save(make["tell"](volume, make["bleed"](volume), findings), tmp_path / "answer")

    assert names(tmp_path) == set()
