import shutil

import pytest

from headct.cohort.doubt import Kind
from headct.cohort.images import open_case
from headct.cohort.open import open_cohort
from headct.cohort.readers.declaration import Declaration
from headct.core.errors import CohortError


@pytest.fixture
def place(tmp_path):
    """Two folders, a NIfTI file, and four slices, none of which is opened."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    for name in ("c.nii.gz", "mask.nii.gz", "s/1.dcm", "s/2.dcm", "t/1.dcm", "t/2.dcm"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def write(place, *rows, name="cohort.csv"):
    path = place / name
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_row_is_a_study_with_its_labels(place):
    path = write(
        place,
        "path,patient,study,site,subdural,any_hemorrhage",
        "a,p1,s1,Nitra,1,1",
        "b,p1,s2,Nitra,0,",
        "c.nii.gz,p2,s1,Zvolen,,0",
    )

    for given in (place, path):
        found = open_cohort(given)

        assert found.kind == "table"
        assert found.doubts == ()
        assert [(case.key, case.site, dict(case.labels)) for case in found.cohort.cases] == [
            (("p1", "s1"), "Nitra", {"any_hemorrhage": True, "subdural": True}),
            (("p1", "s2"), "Nitra", {"any_hemorrhage": None, "subdural": False}),
            (("p2", "s1"), "Zvolen", {"any_hemorrhage": False, "subdural": None}),
        ]


def test_rows_of_files_with_one_study_are_its_slices(place):
    write(
        place,
        "path;patient;subdural;epidural",
        "s/1.dcm;p1;0;",
        "s/2.dcm;p1;1;0",
        "t/1.dcm;p1;0;0",
        "t/2.dcm;p1;0;0",
    )

    first, second = open_cohort(place).cohort.cases

    assert first.key == ("p1", "s")
    assert first.labels == {"subdural": True, "epidural": None}
    assert first.slice_labels.truth("1.dcm") == {"subdural": False, "epidural": None}
    assert [file.name for file in first.files] == ["1.dcm", "2.dcm"]
    assert second.labels == {"subdural": False, "epidural": False}


def test_without_a_study_each_folder_is_one(place):
    write(place, "path,patient", "a,p1", "b,p1")

    assert [case.key for case in open_cohort(place).cohort.cases] == [("p1", "a"), ("p1", "b")]


def test_a_mask_is_named_by_the_only_label_or_by_declaration(place):
    write(place, "path,patient,mask,subdural", "c.nii.gz,p1,mask.nii.gz,1")
    (case,) = open_cohort(place).cohort.cases
    assert (case.mask, case.mask_names) == (place / "mask.nii.gz", ("subdural",))

    write(place, "path,patient,mask,subdural,epidural", "c.nii.gz,p1,mask.nii.gz,1,0")
    with pytest.raises(CohortError, match=r"cohort\.csv, line 2: what the values of the mask"):
        open_cohort(place)
    declared = Declaration(mask_names=("epidural", "subdural"))
    (case,) = open_cohort(place, declared=declared).cohort.cases
    assert case.mask_names == ("epidural", "subdural")


def test_paths_and_masks_that_do_not_exist_are_told_with_their_lines(place):
    write(place, "path,patient,mask", "a,p1,gone.nii.gz", "none,p2,", "gone,p3,", "b,p4,")

    found = open_cohort(place)

    assert [case.patient for case in found.cohort.cases] == ["p1", "p4"]
    absent, no_mask = found.doubts
    assert (absent.kind, absent.count) == (Kind.NO_IMAGES, 2)
    assert "lines 3, 4" in absent.told
    assert (no_mask.kind, no_mask.patient) == (Kind.NO_LABEL, "p1")
    assert "line 2" in no_mask.told
    assert found.cohort.cases[0].mask is None


def test_a_row_twice_counts_once(place):
    write(place, "path,patient,subdural", "a,p1,1", "./a,p1,1".replace("./", ""), "b,p2,0")

    found = open_cohort(place)

    assert len(found.cohort.cases) == 2
    assert found.doubts[0].kind is Kind.REPEATED_ROW
    assert "line 3" in found.doubts[0].told


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["path,patient,stroke", "a,p1,1"], "line 1: unknown column 'stroke'"),
        (["path,patient,subdural", "a,p1,2"], "line 2: column subdural"),
        (["path,patient,subdural", "a,p1,yes"], "line 2: column subdural"),
        (["path,patient", "a,"], "line 2: no patient"),
        (["path,patient", ",p1"], "line 2: no path"),
        (["path,patient", "a,p1", "b"], "line 3: expected 2 cells"),
        (["path,patient", "a,p1", "a,p2"], "line 3: the path of line 2 again, for another"),
        (["path,patient", "a,p1", "./a,p2"], "line 3: the path of line 2 again, for another"),
        (
            ["path,patient,subdural", "a,p1,1", "b,p2,0", "a,p1,0"],
            "line 4: the path of line 2 again, with other cells",
        ),
        (["path,patient,study", "a,p1,s", "b,p1,s"], "line 2: the study of line 3 again"),
        (
            ["path,patient,study", "s/1.dcm,p1,s", "a,p1,s"],
            "line 3: the study of line 2 again",
        ),
        (
            ["path,patient,study", "s/1.dcm,p1,s", "t/1.dcm,p1,s"],
            "line 3: a file of the same name as in line 2",
        ),
        (
            ["path,patient,site", "s/1.dcm,p1,x", "s/2.dcm,p1,y"],
            "line 3: another site than in line 2",
        ),
        (["path,patient", "a/1.png,p1"], "line 2: a picture does not say its scale"),
    ],
)
def test_what_is_not_right_is_told_with_its_line(place, rows, said):
    write(place, *rows)

    with pytest.raises(CohortError, match=rf"cohort\.csv, {said}"):
        open_cohort(place)


def test_the_message_of_a_wrong_label_does_not_repeat_the_cell(place):
    write(place, "path,patient,subdural", "a,p1,Novák Ján")

    with pytest.raises(CohortError) as caught:
        open_cohort(place)

    assert "Nov" not in str(caught.value)


def test_a_series_in_a_folder_and_by_its_slices_opens_alike(tmp_path, bleeding_folder):
    shutil.copytree(bleeding_folder / "dicom", tmp_path / "dicom")
    files = sorted(path.name for path in (tmp_path / "dicom").iterdir())
    write(tmp_path, "path,patient", "dicom,p1", name="folders.csv")
    slices = [f"dicom/{file},p1,{index % 2}" for index, file in enumerate(files)]
    write(tmp_path, "path,patient,subdural", *slices, name="slices.csv")

    (whole,) = open_cohort(tmp_path / "folders.csv").cohort.cases
    (by_slice,) = open_cohort(tmp_path / "slices.csv").cohort.cases

    volume = open_case(by_slice).volume
    assert (volume.hu == open_case(whole).volume.hu).all()
    shown = by_slice.slice_labels.of([source.file for source in volume.sources])
    assert sorted(shown[:, 0].tolist()) == sorted(i % 2 for i in range(len(files)))
