"""Many studies to one list: urgent first, nothing lost, going on where it was cut off."""

import csv
import resource
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from tests import toy_bundle

from headct import api
from headct.core.errors import BundleError, OutputError
from headct.dicom.write import Header, write
from headct.image.formats.nifti import write_nifti
from headct.predict.bundle.bundle import write_bundle
from headct.report.worklist import Standing


@pytest.fixture(scope="module")
def folder(bleeding, healthy, tmp_path_factory):
    """Two studies in one heap of files, a NIfTI, a study of the knee, a broken ZIP, and a note."""
    root = tmp_path_factory.mktemp("studies")
    for name, phantom in (("bleeding", bleeding), ("healthy", healthy)):
        for file in write(phantom.volume, root / name, Header(patient_id=name), seed=name):
            (root / "heap").mkdir(exist_ok=True)
            shutil.move(file, root / "heap" / f"{name}-{file.name}")
        (root / name).rmdir()
    write_nifti(replace(healthy.volume, hu=healthy.volume.hu + np.float32(1)), root / "c.nii.gz")
    knee = Header(body_part="KNEE", series_description="Knee")
    write(healthy.volume, root / "knee", knee, seed="knee")
    (root / "broken.zip").write_bytes(b"PK\x03\x04 cut off")
    (root / "README.txt").write_text("of the archive")
    return root


