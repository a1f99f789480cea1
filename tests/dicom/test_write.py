"""Volume to CT series."""

import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pydicom
import pytest
import SimpleITK

from headct.core.errors import OutputError
from headct.core.grid import Grid
from headct.core.volume import Mask, Volume
from headct.dicom.encode import SYNTAXES
from headct.dicom.scan import scan
from headct.dicom.stack import stack
from headct.dicom.storage import Storage
from headct.dicom.write import Header, write

MIXED = (4.0,) * 6 + (1.08,) + (7.0,) * 6
dciodvfy = shutil.which("dciodvfy")


def read(folder):
    return stack(scan(folder).studies[0].series[0])


@pytest.mark.skipif(dciodvfy is None, reason="dciodvfy (Debian: dicom3tools) is not installed")
@pytest.mark.parametrize("syntax", SYNTAXES)
def test_files_conform_to_the_standard(written, syntax):
    header = Header(syntax=syntax, patient_age_years=70, contrast_agent="IOHEXOL")
    _, files = written(tilt_deg=20.0, distances_mm=MIXED, header=header)

    checked = subprocess.run(
        [dciodvfy, "-new", files[3]], capture_output=True, text=True, check=False
    )

    assert checked.stderr.strip() == "CTImage"
    assert checked.returncode == 0


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_syntax_is_read_back_exactly_by_another_reader(written, syntax):
    volume, files = written(header=Header(syntax=syntax))

    image = SimpleITK.ReadImage([str(file) for file in files])

    assert np.array_equal(SimpleITK.GetArrayFromImage(image), volume.hu)
    assert image.GetSpacing() == pytest.approx((0.8, 0.9, 5.0))
    assert image.GetOrigin() == pytest.approx((-11.3, -9.7, -31.0))


def test_positions_and_axes_of_a_tilted_series_are_exact(written):
    volume, files = written(tilt_deg=20.0, distances_mm=MIXED)

    headers = [pydicom.dcmread(file) for file in files]

    origins = np.array([header.ImagePositionPatient for header in headers], dtype=float)
    axes = np.array(headers[0].ImageOrientationPatient, dtype=float).reshape(2, 3)
    assert np.abs(origins - volume.grid.origins_mm).max() < 1e-9
    assert np.abs(axes - [volume.grid.column_axis, volume.grid.row_axis]).max() < 1e-12
    assert float(headers[0].GantryDetectorTilt) == pytest.approx(20.0)


@pytest.mark.parametrize("tilt_deg", [0.0, 20.0, -15.0])
@pytest.mark.parametrize("distances_mm", [(5.0,) * 11, MIXED])
def test_a_volume_survives_write_and_read(tmp_path, make_volume, tilt_deg, distances_mm):
    volume = make_volume(tilt_deg=tilt_deg, distances_mm=distances_mm, thickness_mm=None)

    write(volume, tmp_path / "series")
    back = read(tmp_path / "series")

    assert back.grid == volume.grid
    assert np.array_equal(back.hu, volume.hu)
    assert back.grid.tilt_deg == pytest.approx(tilt_deg, abs=1e-6)
    assert back.grid.distances_mm == pytest.approx(distances_mm)


def test_the_ml_of_a_mask_survives_write_and_read(tmp_path, make_volume):
    volume = make_volume(tilt_deg=20.0, distances_mm=MIXED, thickness_mm=None)
    labels = np.zeros(volume.grid.shape, dtype=np.uint8)
    labels[2:12, 4:14, 5:15] = 1

    write(volume, tmp_path / "series")
    back = read(tmp_path / "series").grid

    # Slices 2 to 11 reach half a distance past themselves: 4.00 x 4 + 2, 1.08, 7.00 x 4 + 3.5.
    height_mm = 4 * 4.0 + 2.0 + 1.08 + 4 * 7.0 + 3.5
    expected_ml = 10 * 0.9 * 10 * 0.8 * height_mm / 1000
    assert Mask(labels, back, ("bleed",)).volume_ml("bleed") == pytest.approx(expected_ml)


