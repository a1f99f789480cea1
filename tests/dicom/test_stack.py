"""Slices to a volume whose geometry can be trusted."""

import random
import shutil
from dataclasses import replace

import numpy as np
import pydicom
import pytest

from headct.core.errors import GeometryError
from headct.dicom.scan import scan
from headct.dicom.stack import stack


def read(files, **options):
    return stack(scan(files[0].parent).studies[0].series[0], **options)


def shift(dataset, **moved):
    position = [float(value) for value in dataset.ImagePositionPatient]
    for axis, mm in moved.items():
        position["xyz".index(axis)] += mm
    dataset.ImagePositionPatient = position


def test_the_order_of_files_does_not_matter(written):
    volume, files = written()
    names = [file.name for file in files]
    random.Random(3).shuffle(names)
    for file, name in zip(files, names, strict=True):
        file.rename(file.with_name(f"x{name}"))

    stacked = read(files)

    assert np.array_equal(stacked.hu, volume.hu)
    assert stacked.grid == volume.grid


def test_each_slice_knows_its_image(written):
    _, files = written()

    stacked = read(files)

    first = pydicom.dcmread(files[0])
    assert stacked.sources[0].file == "0001.dcm"
    assert stacked.sources[0].sop_instance_uid == first.SOPInstanceUID
    assert stacked.sources[0].sop_class_uid == first.SOPClassUID
    assert len(stacked.sources) == 12


def test_tilt_and_mixed_distances_are_kept_and_said(written):
    distances = (4.0,) * 13 + (1.08,) + (7.0,) * 13
    thickness = [4.0] * 14 + [7.0] * 14

    def edit(dataset, index):
        dataset.SliceThickness = thickness[index]

    _, files = written(distances_mm=distances, tilt_deg=18.5, edit=edit)
    stacked = read(files)

    assert stacked.grid.tilt_deg == pytest.approx(18.5, abs=1e-6)
    assert stacked.grid.distances_mm == pytest.approx(distances)
    assert stacked.history == (
        "stacked 28 slices, 4.00 x 13, 1.08, 7.00 x 13 mm apart",
        "gantry tilt of 18.5 degrees kept",
    )


def test_two_of_forty_slices_missing_are_refused(written):
    _, files = written(distances_mm=(5.0,) * 39)
    files[11].unlink()
    files[30].unlink()

    with pytest.raises(GeometryError) as refusal:
        read(files)

    assert str(refusal.value) == (
        "slice gap changes from 5.00 to 10.00 mm after slice 11 of 38 (and in 1 more places); a "
        "slice may be missing: re-export the series, or allow gaps (--allow-gaps, allow_gaps=True)"
    )


def test_a_slice_missing_where_thick_slices_overlap_is_refused(written):
    # 6 mm apart without it: more than 5 mm slices cover, less than 1.7 times as thick ones would.
    _, files = written(distances_mm=(3.0,) * 19)
    files[11].unlink()

    with pytest.raises(GeometryError, match=r"from 3\.00 to 6\.00 mm after slice 11 of 19"):
        read(files)


def test_tissue_between_slices_that_do_not_touch_is_said(written):
    _, files = written(distances_mm=(8.0,) * 11)

    (said,) = read(files).history[1:]

    assert said == (
        "slices do not touch in 11 of 11 places, up to 8.00 mm apart: tissue between them was not "
        "imaged"
    )


def test_gaps_can_be_allowed_and_are_said(written):
    volume, files = written(distances_mm=(5.0,) * 39)
    files[11].unlink()

    stacked = read(files, allow_gaps=True)

    assert np.array_equal(stacked.hu, np.delete(volume.hu, 11, axis=0))
    assert (
        "slices may be missing after slice 11 of 39: 10.00 mm where 5.00 mm are usual"
        in stacked.history
    )


def test_jitter_of_half_a_millimetre_is_kept_exactly(written):
    jitter = np.random.default_rng(5).uniform(-0.5, 0.5, 12)

    _, files = written(edit=lambda dataset, index: shift(dataset, z=float(jitter[index])))
    stacked = read(files)

    expected = -31.0 + 5.0 * np.arange(12) + jitter
    assert stacked.grid.origins_mm[:, 2] == pytest.approx(expected, abs=1e-9)


def test_a_copy_of_an_image_is_left_out_and_said(written):
    volume, files = written()
    shutil.copy(files[4], files[4].with_name("copy.dcm"))

    stacked = read(files)

    assert np.array_equal(stacked.hu, volume.hu)
    assert "1 of 13 images were copies of others: left out" in stacked.history


def test_two_different_images_at_one_position_are_refused(written):
    _, files = written()
    other = pydicom.dcmread(files[4])
    other.PixelData = other.PixelData[::-1]
    other.SOPInstanceUID = "1.2.3"
    other.save_as(files[4].with_name("other.dcm"))

    with pytest.raises(GeometryError, match="two different images lie at one position"):
        read(files)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda d: d.__delattr__("ImagePositionPatient"), "0005.dcm states no position"),
        (lambda d: setattr(d, "PixelSpacing", [1.0, 1.0]), "pixels of different size"),
        (
            lambda d: setattr(d, "ImageOrientationPatient", [1, 0, 0, 0, 0.9999, -0.0141]),
            "turned against the first slice by more than 0.1 degrees",
        ),
    ],
)
def test_slices_that_do_not_fit_together_are_refused(written, edit, reason):
    _, files = written(edit=lambda dataset, index: edit(dataset) if index == 4 else None)

    with pytest.raises(GeometryError, match=reason):
        read(files)


