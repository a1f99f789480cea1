import cv2
import numpy as np
import pandas as pd
import pytest

from headct.cohort.doubt import Kind
from headct.cohort.images import open_case
from headct.cohort.masks import read_mask_pictures
from headct.cohort.open import open_cohort
from headct.core.errors import CohortError, PixelError, ScanError

HEADER = (
    "PatientNumber,SliceNumber,Intraventricular,Intraparenchymal,Subarachnoid,Epidural,Subdural,"
    "No_Hemorrhage,Fracture_Yes_No"
)
WELL, EPIDURAL = "0,0,0,0,0,1,0", "0,0,0,1,0,0,1"


def stored(level, width, hu):
    """How CT-ICH shows HU: black at the lower end of the window, white at the upper."""
    return np.clip((np.asarray(hu) - (level - width / 2)) / width * 255, 0, 255).round()


@pytest.fixture
def made(tmp_path):
    """Two patients of three slices: the second slice of the first bleeds at 60 HU."""
    rows = []
    for patient in (7, 8):
        for window, level, width in (("brain", 40, 120), ("bone", 700, 3200)):
            folder = tmp_path / "Patients_CT" / f"{patient:03d}" / window
            folder.mkdir(parents=True)
            for number in (1, 2, 10):
                hu = np.full((32, 32), -1000.0)
                hu[8:24, 8:24] = 60.0 if (patient, number) == (7, 2) else 30.0
                hu[4:8] = 1000.0
                picture = stored(level, width, hu).astype(np.uint8)
                cv2.imwrite(f"{folder}/{number}.jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 100])
        for number in (1, 2, 10):
            shown = EPIDURAL if (patient, number) == (7, 2) else WELL
            rows.append(f"{patient},{number},{shown}")
    (tmp_path / "hemorrhage_diagnosis.csv").write_text("\r\n".join([HEADER, *rows]) + "\r\n")
    return tmp_path


def draw_mask(made, size=32):
    mask = np.zeros((size, size), np.uint8)
    mask[10:20, 12:22] = 255
    path = made / "Patients_CT" / "007" / "brain" / "2_HGE_Seg.jpg"
    cv2.imwrite(str(path), mask)
    return path


def change(made, old, new):
    table = made / "hemorrhage_diagnosis.csv"
    text = table.read_bytes().decode()
    assert old in text
    table.write_bytes(text.replace(old, new, 1).encode())


def test_labels_of_slices_and_patients_are_those_of_the_table(made):
    found = open_cohort(made)

    first, second = found.cohort.cases
    assert found.kind == "ct-ich"
    assert found.doubts == ()
    assert first.slice_labels.files == ("1.jpg", "2.jpg", "10.jpg")
    assert first.slice_labels.truth("2.jpg") == {
        **first.slice_labels.truth("1.jpg"),
        "epidural": True,
        "any_hemorrhage": True,
    }
    assert {name for name, value in first.labels.items() if value} == {"epidural", "any_hemorrhage"}
    assert set(second.labels.values()) == {False}


def test_hu_come_back_from_both_windows(made):
    volume = open_case(open_cohort(made).cohort.cases[0]).volume

    # 120 HU over 255 steps, 3200 over 255: half a step either way, and what JPEG adds.
    assert volume.hu[1, 16, 16] == pytest.approx(60, abs=1.5)
    assert volume.hu[0, 16, 16] == pytest.approx(30, abs=1.5)
    assert volume.hu[1, 5, 16] == pytest.approx(1000, abs=20)
    assert volume.seen_hu == (-900.0, 2300.0)


def test_air_that_jpeg_has_lifted_off_black_is_air_all_the_same(made):
    for path in (made / "Patients_CT").glob("*/brain/*.jpg"):
        picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(path), np.maximum(picture, 3), [cv2.IMWRITE_JPEG_QUALITY, 100])

    volume = open_case(open_cohort(made).cohort.cases[0]).volume

    # Bone ends at -900 HU.
    assert volume.hu[:, 26:].max() < -850
    assert volume.hu[0, 16, 16] == pytest.approx(30, abs=1.5)


def test_a_mask_beside_a_slice_is_the_mask_of_that_slice(made):
    draw_mask(made)
    case, well = open_cohort(made).cohort.cases

    mask = read_mask_pictures(case, open_case(case).volume)

    assert well.mask_pictures == {}
    assert mask.names == ("any_hemorrhage",)
    assert mask.areas("any_hemorrhage").tolist() == [0, 100, 0]
    assert mask.labels[1, 10:20, 12:22].all()


def test_a_mask_that_does_not_fit_its_slice_is_refused(made):
    path = draw_mask(made, size=30)
    case = open_cohort(made).cohort.cases[0]
    volume = open_case(case).volume

    with pytest.raises(PixelError, match=r"2_HGE_Seg\.jpg"):
        read_mask_pictures(case, volume)
    path.write_bytes(b"none")
    with pytest.raises(ScanError, match="cannot be read as a picture"):
        read_mask_pictures(case, volume)


