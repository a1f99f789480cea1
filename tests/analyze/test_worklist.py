"""Many studies to one list: urgent first, nothing lost, going on where it was cut off."""

import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest

from headct import api
from headct.analyze.studies import studies_under
from headct.core.errors import OutputError, ScanError
from headct.dicom.write import Header, write
from headct.image.formats.nifti import write_nifti
from headct.report.worklist import Line


@pytest.fixture(scope="module")
def folder(bleeding, healthy, tmp_path_factory):
    """Two studies whose files lie in one folder, a NIfTI, a ZIP that is none, and a note."""
    root = tmp_path_factory.mktemp("studies")
    for name, phantom in (("bleeding", bleeding), ("healthy", healthy)):
        write(phantom.volume, root / name, Header(patient_id=name), seed=name)
        (root / "mixed").mkdir(exist_ok=True)
        for file in (root / name).iterdir():
            shutil.move(file, root / "mixed" / f"{name}-{file.name}")
        (root / name).rmdir()
    write_nifti(replace(healthy.volume, hu=healthy.volume.hu + np.float32(1)), root / "c.nii.gz")
    (root / "broken.zip").write_bytes(b"PK\x03\x04 cut off")
    (root / "README.txt").write_text("of the archive")
    return root


@pytest.fixture(scope="module")
def listed(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("listed") / "list"
    return out, api.analyze_studies(folder, out)


def rows(out):
    with (out / "worklist.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_studies_are_told_apart_by_what_their_files_say(folder):
    found = studies_under(folder)

    assert [one.name for one in found] == ["broken.zip", "c.nii.gz", "mixed", "mixed (2)"]
    first, second = (set(one.files) for one in found[2:])
    assert not first & second
    assert {len({file.name.partition("-")[0] for file in files}) for files in (first, second)} == {
        1
    }


def test_what_was_found_stands_first_and_what_could_not_be_read_is_told(listed):
    out, found = listed

    said = rows(out)

    assert found.lines[0].study.startswith("mixed")
    assert said[0]["present"] == "yes"
    assert float(said[0]["volume_ml"]) == pytest.approx(30.0, rel=0.25)
    assert [row["present"] for row in said[2:]] == ["no", "no"]
    assert [row["study"] for row in said if row["refused"]] == ["broken.zip"]


def test_each_answer_lies_in_a_folder_of_its_own_that_the_page_links(listed):
    out, found = listed
    page = (out / "worklist.html").read_text()

    for line in found.lines:
        assert bool(line.folder) != bool(line.refused)
        if line.folder:
            assert (out / line.folder / "findings.json").is_file()
            assert f'href="{line.folder}/report.html"' in page


def test_a_second_run_answers_nothing_again_and_tries_the_refused(listed, folder):
    out, _ = listed
    before = {file: file.stat().st_mtime_ns for file in out.glob("studies/*/report.html")}

    again = api.analyze_studies(folder, out)

    assert again.answered == 0
    assert len(again.lines) == 4
    assert {file: file.stat().st_mtime_ns for file in out.glob("studies/*/report.html")} == before


def test_a_run_that_was_stopped_goes_on(folder, listed, tmp_path):
    out = tmp_path / "list"

    def stop(done, _):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        api.analyze_studies(folder, out, progress=stop)
    seen = rows(out)
    again = api.analyze_studies(folder, out)

    assert len(seen) == 2
    assert again.answered == 2
    assert [line.study for line in again.lines] == [line.study for line in listed[1].lines]


def test_two_workers_say_the_same(folder, listed, tmp_path):
    found = api.analyze_studies(folder, tmp_path / "list", workers=2)

    assert found.lines == listed[1].lines


def test_a_list_made_in_another_way_is_refused(listed, folder):
    out, _ = listed

    with pytest.raises(OutputError, match="another bundle, reading or version"):
        api.analyze_studies(folder, out, allow_gaps=True)


def test_a_folder_that_holds_something_else_is_refused(folder, tmp_path):
    (tmp_path / "mine.txt").write_text("keep")

    with pytest.raises(OutputError, match="no work list"):
        api.analyze_studies(folder, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_an_empty_folder_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()

    with pytest.raises(ScanError, match="no study is under 'empty'"):
        api.analyze_studies(tmp_path / "empty", tmp_path / "list")


def test_what_is_not_known_stands_before_what_is_not_there():
    found = Line("a", present=True, score=0.4)
    surer = Line("b", present=True, score=0.9)
    undecided = Line("c", present=None, score=0.9)
    unread = Line("d", refused="cut off")
    nothing = Line("e", present=False, score=0.3)

    ordered = sorted([nothing, unread, undecided, found, surer], key=lambda line: line.urgency)

    assert [line.study for line in ordered] == ["b", "a", "c", "d", "e"]
