from dataclasses import replace

import numpy as np
import pytest

from headct.cohort.preparing.prepare import prepare
from headct.core.case import Cohort
from headct.core.errors import TrainError
from headct.image.encoders import Gray
from headct.image.geometry import Reshape
from headct.image.intensity import Rescale
from headct.image.pipeline import Pipeline
from headct.train.losses import NOT_DRAWN
from headct.train.slices import Slices, check_learnable, mask_codes, slices_of_store, truth_of

SMALL = Pipeline("small", (Reshape(32, 32), Rescale(0.0, 80.0), Gray()))
LABELS = ("any_hemorrhage", "epidural", "subdural")


def plain(labels) -> Slices:
    labels = np.array(labels, np.int8)
    return Slices(
        "plain",
        np.zeros((len(labels), 1, 4, 4), np.uint8),
        labels,
        None,
        np.arange(len(labels)),
    )


def test_slices_of_a_store_are_those_of_the_patients(store, parts):
    slices = slices_of_store(store, LABELS, parts["test"])

    owners = {store.patients[store.study_of[row]] for row in slices.rows}

    assert owners == set(parts["test"])
    assert len(slices) == 2 * store.studies[0].count


def test_what_is_taken_is_what_the_store_reads(store, parts):
    slices = slices_of_store(store, LABELS, parts["train"])

    taken = slices.take(np.array([40, 3]))

    np.testing.assert_array_equal(taken.pixels, store.read(slices.rows[[40, 3]]))
    assert (taken.masks == NOT_DRAWN).all()


def test_a_label_the_store_has_not_is_unknown_and_never_0(store):
    truth = truth_of(store, LABELS, inherit=False)

    assert (truth[:, 1] == -1).all()
    np.testing.assert_array_equal(truth[:, 2], store.slice_values[:, 1])


def test_slices_take_their_studys_label_only_where_asked(balls, tmp_path):
    two = tuple(replace(case, slice_labels=None) for case in balls.cases[:2])
    studies = prepare(Cohort("two", two), SMALL, tmp_path / "store").store
    count = studies.studies[0].count

    own = truth_of(studies, ("subdural",), inherit=False)[:, 0]
    taken = truth_of(studies, ("subdural",), inherit=True)[:, 0]

    # A study without has it on no slice; of one with, no slice says so by itself.
    assert own.tolist() == [0] * count + [-1] * count
    assert taken.tolist() == [0] * count + [1] * count


def test_mask_values_follow_their_names():
    codes = mask_codes(("subdural", "leukoencephalopathy"), LABELS)

    assert codes[[0, 1, 2, 255]].tolist() == [0, 3, 0, NOT_DRAWN]


def test_slices_of_one_class_are_refused_with_counts():
    with pytest.raises(
        TrainError, match=r"any_hemorrhage: of 2 training slices .* 2 have it, 0 do"
    ):
        check_learnable(plain([[1, 0, 1], [1, 1, 0]]), LABELS)


def test_a_label_that_is_nowhere_known_is_refused_as_the_first_and_told_as_another():
    with pytest.raises(TrainError, match="and of 2 it is not known"):
        check_learnable(plain([[-1, 0, 1], [-1, 1, 0]]), LABELS)

    (told,) = check_learnable(plain([[0, -1, 1], [1, -1, 0]]), LABELS)

    assert "epidural" in told
    assert "its output means nothing" in told


def test_no_slices_are_refused(store):
    with pytest.raises(TrainError, match="no slices are there"):
        slices_of_store(store, LABELS, [])
