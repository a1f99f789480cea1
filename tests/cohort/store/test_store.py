"""Reading what was prepared: order, labels, masks, and what becomes of a store that is damaged."""

import csv
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from headct.batch.journal import read_journal
from headct.cohort.preparing.prepare import prepare
from headct.cohort.store.store import NO_MASK, open_store
from headct.core.case import Case, Cohort, SliceLabels
from headct.core.errors import CohortError
from headct.core.volume import Mask
from headct.dicom.write import Header, write
from headct.image.encoders import Windows
from headct.image.formats.nifti import write_nifti
from headct.image.geometry import Crop, Reshape
from headct.image.intensity import Standardize
from headct.image.pipeline import Pipeline

WINDOWS = ((40.0, 80.0), (600.0, 2800.0))
HALVED = Pipeline("halved", (Reshape(101, 101), Windows(WINDOWS)))
SLICES = 29


@pytest.fixture(scope="module")
def cohort(ball_head, tmp_path_factory):
    """Three patients: labels by slice and a mask, labels by study alone, nothing known."""
    root = tmp_path_factory.mktemp("cohort")
    volume = ball_head.scan()
    for name in ("10", "9", "b"):
        write(volume, root / name, Header(patient_id=name))
    drawn = np.zeros(volume.grid.shape, np.uint8)
    drawn[12:15, 80:120, 60:100] = 1
    drawn[20, 100:110, 100:110] = 2
    names = ("subdural", "epidural")
    write_nifti(Mask(drawn, volume.grid, names), root / "mask.nii.gz")
    files = tuple(sorted(file.name for file in (root / "10").iterdir()))
    values = np.full((SLICES - 1, 2), -1, np.int8)
    values[12:15, 0] = 1
    values[:12, 0] = 0
    known = SliceLabels(("subdural", "epidural"), files[:-1], values)
    cases = (
        Case(
            "10",
            "x",
            root / "10",
            {"any_hemorrhage": True},
            known,
            site="north",
            mask=root / "mask.nii.gz",
            mask_names=names,
        ),
        Case("9", "x", root / "9", {"any_hemorrhage": False}),
        Case("b", "y", root / "b", {"any_hemorrhage": None}),
    )
    return Cohort("balls", cases)


@pytest.fixture(scope="module")
def prepared(cohort, tmp_path_factory):
    out = tmp_path_factory.mktemp("store") / "store"
    prepare(cohort, HALVED, out, kind="by hand")
    return out


def test_pixels_are_the_frames_as_255_steps(prepared, ball_head):
    store = open_store(prepared)
    # The series was written in whole HU.
    hu = np.rint(ball_head.scan().hu)

    # Averaged areas of a whole matrix halved with an odd edge: compare the middle of the ball,
    # which is flat but for noise of 4 HU.
    middle = store.read([14])[0, 0, 45:55, 45:55] / 255

    assert store.pixels.shape == (3 * SLICES, 2, 101, 101)
    assert store.pixels.dtype == np.uint8
    assert middle.mean() == pytest.approx((hu[14, 90:110, 90:110].mean() - 0) / 80, abs=0.01)
    assert store.header.frames.channels == ("window 40/80", "window 600/2800")


def test_numpy_reads_the_files_of_a_finished_store(prepared):
    store = open_store(prepared)

    np.testing.assert_array_equal(np.load(prepared / "pixels.npy"), store.pixels)
    np.testing.assert_array_equal(np.load(prepared / "masks.npy"), store.masks)


def test_slices_are_read_in_the_order_asked_for(prepared):
    store = open_store(prepared)
    indices = [86, 0, 31, 0, 12]

    read = store.read(np.array(indices))

    whole = np.load(prepared / "pixels.npy")
    assert all((read[place] == whole[index]).all() for place, index in enumerate(indices))


def test_what_is_fitted_is_applied_to_what_was_read(prepared):
    store = open_store(prepared)
    standardize = Standardize(0.4, 0.2)

    read = standardize.on(store.read([14, 50]))

    expected = 0.5 + (store.read([14, 50]) / 255 - 0.4) / 0.2 / 6
    np.testing.assert_allclose(read, np.clip(expected, 0, 1), atol=1e-6)


def test_labels_stand_by_study_and_by_slice_and_unknown_is_never_no(prepared):
    store = open_store(prepared)

    assert store.labels == ("any_hemorrhage", "epidural", "subdural")
    assert store.study_values.tolist() == [[1, -1, -1], [0, -1, -1], [-1, -1, -1]]
    subdural = store.slice_values[:, 2]
    assert subdural[:12].tolist() == [0] * 12
    assert subdural[12:15].tolist() == [1] * 3
    assert set(subdural[15:].tolist()) == {-1}
    assert set(store.slice_values[:, :2].ravel().tolist()) == {-1}


def test_slices_are_found_by_patient(prepared):
    store = open_store(prepared)

    assert store.patients == ("10", "9", "b")
    assert store.slices_of(["b", "10"]).tolist() == [*range(SLICES), *range(2 * SLICES, 3 * SLICES)]
    assert store.slices_of([]).tolist() == []
    assert store.study_of.tolist() == [0] * SLICES + [1] * SLICES + [2] * SLICES