def test_slices_without_a_picture_are_told_and_still_speak_for_the_patient(made):
    for window in ("brain", "bone"):
        (made / "Patients_CT" / "007" / window / "2.jpg").unlink()

    found = open_cohort(made)

    (doubt,) = found.doubts
    assert (doubt.kind, doubt.count) == (Kind.NO_IMAGES, 1)
    assert "(line 3)" in doubt.told
    case = found.cohort.cases[0]
    assert case.labels["epidural"] is True
    assert case.slice_labels.files == ("1.jpg", "10.jpg")
    assert not case.slice_labels.values.any()


def test_pictures_without_a_row_are_not_known(made):
    change(made, f"8,2,{WELL}\r\n", "")

    found = open_cohort(made)

    (doubt,) = found.doubts
    assert (doubt.kind, doubt.patient, doubt.count) == (Kind.NOT_LISTED, "008", 1)
    case = found.cohort.cases[1]
    assert set(case.slice_labels.truth("2.jpg").values()) == {None}


def test_a_patient_without_pictures_and_one_without_a_folder_are_told(made):
    change(made, "8,1,", "9,1,")
    for path in (made / "Patients_CT" / "007" / "brain").iterdir():
        path.unlink()

    found = open_cohort(made)

    kinds = [(doubt.kind, doubt.patient, doubt.count) for doubt in found.doubts]
    assert kinds == [
        (Kind.NO_IMAGES, "007", 1),
        (Kind.NOT_LISTED, "008", 1),
        (Kind.NO_IMAGES, "", 3),
        (Kind.NO_IMAGES, "", 1),
    ]


def test_a_slice_without_a_bone_picture_leaves_the_brain_window_alone(made):
    (made / "Patients_CT" / "008" / "bone" / "2.jpg").unlink()

    found = open_cohort(made)

    (doubt,) = found.doubts
    assert (doubt.kind, doubt.blocks) == (Kind.UNREADABLE, False)
    assert open_case(found.cohort.cases[1]).volume.seen_hu == (-20.0, 100.0)


def test_contradictions_of_the_table_are_kept_for_the_check(made):
    change(made, f"7,2,{EPIDURAL}", "7,2,0,0,0,1,0,1,1")

    labels = open_cohort(made).cohort.cases[0].slice_labels.truth("2.jpg")

    assert (labels["epidural"], labels["any_hemorrhage"]) == (True, False)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("7,2,0", "7,2,2", "line 3: column Intraventricular"),
        ("7,2,0", "7,two,0", "line 3: column SliceNumber"),
        ("7,2,0", "7,1,0", "line 3: the same slice as in line 2, with other labels"),
        ("Epidural", "Extradural", "line 1: unknown column 'Extradural'"),
        ("7,2,", "7,2,0,", "line 3: expected 9 cells"),
    ],
)
def test_what_is_not_right_in_the_table_is_told_with_its_line(made, old, new, said):
    change(made, old, new)

    with pytest.raises(CohortError, match=rf"hemorrhage_diagnosis\.csv, {said}"):
        open_cohort(made)


def test_the_real_copy_has_the_counts_that_pandas_counts(ct_ich):
    rows = pd.read_csv(ct_ich / "hemorrhage_diagnosis.csv")
    rows["picture"] = [
        (
            ct_ich / "Patients_CT" / f"{row.PatientNumber:03d}" / "brain" / f"{row.SliceNumber}.jpg"
        ).is_file()
        for row in rows.itertuples()
    ]

    found = open_cohort(ct_ich)

    (doubt,) = found.doubts
    assert (doubt.kind, doubt.count) == (Kind.NO_IMAGES, int((~rows.picture).sum()))
    values = np.concatenate([case.slice_labels.values for case in found.cohort.cases])
    names = found.cohort.cases[0].slice_labels.labels
    seen = rows[rows.picture]
    assert len(values) == len(seen) == 1856
    assert values[:, names.index("any_hemorrhage")].sum() == (seen.No_Hemorrhage == 0).sum() == 223
    for name in names[:-1]:
        assert values[:, names.index(name)].sum() == seen[name.title()].sum()
    by_patient = rows.groupby("PatientNumber").No_Hemorrhage.min() == 0
    bleed = {int(case.patient): case.labels["any_hemorrhage"] for case in found.cohort.cases}
    assert bleed == by_patient.to_dict()


def test_a_real_patient_opens_to_the_stated_hu(ct_ich):
    case = next(c for c in open_cohort(ct_ich).cohort.cases if c.patient == "049")

    volume = open_case(case).volume

    picture = cv2.imread(str(ct_ich / "Patients_CT" / "049" / "brain" / "14.jpg"), 0)
    plane = volume.hu[[source.file for source in volume.sources].index("14.jpg")]
    inside = (picture > 8) & (picture < 247)
    expected = picture[inside] / 255 * 120 - 20
    assert np.abs(plane[inside] - expected).max() < 1e-3
    bone = cv2.imread(str(ct_ich / "Patients_CT" / "049" / "bone" / "14.jpg"), 0)
    corner = plane[:50, :50]
    assert np.abs(corner - (bone[:50, :50] / 255 * 3200 - 900)).max() < 1e-3
