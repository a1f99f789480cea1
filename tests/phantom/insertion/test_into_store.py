"""Scans with inserted bleeds, filed so that no split can train on those of its test patients."""

from dataclasses import replace

import numpy as np
import pytest

from headct.batch import Processes
from headct.cohort.store.store import NO_MASK, open_store
from headct.core.case import UNKNOWN, Case, Cohort, SliceLabels
from headct.core.errors import OutputError
from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES, LEUKOENCEPHALOPATHY
from headct.dicom.write import Header, write
from headct.image.encoders import Neighbours
from headct.image.geometry import Reshape
from headct.image.pipeline import Pipeline
from headct.phantom.generator import MASKED
from headct.phantom.insertion.into_store import Insertions, insert_into_store
from headct.phantom.insertion.ranges import InsertionRanges

SMALL = Pipeline("small", (Reshape(96, 96), Neighbours(5.0, (40.0, 120.0))))
SICK = InsertionRanges(bleeding=1.0, another=0.0, looking_alike=0.0, pushing=0.0)
WISH = Insertions(times=2, seed=3, matrix=128, ranges=SICK)
SHOWS = 4  # slices of the second patient that bleed by themselves


@pytest.fixture(scope="module")
def cohort(healthy, ball_head, tmp_path_factory):
    """A well head, one of whose slices some are said to bleed, and what is no head."""
    root = tmp_path_factory.mktemp("scans")
    files = {}
    for name, volume in (
        ("well", healthy.volume),
        ("bleeds", replace(healthy.volume, hu=healthy.volume.hu + np.float32(1))),
    ):
        write(volume, root / name, Header(patient_id=name))
        files[name] = tuple(sorted(path.name for path in (root / name).iterdir()))
    empty = replace(ball_head.scan(), hu=np.full_like(ball_head.scan().hu, -1000))
    write(empty, root / "air", Header(patient_id="air"))
    values = np.zeros((len(files["bleeds"]), 1), np.int8)
    values[:SHOWS] = 1
    labels = SliceLabels((ANY_HEMORRHAGE,), files["bleeds"], values)
    return Cohort(
        "heads",
        (
            Case("well", "s", root / "well", {ANY_HEMORRHAGE: False}),
            Case("bleeds", "s", root / "bleeds", {ANY_HEMORRHAGE: True}, labels),
            Case("air", "s", root / "air", {ANY_HEMORRHAGE: False}),
        ),
    )


@pytest.fixture(scope="module")
def made(cohort, tmp_path_factory):
    out = tmp_path_factory.mktemp("made") / "store"
    return insert_into_store(cohort, SMALL, out, WISH)


def test_each_scan_is_there_so_often_under_its_own_patient(made):
    owners = [(study.patient, study.study) for study in made.store.studies]

    assert owners == [("well", "s+0"), ("well", "s+1"), ("bleeds", "s+0"), ("bleeds", "s+1")]


def test_a_slice_with_a_drawn_bleed_has_its_label_and_one_without_has_none(made):
    store = made.store
    names = [*store.labels]
    first = store.studies[0].slices
    masks = store.masks[first]

    for value, name in enumerate(MASKED, start=1):
        if name == LEUKOENCEPHALOPATHY:
            continue
        labels = store.slice_values[first, names.index(name)]
        pixels = (masks == value).sum(axis=(1, 2))
        # On the coarse matrix of the frames a few pixels of the scan's may be none.
        assert (labels[pixels > 3] != 0).all()
        assert (labels[pixels == 0] != 1).sum() >= (pixels == 0).sum() - 2
    assert (masks > 0).any()


def test_whether_the_scan_has_another_disease_stays_unknown(made):
    store = made.store

    leuko = store.slice_values[:, store.labels.index(LEUKOENCEPHALOPATHY)]

    assert (leuko == UNKNOWN).all()


def test_of_slices_that_bleed_by_themselves_nothing_is_taught(made, cohort):
    store = made.store
    columns = [store.labels.index(n) for n in (ANY_HEMORRHAGE, *HEMORRHAGE_SUBTYPES)]
    study = store.studies[2]
    shows = [name in cohort.cases[1].slice_labels.files[:SHOWS] for name in study.files]

    unknown = (store.slice_values[study.slices][:, columns] == UNKNOWN).all(axis=1)
    undrawn = (store.masks[study.slices] == NO_MASK).all(axis=(1, 2))

    assert sum(shows) == SHOWS
    assert undrawn.tolist() == shows
    assert unknown[np.array(shows)].all()


def test_what_is_no_head_is_told_and_stops_nothing(made):
    assert [refusal.what for refusal in made.refused] == ["1 scans"]
    assert len(made.store.studies) == 4


def test_two_workers_and_a_second_run_give_the_same_bytes(cohort, made, tmp_path):
    out = tmp_path / "store"
    insert_into_store(Cohort(cohort.name, cohort.cases), SMALL, out, WISH, where=Processes(2))

    again = insert_into_store(cohort, SMALL, out, WISH)

    assert again.made == 0
    for name in ("pixels.npy", "masks.npy", "slices.csv"):
        assert (out / name).read_bytes() == (made.store.folder / name).read_bytes()


def test_a_run_that_was_cut_off_goes_on(cohort, made, tmp_path):
    out = tmp_path / "store"

    def stop(done, _):
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        insert_into_store(cohort, SMALL, out, WISH, progress=stop)
    outcome = insert_into_store(cohort, SMALL, out, WISH)

    assert outcome.made == 2
    assert (out / "pixels.npy").read_bytes() == (made.store.folder / "pixels.npy").read_bytes()


def test_a_store_of_another_seed_is_refused(cohort, made):
    with pytest.raises(OutputError, match="another store"):
        insert_into_store(cohort, SMALL, made.store.folder, replace(WISH, seed=4))


def test_the_store_opens_as_any_other(made):
    assert len(open_store(made.store.folder).check()) == 0


def test_numbers_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="0 times"):
        Insertions(times=0)
