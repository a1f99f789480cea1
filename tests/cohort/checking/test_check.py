import shutil
from dataclasses import replace

import numpy as np
import pydicom
import pytest
from bench.planted import compare
from pydicom.uid import RLELossless, generate_uid

from headct.cohort.checking.check import Standing, check
from headct.cohort.checking.decisions import EXCLUDE, Decisions, write_questions
from headct.cohort.checking.inspected import inspect_case
from headct.cohort.doubt import Doubt, Kind
from headct.cohort.open import open_cohort
from headct.core.case import Case, Cohort
from headct.core.errors import CohortError
from headct.core.labels import LEUKOENCEPHALOPATHY
from headct.core.record import Record
from headct.phantom.cohort.known import read_known
from headct.report.cohort_save import save_check


@pytest.fixture(scope="module")
def found(flawed_hospital):
    return open_cohort(flawed_hospital)


@pytest.fixture(scope="module")
def checked(found):
    return check(found.cohort, found.doubts)


def flawed(folder, flaw):
    known = [read_known(folder, path.stem) for path in sorted((folder / "truth").glob("*.json"))]
    return [one for one in known if one.facts["flaw"] == flaw]


def exported_again(case, folder, keep):
    """Other UIDs, names, order, compression and offset; some slices only."""
    folder.mkdir()
    images = [pydicom.dcmread(path) for path in sorted(case.path.glob("*.dcm"))]
    images = [image for image in images if image.SeriesNumber == 1]
    images.sort(key=lambda image: image.ImagePositionPatient[2])
    series, study = generate_uid(), generate_uid()
    for number, image in enumerate(reversed(images[keep])):
        stored = image.pixel_array.astype(np.int32)
        stored[stored == image.get("PixelPaddingValue", None)] = -1024 - int(image.RescaleIntercept)
        image.RescaleIntercept = int(image.RescaleIntercept) - 100
        image.PixelRepresentation = 1
        image.PixelData = (stored + 100).astype("<i2").tobytes()
        for name in ("PixelPaddingValue", "PixelPaddingRangeLimit"):
            if name in image:
                delattr(image, name)
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        image.SeriesInstanceUID, image.StudyInstanceUID = series, study
        image.PatientID, image.PatientName = "other", "Other"
        image.compress(RLELossless, generate_instance_uid=False)
        image.save_as(folder / f"x{number:03d}.dcm")
    return Case("other", "1", folder)


def test_every_trap_that_was_planted_is_found_and_nothing_else(checked, flawed_hospital, tmp_path):
    save_check(checked, tmp_path / "out", Record("cohort check"))

    wrong = [line for line in compare(flawed_hospital, tmp_path / "out") if not line.is_right]

    assert [str(line) for line in wrong] == []


def test_cases_that_are_asked_about_wait_and_the_others_are_ready(checked, flawed_hospital):
    flaws = ("no report", "undecided report")
    unknown = {one.patient for flaw in flaws for one in flawed(flawed_hospital, flaw)}
    (copy,) = flawed(flawed_hospital, "copy")
    later = max(copy.patient, copy.facts["original"])

    waiting = {
        case.patient
        for case, standing in zip(checked.cohort.cases, checked.standings, strict=True)
        if standing is Standing.OPEN
    }

    # So few patients cannot show that a label is wrong: that one may be asked about, or not.
    (wrong,) = flawed(flawed_hospital, "wrong report")
    assert waiting - {wrong.patient} == {*unknown, later}


def test_the_same_is_found_by_any_number_of_workers(checked, found):
    again = check(found.cohort, found.doubts, workers=2)

    assert again.doubts == checked.doubts
    assert again.others == checked.others
    assert [seen.thumbnail for seen in again.inspected] == [
        seen.thumbnail for seen in checked.inspected
    ]


def test_a_scan_exported_again_is_found_under_its_new_name(found, tmp_path):
    case = found.cohort.cases[0]
    again = exported_again(case, tmp_path / "again", slice(5, -3))

    whole = check(Cohort("c", (replace(case, labels={}), again)))

    (doubt,) = [doubt for doubt in whole.doubts if doubt.kind is Kind.SAME_SCAN]
    (pair,) = whole.same
    assert doubt.patient == "other"
    assert pair.shared == whole.inspected[1].shape[0] == whole.inspected[0].shape[0] - 8


def test_once_one_copy_is_taken_out_the_other_is_no_longer_asked_about(
    checked, found, flawed_hospital, tmp_path
):
    (copy,) = flawed(flawed_hospital, "copy")
    original = copy.facts["original"]
    (case,) = [case for case in found.cohort.cases if case.patient == original]
    path = tmp_path / "questions.csv"
    write_questions([Doubt(Kind.SAME_SCAN, "", original, case.study)], Decisions(), path)
    path.write_text(path.read_text(encoding="utf-8-sig").rstrip() + EXCLUDE)

    again = check(found.cohort, found.doubts, decided=path)

    standings = dict(
        zip((case.patient for case in again.cohort.cases), again.standings, strict=True)
    )
    assert standings[original] is Standing.OUT
    assert standings[copy.patient] is Standing.IN
    assert not again.same


def test_a_scan_that_cannot_be_read_is_a_result_and_stops_no_other(found, tmp_path):
    bad = tmp_path / "4711001"
    bad.mkdir()
    (bad / "0001.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 500)
    gone = Case("4711002", "s", tmp_path / "4711002")
    cases = (Case("4711001", "s", bad), gone, found.cohort.cases[0])

    whole = check(Cohort("c", cases))

    told = [doubt.told for doubt in whole.doubts if doubt.kind is Kind.UNREADABLE]
    assert whole.standings == (Standing.OUT, Standing.OUT, Standing.IN)
    assert len(told) == 2
    assert not any("4711" in text for text in told)


def test_pixels_that_break_off_are_a_result_too(found, tmp_path):
    folder = tmp_path / "broken"
    shutil.copytree(found.cohort.cases[0].path, folder)
    for path in folder.glob("*.dcm"):
        path.write_bytes(path.read_bytes()[:-2000])

    seen = inspect_case(Case("broken", "s", folder))

    assert seen.shape is None
    assert seen.failures


def test_decisions_of_another_cohort_are_refused_before_images_are_read(found, tmp_path):
    path = tmp_path / "questions.csv"
    write_questions([Doubt(Kind.QUALITY, "", "nobody", "s")], Decisions(), path)

    with pytest.raises(CohortError, match=r"questions\.csv, line 2"):
        check(found.cohort, found.doubts, decided=path)


def test_labels_are_counted_without_what_is_excluded(checked):
    yes, no, unknown = checked.labels[LEUKOENCEPHALOPATHY]

    assert yes + no + unknown == checked.standings.count("in") + checked.standings.count("open")
    assert unknown == 2  # no report, and an undecided one
