import json

import nibabel
import numpy as np
import pytest

from headct.cohort.doubt import Kind
from headct.cohort.images import open_case
from headct.cohort.open import open_cohort
from headct.cohort.readers.declaration import Declaration
from headct.core.errors import CohortError
from headct.image.formats.nifti import read_nifti_mask, write_nifti

TWO = Declaration(mask_names=("epidural", "subdural"))


def save(path, *values, shape=(8, 8, 4), affine=None):
    """A NIfTI file whose first voxels hold some values."""
    stored = np.zeros(shape, np.uint8)
    stored.ravel()[: len(values)] = values
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(stored, np.eye(4) if affine is None else affine), path)


def labels_of(found):
    return {case.patient: case.labels for case in found.cohort.cases}


@pytest.mark.parametrize(
    ("images", "masks", "image", "mask"),
    [
        ("images", "masks", "{}.nii.gz", "{}.nii.gz"),
        ("images", "labels", "{}.nii.gz", "{}_seg.nii.gz"),
        ("images", "segmentations", "{}.nii", "{}_mask.nii.gz"),
        ("imagesTr", "labelsTr", "{}_0000.nii.gz", "{}.nii.gz"),
        ("ct_scans", "masks", "{}.nii", "{}.nii"),
    ],
)
def test_what_a_mask_shows_is_the_label_in_every_layout(tmp_path, images, masks, image, mask):
    for name, values in (("a", ()), ("b", (2, 2)), ("c", (1, 2))):
        save(tmp_path / images / image.format(name))
        save(tmp_path / masks / mask.format(name), *values)

    found = open_cohort(tmp_path, declared=TWO)

    assert found.kind == "nifti"
    assert found.doubts == ()
    shown = {p: {n for n, v in labels.items() if v} for p, labels in labels_of(found).items()}
    assert shown == {
        "a": set(),
        "b": {"subdural", "any_hemorrhage"},
        "c": {"epidural", "subdural", "any_hemorrhage"},
    }
    assert all(case.mask is not None and case.mask_names for case in found.cohort.cases)


def test_without_all_subtypes_no_blood_in_them_does_not_say_that_there_is_none(tmp_path):
    save(tmp_path / "images" / "a.nii.gz")
    save(tmp_path / "masks" / "a.nii.gz")

    (labels,) = labels_of(open_cohort(tmp_path, declared=TWO)).values()

    assert labels == {"epidural": False, "subdural": False, "any_hemorrhage": None}


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"background": 0, "IPH": 1, "subdural hematoma": 2}, ("intraparenchymal", "subdural")),
        ({"0": "background", "1": "EDH", "2": "SAH"}, ("epidural", "subarachnoid")),
        ({"background": 0, "leukoaraiosis": 1, "Any_Hemorrhage": 2}, None),
    ],
)
def test_nnunet_says_what_values_stand_for_in_both_its_versions(tmp_path, said, names):
    save(tmp_path / "imagesTr" / "a_0000.nii.gz")
    save(tmp_path / "labelsTr" / "a.nii.gz", 2)
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": said}))

    (case,) = open_cohort(tmp_path).cohort.cases

    names = names or ("leukoencephalopathy", "any_hemorrhage")
    assert case.mask_names == names
    assert (case.labels[names[0]], case.labels[names[1]]) == (False, True)


@pytest.mark.parametrize(
    "said",
    [
        {"background": 0, "edema": 1},
        {"background": 0, "IPH": 1, "SDH": 3},
        {"background": 0, "whole": [1, 2], "IPH": 1},
        {"IPH": "one"},
        ["IPH"],
    ],
)
def test_a_description_that_names_no_labels_is_refused(tmp_path, said):
    save(tmp_path / "imagesTr" / "a_0000.nii.gz")
    save(tmp_path / "labelsTr" / "a.nii.gz")
    (tmp_path / "dataset.json").write_text(json.dumps({"labels": said}))

    with pytest.raises(CohortError, match=r"dataset\.json"):
        open_cohort(tmp_path)


def test_masks_that_nobody_named_are_refused(tmp_path):
    save(tmp_path / "images" / "a.nii.gz")
    save(tmp_path / "masks" / "a.nii.gz")

    with pytest.raises(CohortError, match=r"not said: declare it in cohort\.toml"):
        open_cohort(tmp_path)
    (tmp_path / "cohort.toml").write_text('mask_names = ["any_hemorrhage"]\n')
    assert labels_of(open_cohort(tmp_path)) == {"a": {"any_hemorrhage": False}}


def test_a_lone_name_may_be_drawn_with_any_value(tmp_path):
    save(tmp_path / "ct_scans" / "049.nii")
    save(tmp_path / "masks" / "049.nii", 255, 255)

    (case,) = open_cohort(tmp_path).cohort.cases

    assert case.labels == {"any_hemorrhage": True}
    mask = read_nifti_mask(case.mask, case.mask_names)
    assert mask.areas("any_hemorrhage").sum() == 2


def test_images_without_masks_are_cases_without_labels(tmp_path):
    save(tmp_path / "images" / "a.nii.gz")

    found = open_cohort(tmp_path)

    assert labels_of(found) == {"a": {}}
    assert found.doubts == ()


def test_what_does_not_fit_together_is_told(tmp_path):
    shifted = np.eye(4)
    shifted[0, 3] = 5
    for name in "abcdef":
        save(tmp_path / "images" / f"{name}.nii.gz")
    save(tmp_path / "masks" / "a.nii.gz", 1)
    save(tmp_path / "masks" / "c.nii.gz", 3)
    save(tmp_path / "masks" / "d.nii.gz", 1, shape=(8, 8, 5))
    save(tmp_path / "masks" / "e.nii.gz", 1, affine=shifted)
    (tmp_path / "masks" / "f.nii.gz").write_bytes(b"no image")
    save(tmp_path / "masks" / "z.nii.gz", 1)

    found = open_cohort(tmp_path, declared=TWO)

    told = {doubt.patient: (doubt.kind, doubt.count) for doubt in found.doubts}
    assert told == {
        "b": (Kind.NO_LABEL, 1),
        "c": (Kind.CONTRADICTION, 1),
        "d": (Kind.CONTRADICTION, 1),
        "e": (Kind.CONTRADICTION, 1),
        "f": (Kind.UNREADABLE, 1),
        "": (Kind.NO_IMAGES, 1),
    }
    labels = labels_of(found)
    assert labels["a"]["epidural"] is True
    assert all(set(labels[name].values()) <= {None} for name in "bcdef")


def test_a_file_packed_and_unpacked_is_refused(tmp_path):
    save(tmp_path / "images" / "a.nii.gz")
    save(tmp_path / "images" / "a.nii")

    with pytest.raises(CohortError, match=r"as \.nii and as \.nii\.gz"):
        open_cohort(tmp_path, kind="nifti")


def test_a_head_opens_with_its_mask(tmp_path, healthy):
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    write_nifti(healthy.volume, tmp_path / "images" / "a.nii.gz")
    write_nifti(healthy.truth, tmp_path / "masks" / "a.nii.gz")

    (case,) = open_cohort(tmp_path, declared=Declaration(mask_names=("subdural",))).cohort.cases

    assert case.labels["subdural"] is False
    assert open_case(case).volume.hu.shape == healthy.volume.hu.shape