def test_images_of_two_sizes_are_refused(make_series):
    series = make_series()
    small = replace(series.instances[7], rows=256)

    with pytest.raises(GeometryError, match="512 x 512 and of 256 x 512"):
        stack(replace(series, instances=(*series.instances[:7], small)))


def test_axes_a_little_off_unit_length_are_corrected_and_said(written):
    def edit(dataset, index):
        # cos and sin of 18.5 degrees to three digits: 0.948, 0.317.
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 0.948, -0.317]

    _, files = written(edit=edit, tilt_deg=18.5)
    stacked = read(files)

    assert np.linalg.norm(stacked.grid.row_axis) == pytest.approx(1.0, abs=1e-12)
    assert any("off unit length by 4.0e-04" in line for line in stacked.history)


def test_axes_far_off_unit_length_are_refused(written):
    def edit(dataset, index):
        dataset.ImageOrientationPatient = [1, 0, 0, 0, 0.9, 0]

    _, files = written(edit=edit)

    with pytest.raises(GeometryError, match=r"length 1.000 and 0.900, expected 1"):
        read(files)


def test_a_tilt_that_the_header_does_not_confirm_is_said(written):
    def edit(dataset, index):
        dataset.GantryDetectorTilt = 0

    _, files = written(edit=edit, tilt_deg=12.0)

    assert (
        "positions give a tilt of 12.0 degrees, the header says 0.0: positions are used"
        in read(files).history
    )


def test_a_tilt_of_the_other_sign_is_the_same_tilt(written):
    def edit(dataset, index):
        dataset.GantryDetectorTilt = -12

    _, files = written(edit=edit, tilt_deg=12.0)

    assert "gantry tilt of 12.0 degrees kept" in read(files).history


def test_a_shift_within_the_plane_is_kept_and_said(written):
    def edit(dataset, index):
        if index == 6:
            shift(dataset, x=3.0)

    _, files = written(edit=edit)
    stacked = read(files)

    assert stacked.grid.origins_mm[6, 0] == pytest.approx(-11.3 + 3.0)
    assert any("shifted within their plane" in line for line in stacked.history)


# Slice 6 of 11 is in the middle, so that the line of least squares does not lean towards it.
@pytest.mark.parametrize(("mm", "is_said"), [(0.9, False), (1.1, True)])
def test_a_play_of_half_a_millimetre_to_either_side_is_not_said(written, mm, is_said):
    def edit(dataset, index):
        if index == 5:
            shift(dataset, x=mm)

    _, files = written(edit=edit, distances_mm=(5.0,) * 10)

    said = f"slices are shifted within their plane by up to {mm} mm: kept as stated"
    assert (said in read(files).history) is is_said


# A quarter of 40 columns of 0.8 mm and of 32 rows of 0.9 mm: 8 and 7.2 mm.
@pytest.mark.parametrize(("axis", "most_mm"), [("x", 8.0), ("y", 7.2)])
def test_a_shift_by_more_than_a_quarter_of_the_picture_is_refused(written, axis, most_mm):
    def edit(dataset, index):
        if index == 5:
            shift(dataset, **{axis: moved_mm})

    moved_mm = most_mm - 0.1
    _, files = written(edit=edit, distances_mm=(5.0,) * 10)
    read(files)
    image = pydicom.dcmread(files[5])
    shift(image, **{axis: 0.2})
    image.save_as(files[5])

    with pytest.raises(GeometryError, match="expected at most a quarter"):
        read(files)


def test_thickness_is_given_only_where_all_slices_share_it(written):
    def edit(dataset, index):
        dataset.SliceThickness = 4 if index < 6 else 7

    _, alike = written(thickness_mm=4.0)
    same = read(alike)
    for index, file in enumerate(alike):
        image = pydicom.dcmread(file)
        edit(image, index)
        image.save_as(file)

    assert same.grid.thickness_mm == 4.0
    assert read(alike).grid.thickness_mm is None


def test_progress_is_told_slice_by_slice(written):
    _, files = written()
    told = []

    read(files, progress=lambda done, total: told.append((done, total)))

    assert told == [(n, 12) for n in range(1, 13)]


def test_the_patient_is_never_named(written, caplog):
    def edit(dataset, index):
        dataset.PatientName = "Secretname^Anna"
        dataset.PatientID = "ID-4711-SECRET"
        if index == 4:
            del dataset.RescaleSlope

    _, files = written(edit=edit)
    caplog.set_level("DEBUG")

    found = scan(files[0].parent)
    with pytest.raises(Exception, match=r"0005\.dcm") as refusal:
        stack(found.studies[0].series[0])

    said = f"{caplog.text} {refusal.value} {found!r}"
    assert "Secretname" not in said
    assert "4711" not in said