@pytest.fixture(scope="module")
def listed(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("listed") / "list"
    return out, api.analyze_studies(folder, out, workers=2, bundle=None)


def rows(out):
    with (out / "worklist.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def reports(out):
    return {file: file.stat().st_mtime_ns for file in out.glob("studies/*/report.html")}


def test_what_is_found_stands_first_and_what_could_not_be_read_is_told(listed):
    out, found = listed

    said = rows(out)

    assert [row["standing"] for row in said] == [
        *("found", "not read", "none found", "none found", "no head CT")
    ]
    assert said[0]["study"].startswith("heap")
    assert float(said[0]["volume_ml"]) == pytest.approx(30.0, rel=0.25)
    assert [row["study"] for row in said if row["refused"]] == ["broken.zip", "knee"]
    assert found.listed.left_aside[0].what == "1 file (.txt)"
    assert found.answered == 3


def test_each_answer_lies_in_a_folder_of_its_own_that_the_page_links(listed):
    out, found = listed
    page = (out / "worklist.html").read_text()

    assert sorted(line.number for line in found.lines) == [1, 2, 3, 4, 5]
    for line in found.lines:
        assert bool(line.folder) != bool(line.refused)
        if line.folder:
            assert (out / line.folder / "findings.json").is_file()
            assert (out / line.picture).is_file()
            assert f'href="{line.folder}/report.html"' in page


def test_the_answer_of_a_study_is_that_of_its_files_alone(listed, bleeding_folder):
    first = listed[1].lines[0]

    alone = api.analyze(bleeding_folder / "dicom", bundle=None).prediction.finding("any_hemorrhage")

    assert (first.volume_ml, first.score) == (alone.volume_ml, alone.score)


def test_a_second_run_answers_nothing_again_and_tries_the_refused(listed, folder):
    out, found = listed
    before = reports(out)

    again = api.analyze_studies(folder, out, workers=1, bundle=None)

    assert again.answered == 0
    assert [line.number for line in again.lines] == [line.number for line in found.lines]
    assert reports(out) == before


# Ended with -9 as soon as one study is answered, beside a second one that is not.
KILLED = """
import os, signal, sys
from headct import api
def end(done, total):
    if total == 3 and done == 1:
        os.kill(os.getpid(), signal.SIGKILL)
if __name__ == "__main__":
    api.analyze_studies(sys.argv[1], sys.argv[2], workers=2, progress=end, bundle=None)
"""


@pytest.fixture
def three(healthy, bleeding, tmp_path):
    """Three small studies, as NIfTI."""
    root = tmp_path / "three"
    root.mkdir()
    for name, grey in (("a", 0), ("b", 1), ("c", 2)):
        volume = replace(healthy.volume, hu=healthy.volume.hu + np.float32(grey))
        write_nifti(volume, root / f"{name}.nii")
    return root


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_run_that_was_killed_goes_on_and_leaves_nothing_behind(three, tmp_path):
    script, out = tmp_path / "killed.py", tmp_path / "list"
    script.write_text(KILLED)
    done = subprocess.run([sys.executable, script, three, out], check=False, timeout=120)
    kept = (out / "journal.jsonl").read_text().count('"line"')
    (out / "studies" / ".0002.abcd.partial").mkdir()
    (out / "studies" / "0099").mkdir()

    again = api.analyze_studies(three, out, workers=1, bundle=None)

    assert done.returncode == -signal.SIGKILL
    assert kept == 1
    assert again.answered == 2
    assert sorted(one.name for one in (out / "studies").iterdir()) == ["0001", "0002", "0003"]
    assert [row["standing"] for row in rows(out)] == ["none found"] * 3


@pytest.mark.slow
def test_what_is_new_is_added_and_what_was_changed_is_answered_again(three, healthy, tmp_path):
    out = tmp_path / "list"
    (three / "c.nii").rename(tmp_path / "later.nii")
    first = api.analyze_studies(three, out, workers=1, bundle=None)
    (tmp_path / "later.nii").rename(three / "c.nii")
    write_nifti(replace(healthy.volume, hu=healthy.volume.hu - np.float32(1)), tmp_path / "a.nii")
    (tmp_path / "a.nii").replace(three / "a.nii")

    then = api.analyze_studies(three, out, workers=1, bundle=None)

    assert (first.answered, then.answered) == (2, 2)
    assert {line.study: line.number for line in then.lines} == {"a.nii": 3, "b.nii": 2, "c.nii": 4}
    assert then.listed.gone == 1
    assert (out / "studies" / "0001" / "report.html").is_file()


@pytest.mark.slow
def test_a_bundle_answers_every_study_and_the_finder_stands_beside(three, tmp_path):
    write_bundle(tmp_path / "toy.headct", toy_bundle.contents())

    found = api.analyze_studies(three, tmp_path / "list", bundle=tmp_path / "toy.headct", workers=2)

    alone = api.analyze(three / "a.nii", bundle=tmp_path / "toy.headct")
    expected = alone.prediction.finding("any_hemorrhage")
    line = next(line for line in found.lines if line.study == "a.nii")
    assert (line.score, line.probability) == (expected.score, expected.probability)
    assert line.cross_check is False


def test_a_bundle_that_does_not_fit_is_told_once_and_nothing_begins(three, tmp_path):
    (tmp_path / "none.headct").write_bytes(b"no bundle")

    with pytest.raises(BundleError):
        api.analyze_studies(three, tmp_path / "list", bundle=tmp_path / "none.headct")
    assert not (tmp_path / "list").exists()


@pytest.mark.slow
def test_a_study_that_takes_too_long_is_refused_and_tried_again(three, tmp_path):
    (three / "b.nii").unlink()
    (three / "c.nii").unlink()

    late = api.analyze_studies(three, tmp_path / "list", workers=1, limit_s=0.01, bundle=None)
    again = api.analyze_studies(three, tmp_path / "list", workers=1, bundle=None)

    assert late.lines[0].standing is Standing.UNREAD
    assert "no answer within 0.01 s" in late.lines[0].refused
    assert (again.lines[0].standing, again.lines[0].number) == (Standing.CLEAR, 1)


def test_a_list_made_in_another_way_is_refused(listed, folder):
    out, _ = listed

    with pytest.raises(OutputError, match="made with other allow_gaps"):
        api.analyze_studies(folder, out, allow_gaps=True, bundle=None)


def test_a_folder_that_holds_something_else_is_refused(folder, tmp_path):
    (tmp_path / "mine.txt").write_text("keep")

    with pytest.raises(OutputError, match="holds files already"):
        api.analyze_studies(folder, tmp_path, bundle=None)
    assert (tmp_path / "mine.txt").read_text() == "keep"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
def test_a_full_disk_stops_the_run_and_keeps_what_is_done(three, tmp_path):
    out = tmp_path / "list"
    (three / "b.nii").rename(tmp_path / "b.nii")
    (three / "c.nii").rename(tmp_path / "c.nii")
    api.analyze_studies(three, out, workers=1, bundle=None)
    (tmp_path / "b.nii").rename(three / "b.nii")
    command = [sys.executable, "-m", "headct", "analyze", three, "--out", out, "--workers", "1"]
    # A file may not be longer than this: writing on fails as on a full disk, signal aside.
    full = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (20_000, 20_000))

    stopped = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, preexec_fn=full
    )
    again = api.analyze_studies(three, out, workers=1, bundle=None)

    assert stopped.returncode == 1
    assert "cannot write the answer" in stopped.stderr
    assert again.answered == 1
    assert [line.study for line in again.lines] == ["a.nii", "b.nii"]
