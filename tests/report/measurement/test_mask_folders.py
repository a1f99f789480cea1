from dataclasses import replace
from itertools import product

import nibabel
import numpy as np
import pytest

from headct.batch.processes import Processes
from headct.core.errors import MeasureError
from headct.core.grid import Grid
from headct.core.labels import HEMORRHAGE_SUBTYPES
from headct.core.volume import Mask
from headct.image.formats.nifti import write_nifti
from headct.measure.masks.case import MaskRules
from headct.measure.masks.lesions import LesionRule
from headct.report.masks import write_even, write_exact
from headct.report.measurement.mask_folders import (
    MaskReading,
    match_masks,
    score_mask_folders,
)

GRID = Grid.regular((3, 6, 8), (5.0, 0.5, 0.5), origin_mm=(-2.0, 10.0, 30.0))


def mask(columns=4, grid=GRID, names=("any_hemorrhage",)):
    labels = np.zeros(grid.shape, np.uint8)
    labels[1, 2:5, :columns] = 1
    return Mask(labels, grid, names)


def put(drawn, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    (write_exact if path.suffix == ".npz" else write_nifti)(drawn, path)


@pytest.fixture
def predicted(tmp_path):
    return tmp_path / "predicted"


@pytest.fixture
def truth(tmp_path):
    return tmp_path / "truth"


def test_masks_are_scored_case_by_case_in_order_of_names(predicted, truth):
    for name, columns in (("b", 2), ("a", 4)):
        put(mask(4), truth / f"{name}.nii.gz")
        put(mask(columns), predicted / f"{name}.nii.gz")

    scored = score_mask_folders(predicted, truth)

    dices = [(one.name, one.patient, one.classes[0].overlap.dice) for one in scored.cases]
    # 3 by 4 and 3 by 2 pixels: twice 6 of 18.
    assert dices == [("a", "a", 1.0), ("b", "b", pytest.approx(2 / 3))]
    assert scored.refused == ()


LAYOUTS = ("{}.nii", "{}.nii.gz", "{}.npz", "{}/mask_exact.npz", "{}/mask.nii.gz", "{}/drawn.nii")


@pytest.mark.parametrize(("one", "other"), list(product(LAYOUTS, repeat=2)))
def test_a_case_is_found_by_its_file_or_by_its_folder(predicted, truth, one, other):
    for name in ("17", "site/18"):
        put(mask(), predicted / one.format(name))
        put(mask(), truth / other.format(name))

    pairs, refused = match_masks(predicted, truth)

    ends = ({"17", "17/drawn"}, {"site/18", "site/18/drawn"})
    assert all(pair.name in names for pair, names in zip(pairs, ends, strict=True))
    assert refused == ()


def test_a_file_and_a_folder_of_one_name_are_two_cases(predicted, truth):
    for folder in (predicted, truth):
        for name in ("0", "a", "a/b"):
            put(mask(), folder / f"{name}.nii")

    pairs, _ = match_masks(predicted, truth)

    assert [p.predicted.relative_to(predicted) for p in pairs] == [
        p.truth.relative_to(truth) for p in pairs
    ]


@pytest.mark.parametrize("lone", ["a", "a/b"])
def test_a_mask_of_its_own_name_stands_before_one_whose_folder_is_named_so(predicted, truth, lone):
    put(mask(), predicted / f"{lone}.nii")
    for name in ("0", "a", "a/b"):
        put(mask(), truth / f"{name}.nii")

    pairs, (left_out, *others) = match_masks(predicted, truth, subset=True)

    assert [(one.name, one.truth) for one in pairs] == [(lone, truth / f"{lone}.nii")]
    assert (left_out.count, others) == (2, [])


def test_hidden_files_are_no_masks(predicted, truth):
    for folder in (predicted, truth):
        put(mask(), folder / "17.nii")
    (truth / "._17.nii").write_bytes(b"what a Mac leaves")

    pairs, refused = match_masks(predicted, truth)

    assert [pair.truth.name for pair in pairs] == ["17.nii"]
    assert refused == ()


def test_of_the_copies_that_analyze_writes_the_exact_mask_is_taken(predicted, truth):
    uneven = replace(GRID, origins_mm=GRID.origins_mm + np.array([[0, 0, z] for z in (0, 0, 3)]))
    for folder in (predicted / "17", truth / "17"):
        put(mask(grid=uneven), folder / "mask_exact.npz")
        write_even(mask(grid=uneven), folder)

    pairs, _ = match_masks(predicted, truth)

    assert [(p.name, p.predicted.name, p.truth.name) for p in pairs] == [
        ("17", "mask_exact.npz", "mask_exact.npz")
    ]


@pytest.mark.parametrize("axes", ["LPS", "RAS", "RPI", "PRS", "SAL"])
def test_a_nifti_in_another_orientation_is_the_same_mask(predicted, truth, axes):
    put(mask(), predicted / "17" / "mask_exact.npz")
    put(mask(), truth / "17.nii.gz")
    image = nibabel.load(truth / "17.nii.gz")
    turn = nibabel.orientations.ornt_transform(
        nibabel.io_orientation(image.affine), nibabel.orientations.axcodes2ornt(axes)
    )
    nibabel.save(image.as_reoriented(turn), truth / "17.nii.gz")

    (case,) = score_mask_folders(predicted, truth).cases

    assert case.classes[0].overlap.dice == 1.0
    assert case.classes[0].surface.hausdorff_mm == 0.0


def test_a_tilted_uneven_series_is_measured_in_mm_of_the_patient(predicted, truth, bleeding):
    drawn = bleeding.truth
    put(drawn, truth / "17" / "mask_exact.npz")
    put(replace(drawn, labels=np.roll(drawn.labels, 3, axis=2)), predicted / "17.npz")

    (case,) = score_mask_folders(predicted, truth).cases

    (score,) = [one for one in case.classes if one.label == "intraparenchymal"]
    moved_mm = 3 * drawn.grid.spacing_mm[1]
    assert score.surface.hausdorff_mm == pytest.approx(moved_mm, abs=1e-6)
    assert score.overlap.true_ml == pytest.approx(30.0, rel=0.02)


def test_values_of_a_nifti_stand_for_the_names_given(predicted, truth):
    put(mask(names=HEMORRHAGE_SUBTYPES), truth / "17.nii")
    put(mask(), predicted / "17.nii")
    reading = MaskReading(truth_names=HEMORRHAGE_SUBTYPES)

    (case,) = score_mask_folders(predicted, truth, reading).cases

    assert [(one.label, one.overlap.dice) for one in case.classes] == [("any_hemorrhage", 1.0)]


def test_rules_and_patients_are_those_given(predicted, truth):
    for name in ("17", "18"):
        put(mask(4), truth / f"{name}.nii")
        put(mask(2), predicted / f"{name}.nii")
    rules = MaskRules(lesion=LesionRule(iou=0.6))
    reading = MaskReading(rules=rules, patients={"17": "anna", "18": "anna"})

    cases = score_mask_folders(predicted, truth, reading).cases

    assert [one.patient for one in cases] == ["anna", "anna"]
    assert [one.classes[0].lesions.f1 for one in cases] == [0.0, 0.0]


@pytest.mark.slow
def test_processes_give_what_one_process_gives(predicted, truth):
    for name, columns in product("abcd", (1, 3)):
        put(mask(4), truth / f"{name}{columns}.nii")
        put(mask(columns), predicted / f"{name}{columns}.nii")

    alone, shared = (
        score_mask_folders(predicted, truth, where=Processes(workers)).cases for workers in (1, 2)
    )

    told = [[(c.name, c.classes[0].values()) for c in cases] for cases in (alone, shared)]
    assert told[0] == told[1]


def test_a_case_that_one_folder_lacks_is_refused_with_its_number_and_no_name(predicted, truth):
    for name in ("anna", "bert", "carl"):
        put(mask(), truth / f"{name}.nii")
    put(mask(), predicted / "anna.nii")
    put(mask(), predicted / "carl.nii")

    with pytest.raises(MeasureError) as told:
        score_mask_folders(predicted, truth)

    assert "true masks: 1 with no predicted one" in str(told.value)
    assert "give --subset" in str(told.value)
    assert "true mask 2 of 3 in order of names" in str(told.value)
    assert "bert" not in str(told.value)


def test_a_subset_is_scored_and_what_is_left_out_counted(predicted, truth):
    for name in ("anna", "bert", "carl"):
        put(mask(), truth / f"{name}.nii")
    for name in ("anna", "dora"):
        put(mask(), predicted / f"{name}.nii")

    scored = score_mask_folders(predicted, truth, MaskReading(subset=True))

    assert [one.name for one in scored.cases] == ["anna"]
    assert [(one.what, one.count) for one in scored.refused] == [
        ("true masks", 2),
        ("predicted masks", 1),
    ]


def test_a_pair_that_cannot_be_scored_is_told_by_number_and_the_others_go_on(predicted, truth):
    away = replace(GRID, origins_mm=GRID.origins_mm + 1.0)
    for name in ("anna", "bert", "carl"):
        put(mask(), truth / f"{name}.nii")
    put(mask(), predicted / "anna.nii")
    put(mask(grid=away), predicted / "bert.nii")
    (predicted / "carl.nii").write_bytes(b"not a mask")

    scored = score_mask_folders(predicted, truth)

    assert [one.name for one in scored.cases] == ["anna"]
    grids, damaged = map(str, scored.refused)
    assert grids.startswith("case 2 of 3: ")
    assert "1.73 mm apart" in grids
    assert damaged.startswith("case 3 of 3: the predicted mask cannot be read")
    assert "carl" not in damaged


def test_where_nothing_can_be_scored_the_reason_is_given(predicted, truth):
    put(mask(grid=replace(GRID, origins_mm=GRID.origins_mm + 1.0)), predicted / "17.npz")
    put(mask(), truth / "17.npz")

    with pytest.raises(MeasureError, match=r"none of 1 pairs .* 1\.73 mm apart"):
        score_mask_folders(predicted, truth)


def test_one_pair_without_a_label_in_common_ends_it(predicted, truth):
    for name, drawn in (("anna", "subdural"), ("bert", "epidural")):
        put(mask(names=("subdural",)), truth / f"{name}.npz")
        put(mask(names=(drawn,)), predicted / f"{name}.npz")

    with pytest.raises(MeasureError, match=r"^case 2 of 2: the masks have no class in common"):
        score_mask_folders(predicted, truth)


@pytest.mark.parametrize("which", ["true", "predicted"])
def test_one_value_without_a_name_ends_it_and_says_what_to_give(predicted, truth, which):
    drawn = mask(names=("epidural", "subdural"))
    drawn.labels[0, 0, 0] = 2
    for name in ("anna", "bert"):
        put(mask(), predicted / f"{name}.nii")
        put(mask(), truth / f"{name}.nii")
    put(drawn, (truth if which == "true" else predicted) / "bert.nii")

    with pytest.raises(MeasureError) as told:
        score_mask_folders(predicted, truth)

    assert str(told.value).startswith(f"case 2 of 2: the {which} mask: expected whole numbers from")
    assert "got 0 to 2; give --mask-label once for each value" in str(told.value)
    assert "bert" not in str(told.value)


def test_a_mask_of_shares_is_left_out_and_told(predicted, truth):
    for name in ("17", "18"):
        put(mask(), truth / f"{name}.nii")
        put(mask(), predicted / f"{name}.nii")
    image = nibabel.load(predicted / "18.nii")
    shares = np.asarray(image.dataobj, np.float32) * 0.6
    nibabel.save(nibabel.Nifti1Image(shares, image.affine), predicted / "18.nii")

    scored = score_mask_folders(predicted, truth)

    assert [one.name for one in scored.cases] == ["17"]
    assert str(scored.refused[0]).startswith("case 2 of 2: the predicted mask: expected whole numb")


def test_folders_without_a_common_case_are_refused(predicted, truth):
    put(mask(), predicted / "17.nii")
    put(mask(), truth / "18.nii")

    with pytest.raises(MeasureError, match="no case is in both folders"):
        match_masks(predicted, truth, subset=True)


@pytest.mark.parametrize("is_made", [True, False])
def test_a_folder_without_masks_is_refused(predicted, truth, is_made):
    put(mask(), truth / "17.nii")
    if is_made:
        (predicted / "empty").mkdir(parents=True)

    with pytest.raises(MeasureError, match="predicted masks"):
        match_masks(predicted, truth)


def test_two_files_of_one_case_are_refused(predicted, truth):
    put(mask(), predicted / "17.nii")
    put(mask(), truth / "17.nii")
    put(mask(), truth / "17.nii.gz")

    with pytest.raises(MeasureError, match="two true masks are of one case"):
        match_masks(predicted, truth)


def test_a_case_without_a_patient_is_refused_by_its_number(predicted, truth):
    for name in ("anna", "bert"):
        put(mask(), truth / f"{name}.nii")
        put(mask(), predicted / f"{name}.nii")

    with pytest.raises(MeasureError, match="1 of 2 cases have no patient, the first is case 2"):
        score_mask_folders(predicted, truth, MaskReading(patients={"anna": "1"}))


def test_patients_may_be_listed_in_a_file_that_lists_others_too(predicted, truth, tmp_path):
    for name in ("17", "site/18"):
        put(mask(), truth / f"{name}.nii")
        put(mask(), predicted / f"{name}.nii")
    listed = tmp_path / "whose.csv"
    listed.write_text("case,patient\nsite/18,anna\n17,anna\n19,bert\n")

    cases = score_mask_folders(predicted, truth, MaskReading(patients=listed)).cases

    assert [(one.name, one.patient) for one in cases] == [("17", "anna"), ("site/18", "anna")]


def test_a_file_in_place_of_a_folder_is_told(predicted, truth):
    put(mask(), predicted / "17.nii")
    truth.write_text("patient,any_hemorrhage\n")

    with pytest.raises(MeasureError, match="expected a folder of true masks: this is a file"):
        match_masks(predicted, truth)


@pytest.mark.parametrize("names", [(), ("subdural", "subdural"), ("bleed",)])
def test_names_that_are_no_labels_are_refused(names):
    with pytest.raises(ValueError, match="expected"):
        MaskReading(truth_names=names)