def test_masks_take_the_same_way_as_the_pixels_and_know_their_names(prepared):
    store = open_store(prepared)
    masks = store.masks

    # Rows 80 to 119 of 201 become 40 to 59 of 101: a centre lies at (i + 1/2) 201/101 - 1/2.
    centres = (np.arange(101) + 0.5) * 201 / 101 - 0.5
    rows = np.flatnonzero((centres > 79.5) & (centres < 119.5))
    columns = np.flatnonzero((centres > 59.5) & (centres < 99.5))

    assert store.header.mask_names == ("epidural", "subdural")
    marked = np.argwhere(masks[:SLICES] == 2)
    assert marked.min(axis=0).tolist() == [12, rows[0], columns[0]]
    assert marked.max(axis=0).tolist() == [14, rows[-1], columns[-1]]
    assert len(marked) == 3 * len(rows) * len(columns)
    assert np.flatnonzero((masks == 1).any(axis=(1, 2))).tolist() == [20]
    assert (masks[SLICES:] == NO_MASK).all()


def test_the_grid_comes_back_where_the_pixels_lie(prepared, ball_head):
    study = open_store(prepared).studies[0]

    assert study.grid == Reshape(101, 101)(ball_head.scan()).grid


def test_cropping_keeps_labels_with_their_slices(cohort, tmp_path):
    few = Pipeline("few", (Crop(slices=(10, 16)), Windows(WINDOWS[:1])))

    prepare(cohort, few, tmp_path / "store")

    store = open_store(tmp_path / "store")
    assert store.slice_values[:6, 2].tolist() == [0, 0, 1, 1, 1, -1]
    assert store.studies[0].files[0] == "0011.dcm"
    assert np.flatnonzero((store.masks[:6] == 2).any(axis=(1, 2))).tolist() == [2, 3, 4]


def test_the_tables_say_the_same_for_people(prepared):
    rows = list(csv.DictReader((prepared / "slices.csv").open()))

    assert len(rows) == 3 * SLICES
    assert [rows[13][name] for name in ("slice", "patient", "study", "site", "file")] == [
        *("13", "10", "x", "north", "0014.dcm")
    ]
    assert rows[13]["position_mm"] == "65.000"  # 13 distances of 5 mm
    assert [rows[13][name] for name in ("subdural", "epidural")] == ["1", ""]
    assert rows[13]["study_any_hemorrhage"] == "1"
    assert (prepared / "refused.csv").read_text() == "patient,study,reason\n"


def test_a_store_crosses_to_other_processes_as_its_path(prepared):
    store = open_store(prepared)

    sent = pickle.dumps(store)

    assert len(sent) < 500
    np.testing.assert_array_equal(pickle.loads(sent).read([3]), store.read([3]))


@pytest.fixture
def copied(prepared, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in prepared.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    return copy


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("file", "at", "damaged"),
    [
        ("pixels.npy", -1, (2,)),
        ("pixels.npy", 200, (0,)),
        ("pixels.npy", 128 + SLICES * 2 * 101 * 101, (1,)),
        ("masks.npy", -1, (2,)),
    ],
)
def test_one_flipped_bit_is_found_and_its_study_named(copied, file, at, damaged):
    assert open_store(copied).check() == ()

    flip(copied / file, at)

    assert open_store(copied).check() == damaged


def test_a_file_that_was_cut_short_is_found(copied):
    content = (copied / "pixels.npy").read_bytes()
    (copied / "pixels.npy").write_bytes(content[: len(content) // 2])
    store = open_store(copied)

    assert store.check() == (1, 2)
    with pytest.raises(
        CohortError, match=r"pixels.npy is not there, or shorter than the 87 slices"
    ):
        store.read([0])


def test_a_damaged_study_is_made_again_in_its_place(cohort, copied):
    before = {file.name: file.read_bytes() for file in copied.iterdir()}
    flip(copied / "masks.npy", 128 + 5)
    (copied / "pixels.npy").write_bytes(before["pixels.npy"][: 2 * SLICES * 2 * 101 * 101])

    outcome = prepare(cohort, HALVED, copied)

    assert (outcome.made, outcome.repaired) == (0, 3)
    assert {file.name: file.read_bytes() for file in copied.iterdir()} == before


def test_a_cohort_without_masks_says_so(cohort, tmp_path):
    lone = Cohort("lone", cohort.cases[1:2])
    prepare(lone, HALVED, tmp_path / "store")

    with pytest.raises(CohortError, match="no case of this cohort has a mask"):
        _ = open_store(tmp_path / "store").masks
    assert not (tmp_path / "store" / "masks.npy").exists()


def test_what_is_no_store_is_refused(tmp_path):
    with pytest.raises(
        CohortError, match=r"holds no store.json: give a folder that headct prepare"
    ):
        open_store(tmp_path)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda said: said.update(version=2), "expected format 'headct store' version 1"),
        (lambda said: said.pop("labels"), "cannot be read"),
    ],
)
def test_a_header_that_says_something_else_is_refused(copied, change, told):
    said = json.loads((copied / "store.json").read_text())
    change(said)
    (copied / "store.json").write_text(json.dumps(said))

    with pytest.raises(CohortError, match=told):
        open_store(copied)


def test_no_line_of_the_journal_can_be_left_out(copied):
    lines = (copied / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (copied / "journal.jsonl").write_bytes(lines[0] + lines[2])

    assert len(read_journal(copied / "journal.jsonl")) == 2
    with pytest.raises(CohortError, match="line 2: not the line of a study that follows"):
        open_store(copied)
