"""From a cohort to a store: the same bytes however it is done; no scan stops the others."""

import json
import os
import shutil
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from headct.batch import Processes
from headct.batch.journal import Journal
from headct.cohort.preparing.one_study import as_bytes
from headct.cohort.preparing.prepare import pick_pipeline, prepare
from headct.cohort.store.store import open_store
from headct.core.case import Case, Cohort, Pictures
from headct.core.errors import CohortError, HeadctError, OutputError
from headct.core.grid import Grid
from headct.core.volume import Mask
from headct.dicom.write import Header, write
from headct.image.encoders import Windows
from headct.image.formats.nifti import write_nifti
from headct.image.geometry import Crop, Reshape
from headct.image.intensity import Rescale, Standardize
from headct.image.pipeline import Pipeline

SMALL = Pipeline("small", (Reshape(64, 64), Windows(((40.0, 80.0),))))
SLICES = 29


@pytest.fixture(scope="module")
def scans(ball_head, tmp_path_factory):
    """Four patients' folders; not to be changed."""
    root = tmp_path_factory.mktemp("scans")
    volume = ball_head.scan()
    for number in range(4):
        brighter = replace(volume, hu=volume.hu + np.float32(3 * number))
        write(brighter, root / f"{number}", Header(patient_id=f"{number}"))
    return root


def cases(scans):
    return tuple(Case(path.name, "s", path) for path in sorted(scans.iterdir()))


@pytest.fixture(scope="module")
def cohort(scans):
    return Cohort("balls", cases(scans))