def test_hu_are_rounded_and_limited_to_what_the_file_holds(tmp_path):
    hu = np.array([40.4, 40.6, -3000.0, 99999.0], dtype=np.float32).reshape(1, 2, 2)
    volume = Volume(hu, Grid.regular((1, 2, 2), (5.0, 1.0, 1.0)))

    (file,) = write(volume, tmp_path / "series")
    stored = pydicom.dcmread(file).pixel_array.astype(int) - 1024

    assert stored.tolist() == [[40, 41], [-1024, 64511]]


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        # Whole steps of 2 HU, halves to the even one; 12 bits end at 4095 * 2 - 1024.
        (Storage(slope=2.0, stored_bits=12), [[40.0, -1024.0], [7166.0, 100.0]]),
        (Storage(intercept_hu=0.0, is_signed=True), [[41.0, -1024.0], [32767.0, 99.0]]),
        (Storage(slope=0.5, intercept_hu=-100.0), [[41.0, -1024.0], [32667.5, 99.0]]),
    ],
    ids=["12 bits, slope 2", "signed", "slope 0.5"],
)
@pytest.mark.parametrize("syntax", [SYNTAXES[0], "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.4.80"])
def test_other_readers_get_the_hu_of_every_storage(tmp_path, storage, expected, syntax):
    values = np.array([[41.0, -1024.0], [99999.0, 99.0]], dtype=np.float32)
    hu = np.kron(values, np.ones((8, 8), dtype=np.float32))
    volume = Volume(hu[None], Grid.regular((1, 16, 16), (5.0, 1.0, 1.0)))

    (file,) = write(volume, tmp_path / "series", Header(syntax=syntax, storage=storage))

    header = pydicom.dcmread(file)
    stated = header.pixel_array * float(header.RescaleSlope) + float(header.RescaleIntercept)
    # What lies below the lowest value that fits is that value.
    lowest = storage.limits[0] * storage.slope + storage.intercept_hu
    assert stated[::8, ::8].tolist() == np.maximum(expected, lowest).tolist()
    assert header.BitsStored == storage.stored_bits


def test_padding_is_stored_outside_and_named(tmp_path, make_volume):
    volume = make_volume(distances_mm=(5.0,))
    outside = np.zeros(volume.grid.shape[1:], dtype=bool)
    outside[0, 0] = True
    storage = Storage(intercept_hu=0.0, is_signed=True, padding=-2000)

    file = write(volume, tmp_path / "series", Header(storage=storage), outside=outside)[0]

    header = pydicom.dcmread(file)
    assert (header.PixelPaddingValue, header["PixelPaddingValue"].VR) == (-2000, "SS")
    assert np.argwhere(header.pixel_array == -2000).tolist() == [[0, 0]]


def test_images_may_go_without_a_number(tmp_path, make_volume):
    header = Header(is_numbered=False)

    file = write(make_volume(distances_mm=(5.0,)), tmp_path / "series", header)[0]

    assert pydicom.dcmread(file).InstanceNumber is None


def test_zeros_of_the_orientation_may_be_negative(tmp_path, make_volume):
    header = Header(has_negative_zeros=True)

    file = write(make_volume(distances_mm=(5.0,)), tmp_path / "series", header)[0]

    assert b"1.0\\-0\\-0\\-0\\1.0\\-0" in file.read_bytes()


def test_a_storage_that_no_scanner_has_is_refused(tmp_path, make_volume):
    with pytest.raises(ValueError, match="padding -1 lies outside 0 to 4095"):
        Storage(stored_bits=12, padding=-1)
    with pytest.raises(ValueError, match="9 to 16 stored bits were expected, got 8"):
        Storage(stored_bits=8)
    with pytest.raises(ValueError, match="no HU by slope 0 and intercept -1024"):
        Storage(slope=0.0)
    header = Header(syntax=SYNTAXES[3], storage=Storage(is_signed=True, stored_bits=12))
    with pytest.raises(OutputError, match="fewer than 16 signed bits are not compressed"):
        write(make_volume(), tmp_path / "series", header)
    header = Header(syntax="1.2.840.10008.1.2.4.90", storage=Storage(is_signed=True))
    with pytest.raises(OutputError, match="JPEG 2000 is written of unsigned 16 bits only"):
        write(make_volume(), tmp_path / "series", header)


def test_lengths_may_be_whole_numbers(tmp_path):
    volume = Volume(np.zeros((2, 4, 4), dtype=np.float32), Grid.regular((2, 4, 4), (5, 1, 1)))

    header = pydicom.dcmread(write(volume, tmp_path / "series")[0])

    assert (header.SliceThickness, list(header.PixelSpacing)) == (5, [1, 1])


@pytest.mark.parametrize(
    ("stated_mm", "given_mm", "expected_mm"),
    [
        (5.0, None, [5.0, 5.0, 5.0]),
        # Half the distance to each neighbour; an end slice mirrors its only one.
        (None, None, [4.0, 5.5, 7.0]),
        (5.0, (1.0, 2.0, 3.0), [1.0, 2.0, 3.0]),
    ],
    ids=["of the grid", "height of the cell", "of each slice"],
)
def test_slices_state_how_thick_they_are(tmp_path, make_volume, stated_mm, given_mm, expected_mm):
    volume = make_volume(distances_mm=(4.0, 7.0), thickness_mm=stated_mm)

    files = write(volume, tmp_path / "series", thickness_mm=given_mm)

    stated = [float(pydicom.dcmread(file).SliceThickness) for file in files]
    assert stated == pytest.approx(expected_mm)


def test_the_same_seed_gives_the_same_uids(tmp_path, make_volume):
    volume = make_volume()

    one, same, other = (
        pydicom.dcmread(write(volume, tmp_path / name, seed=seed)[0])
        for name, seed in (("a", "1"), ("b", "1"), ("c", "2"))
    )

    assert one == same
    assert {one.StudyInstanceUID, one.SeriesInstanceUID, one.SOPInstanceUID}.isdisjoint(
        {other.StudyInstanceUID, other.SeriesInstanceUID, other.SOPInstanceUID}
    )


def test_two_series_of_one_seed_share_their_study_alone(tmp_path, make_volume):
    volume = make_volume()

    one, two = (
        pydicom.dcmread(write(volume, tmp_path / str(n), Header(series_number=n))[0])
        for n in (1, 2)
    )

    assert one.StudyInstanceUID == two.StudyInstanceUID
    assert one.SeriesInstanceUID != two.SeriesInstanceUID
    assert one.SOPInstanceUID != two.SOPInstanceUID


def test_a_folder_that_holds_something_is_refused(tmp_path, make_volume):
    (tmp_path / "note.txt").write_text("keep me")

    with pytest.raises(OutputError, match="not empty"):
        write(make_volume(), tmp_path)

    assert [file.name for file in tmp_path.iterdir()] == ["note.txt"]


def test_what_a_ct_series_cannot_hold_is_refused(tmp_path, make_volume):
    volume = make_volume()
    unknown = replace(volume, grid=replace(volume.grid, is_measured=False))
    broken = replace(volume, hu=np.full_like(volume.hu, np.nan))

    with pytest.raises(OutputError, match="spacing is not known"):
        write(unknown, tmp_path / "a")
    with pytest.raises(OutputError, match="not finite"):
        write(broken, tmp_path / "b")
    with pytest.raises(OutputError, match=r"JPEG Baseline .* is not written; choose of"):
        write(volume, tmp_path / "c", Header(syntax="1.2.840.10008.1.2.4.50"))


def test_progress_is_told_after_each_file(tmp_path, make_volume):
    told = []

    write(make_volume(), tmp_path / "a", progress=lambda done, total: told.append((done, total)))

    assert told == [(n, 12) for n in range(1, 13)]