def files(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture(scope="module")
def whole(cohort, tmp_path_factory):
    """What one process makes in one go."""
    out = tmp_path_factory.mktemp("whole") / "store"
    prepare(cohort, SMALL, out)
    return files(out)


def test_two_workers_make_the_same_bytes_as_one(cohort, whole, tmp_path):
    outcome = prepare(cohort, SMALL, tmp_path / "store", where=Processes(2))

    assert outcome.made == 4
    assert files(tmp_path / "store") == whole


def test_a_second_run_checks_and_changes_nothing(cohort, whole, tmp_path):
    told = []
    prepare(cohort, SMALL, tmp_path / "store")

    outcome = prepare(
        cohort, SMALL, tmp_path / "store", progress=lambda done, total: told.append((done, total))
    )

    assert (outcome.made, outcome.repaired, told) == (0, 0, [])
    assert files(tmp_path / "store") == whole


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_a_run_that_was_cut_off_goes_on_to_the_same_bytes(cohort, whole, tmp_path, kept):
    out = tmp_path / "store"
    out.mkdir()
    lines = whole["journal.jsonl"].splitlines(keepends=True)
    # The next study's pixels came to the disk in part, and half of its line.
    at = len(whole["pixels.npy"]) * (kept + 0.5) / 4
    (out / "store.json").write_bytes(whole["store.json"])
    (out / "pixels.npy").write_bytes(whole["pixels.npy"][: round(at)])
    (out / "journal.jsonl").write_bytes(b"".join(lines[:kept]) + lines[kept][:100])
    told = []

    outcome = prepare(cohort, SMALL, out, progress=lambda done, total: told.append((done, total)))

    assert outcome.made == 4 - kept
    assert told == [(done, 4) for done in range(kept + 1, 5)]
    assert files(out) == whole


def test_a_bad_scan_is_refused_and_the_others_go_on(scans, tmp_path):
    for path in scans.iterdir():
        shutil.copytree(path, tmp_path / "scans" / path.name)
    shutil.rmtree(tmp_path / "scans" / "1")
    (tmp_path / "scans" / "1").mkdir()
    (tmp_path / "scans" / "1" / "0001.dcm").write_bytes(b"no DICOM at all")
    (tmp_path / "scans" / "2" / "0012.dcm").write_bytes(b"")
    cohort = Cohort("balls", cases(tmp_path / "scans"))

    outcome = prepare(cohort, SMALL, tmp_path / "store")

    assert open_store(tmp_path / "store").patients == ("0", "3")
    assert [refusal.what for refusal in outcome.refused] == ["case 2 of 4", "case 3 of 4"]
    assert "not DICOM" in outcome.refused[0].reason
    assert "a slice may be missing" in outcome.refused[1].reason
    table = (tmp_path / "store" / "refused.csv").read_text().splitlines()
    assert [line[:4] for line in table] == ["pati", "1,s,", "2,s,"]


def test_a_refused_scan_is_tried_again_once_it_is_mended(scans, tmp_path):
    for path in scans.iterdir():
        shutil.copytree(path, tmp_path / "scans" / path.name)
    cohort = Cohort("balls", cases(tmp_path / "scans"))
    broken = tmp_path / "scans" / "1" / "0012.dcm"
    content = broken.read_bytes()
    broken.write_bytes(b"")
    prepare(cohort, SMALL, tmp_path / "store")
    first = files(tmp_path / "store")
    again = prepare(cohort, SMALL, tmp_path / "store")
    assert (again.made, len(again.refused), files(tmp_path / "store")) == (0, 1, first)

    broken.write_bytes(content)
    mended = prepare(cohort, SMALL, tmp_path / "store")

    assert (mended.made, mended.refused) == (1, ())
    store = open_store(tmp_path / "store")
    assert store.patients == ("0", "2", "3", "1")
    assert store.check() == ()
    assert len(np.load(tmp_path / "store" / "pixels.npy")) == 4 * SLICES


def test_what_should_not_happen_is_refused_by_its_place_without_its_words(scans, tmp_path):
    odd = Case("0", "secret", scans / "0", pictures=(Pictures((), (40.0, 80.0)),))

    outcome = prepare(Cohort("odd", (odd, *cases(scans)[1:2])), SMALL, tmp_path / "store")

    (refusal,) = outcome.refused
    assert refusal.what == "case 1 of 2"
    assert "secret" not in refusal.reason
    assert outcome.made == 1


def test_a_scan_of_another_matrix_is_refused_where_the_pipeline_keeps_it(
    scans, ball_head, tmp_path
):
    write(Crop(rows=(0, 200))(ball_head.scan()), tmp_path / "other")
    cohort = Cohort("mixed", (*cases(scans)[:1], Case("other", "s", tmp_path / "other")))

    outcome = prepare(cohort, Pipeline("as is", (Windows(),)), tmp_path / "store")

    assert "let the pipeline bring all to one matrix (Reshape)" in outcome.refused[0].reason


def test_a_store_of_something_else_is_refused_and_told_in_what(cohort, tmp_path):
    out = tmp_path / "store"
    prepare(cohort, SMALL, out)
    before = files(out)
    other = Pipeline("other", (Reshape(32, 32), Windows()))
    fewer = replace(cohort, cases=cohort.cases[1:])
    known = replace(cohort, cases=tuple(case.with_label("subdural", True) for case in cohort.cases))

    for changed, pipeline, told in (
        (cohort, other, "pipeline small there, other here"),
        (fewer, SMALL, "cohort balls of 4 studies there, other 3 here"),
        (known, SMALL, "labels, sites or masks of the studies"),
    ):
        with pytest.raises(OutputError, match=told):
            prepare(changed, pipeline, out)

    said = json.loads(before["store.json"])
    said["record"]["versions"]["numpy"] = "1.0"
    (out / "store.json").write_text(json.dumps(said))
    with pytest.raises(OutputError, match=rf"numpy 1\.0 there, {np.__version__} here"):
        prepare(cohort, SMALL, out)
    (out / "store.json").write_bytes(before["store.json"])
    assert files(out) == before


def test_a_pipeline_of_another_name_and_the_same_steps_goes_on(cohort, whole, tmp_path):
    prepare(cohort, SMALL, tmp_path / "store")

    prepare(cohort, replace(SMALL, name="renamed"), tmp_path / "store")

    assert files(tmp_path / "store") == whole


def test_a_folder_that_holds_something_else_is_refused(cohort, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")

    with pytest.raises(OutputError, match="is not an empty folder, and holds no store"):
        prepare(cohort, SMALL, tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.skipif(os.name != "posix", reason="locks of POSIX")
def test_two_runs_at_once_do_not_mix(cohort, whole, tmp_path):
    prepare(cohort, SMALL, tmp_path / "store")
    at_work = Journal(tmp_path / "store" / "journal.jsonl")

    with closing(at_work), pytest.raises(OutputError, match="another run is at work in store"):
        prepare(cohort, SMALL, tmp_path / "store")

    assert files(tmp_path / "store") == whole


def test_what_is_fitted_is_not_stored(cohort, tmp_path):
    fitted = Pipeline("fitted", (Rescale(0, 80), Standardize(0.4, 0.2), Windows()))

    with pytest.raises(ValueError, match="Standardize is fitted on training patients and applied"):
        prepare(cohort, fitted, tmp_path / "store")

    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("shape", "origin_mm", "told"),
    [
        ((29, 201, 200), (0, 0, 0), "the mask is"),
        ((29, 201, 201), (0, 0, 10), "the mask lies 10.0 mm off its scan"),
    ],
)
def test_a_mask_of_another_scan_is_refused(scans, tmp_path, shape, origin_mm, told):
    grid = Grid.regular(shape, (5.0, 1.0, 1.0), origin_mm=origin_mm)
    write_nifti(Mask(np.ones(shape, np.uint8), grid, ("subdural",)), tmp_path / "mask.nii.gz")
    masked = Case("0", "s", scans / "0", mask=tmp_path / "mask.nii.gz", mask_names=("subdural",))

    outcome = prepare(Cohort("masked", (masked,)), SMALL, tmp_path / "store")

    assert told in outcome.refused[0].reason


def test_a_study_without_a_finding_has_an_empty_mask_and_an_undecided_one_none(scans, tmp_path):
    grid = Grid.regular((29, 201, 201), (5.0, 1.0, 1.0))
    write_nifti(Mask(np.ones(grid.shape, np.uint8), grid, ("subdural",)), tmp_path / "mask.nii.gz")
    first, second, third, _ = cases(scans)
    masked = replace(first, mask=tmp_path / "mask.nii.gz", mask_names=("subdural",))
    cohort = Cohort("masked", (masked, second.with_label("subdural", False), third))

    prepare(cohort, SMALL, tmp_path / "store")

    store = open_store(tmp_path / "store")
    assert [study.has_mask for study in store.studies] == [True, True, False]
    values = [set(np.unique(store.masks[study.slices])) for study in store.studies]
    assert values == [{1}, {0}, {255}]


def test_bytes_are_rounded_to_the_nearest_of_255_steps():
    x = np.random.default_rng(1).random((2, 1, 50, 50), dtype=np.float32)

    stored = as_bytes(x)

    assert np.abs(stored / 255 - x).max() <= 0.5 / 255 + 1e-7
    assert as_bytes(np.array([[[[0.0, 1.0]]]], np.float32)).tolist() == [[[[0, 255]]]]


@pytest.mark.parametrize("wrong", [-0.01, 1.01, np.nan])
def test_values_that_a_store_cannot_hold_are_refused(wrong):
    with pytest.raises(HeadctError, match=r"a store holds \[0, 1\]"):
        as_bytes(np.array([[[[0.5, wrong]]]], np.float32))


def test_a_pipeline_is_picked_by_name_or_by_file(tmp_path):
    path = tmp_path / "own.json"
    path.write_text(json.dumps(SMALL.as_dict()))

    assert pick_pipeline(str(path)) == SMALL
    assert pick_pipeline("A").name == "A"
    with pytest.raises(ValueError, match="no pipeline 'Z': expected one of A, B, C"):
        pick_pipeline("Z")
    path.write_text('{"name": "x", "steps": [{"step": "Sharpen"}]}')
    with pytest.raises(CohortError, match=r"own\.json: pipeline x, step 1: unknown step 'Sharpen'"):
        pick_pipeline(str(path))


def test_the_journal_names_every_study_once(whole):
    entries = [json.loads(line) for line in whole["journal.jsonl"].splitlines()]

    assert [(entry["patient"], entry["first"]) for entry in entries] == [
        (f"{number}", number * SLICES) for number in range(4)
    ]
