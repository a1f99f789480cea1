from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
import SimpleITK

from headct.core.errors import GeometryError, OutputError, PixelError, ScanError
from headct.core.grid import Grid
from headct.core.volume import Mask, Volume
from headct.image.formats.nifti import read_nifti, write_nifti
from headct.image.geometry import Reorient, Straighten

TURN = np.deg2rad(10.0)
GRIDS = {
    "straight": Grid.regular((4, 6, 5), (5.0, 0.5, 0.6), origin_mm=(-30.0, 12.0, 7.0)),
    "tilted": Grid(
        (4, 6, 5),
        np.array([3.0, -4.0, 5.0]) + np.arange(4)[:, None] * np.array([0.0, 0.0, 5.0]),
        [1, 0, 0],
        [0, np.cos(TURN), -np.sin(TURN)],
        (0.5, 0.6),
    ),
    "upside down": Grid(
        (4, 6, 5), [[0, 0, -5.0 * k] for k in range(4)], [-1, 0, 0], [0, 1, 0], (1, 2)
    ),
}


def scan(grid, seed=0):
    values = np.random.default_rng(seed).integers(-1024, 3000, grid.shape)
    values[0, 0, :2] = -1000, 1200
    return Volume(values.astype(np.float32), grid)


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS.keys())
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_volume_comes_back_voxel_by_voxel_and_place_by_place(tmp_path, grid, suffix):
    volume = scan(grid)

    write_nifti(volume, tmp_path / f"scan{suffix}")
    back = read_nifti(tmp_path / f"scan{suffix}")

    np.testing.assert_array_equal(back.hu, volume.hu)
    assert back.grid == grid
    # NIfTI states no thickness: slices touch.
    assert back.grid.thickness_mm == pytest.approx(grid.distances_mm[0], abs=1e-3)
    assert back.grid.tilt_deg == pytest.approx(grid.tilt_deg, abs=1e-3)


def test_simpleitk_finds_every_voxel_at_our_place(tmp_path):
    volume = scan(GRIDS["straight"])

    write_nifti(volume, tmp_path / "scan.nii")

    image = SimpleITK.ReadImage(str(tmp_path / "scan.nii"))
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image), volume.hu)
    for at in [(0, 0, 0), (3, 5, 4), (2, 1, 3)]:
        # SimpleITK's world is LPS too.
        point = image.TransformIndexToPhysicalPoint([int(i) for i in at[::-1]])
        np.testing.assert_allclose(point, volume.grid.to_world([at])[0], atol=1e-4)


def test_a_tilted_scan_is_written_with_shear_and_no_qform(tmp_path):
    write_nifti(scan(GRIDS["tilted"]), tmp_path / "scan.nii")

    header = nib.load(tmp_path / "scan.nii").header
    assert (int(header["sform_code"]), int(header["qform_code"])) == (1, 0)
    # Table increments along z, in RAS, while rows lean.
    np.testing.assert_allclose(header.get_sform()[:3, 2], [0, 0, 5], atol=1e-5)


def test_slices_that_run_downwards_are_counted_upwards(tmp_path):
    stored = np.random.default_rng(1).integers(-1000, 2000, (5, 6, 4)).astype(np.int16)
    stored[0, 0, 0] = -1000
    affine = np.diag([-0.6, -0.5, -5.0, 1.0])
    nib.save(nib.Nifti1Image(stored, affine), tmp_path / "scan.nii")

    volume = read_nifti(tmp_path / "scan.nii")

    np.testing.assert_array_equal(volume.hu, stored.transpose(2, 1, 0)[::-1])
    np.testing.assert_allclose(volume.grid.origins_mm[:, 2], [-15, -10, -5, 0])
    assert [source.frame for source in volume.sources] == [4, 3, 2, 1]


def test_a_file_stored_along_other_axes_becomes_axial(tmp_path):
    volume = scan(GRIDS["straight"])
    write_nifti(volume, tmp_path / "scan.nii")
    sagittal = nib.load(tmp_path / "scan.nii").as_reoriented([[2, -1], [0, 1], [1, -1]])
    nib.save(sagittal, tmp_path / "turned.nii")

    turned = Reorient()(read_nifti(tmp_path / "turned.nii"))

    np.testing.assert_array_equal(turned.hu, volume.hu)
    assert turned.grid == volume.grid


def test_fractions_of_hu_survive(tmp_path):
    volume = replace(scan(GRIDS["straight"]), hu=scan(GRIDS["straight"]).hu + np.float32(0.25))

    write_nifti(volume, tmp_path / "scan.nii")

    np.testing.assert_array_equal(
        read_nifti(tmp_path / "scan.nii").hu, np.maximum(volume.hu, -1024)
    )


def test_values_outside_the_circle_become_air(tmp_path):
    volume = scan(GRIDS["straight"])
    volume.hu[1, 1, 1] = -3024

    write_nifti(volume, tmp_path / "scan.nii")

    assert read_nifti(tmp_path / "scan.nii").hu.min() == -1024


def test_a_mask_is_written_as_labels(tmp_path):
    grid = GRIDS["tilted"]
    labels = np.random.default_rng(0).integers(0, 3, grid.shape).astype(np.uint8)

    write_nifti(Mask(labels, grid, ("one", "two")), tmp_path / "mask.nii.gz")

    image = nib.load(tmp_path / "mask.nii.gz")
    assert image.get_data_dtype() == np.uint8
    np.testing.assert_array_equal(np.asarray(image.dataobj), labels.transpose(2, 1, 0))


def test_assumed_spacing_stays_assumed(tmp_path):
    volume = scan(Grid.regular((4, 6, 5), (5.0, 0.4, 0.4), is_measured=False))

    write_nifti(volume, tmp_path / "scan.nii")

    assert not read_nifti(tmp_path / "scan.nii").grid.is_measured


def test_uneven_slices_are_refused_with_what_to_do(tmp_path, noise):
    with pytest.raises(GeometryError, match="resample first"):
        write_nifti(Straighten()(noise), tmp_path / "scan.nii")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: np.abs(v), "expected air"),
        (lambda v: v + 1024, "shifted by 1024"),
        (lambda v: np.minimum(v, 90), "expected bone"),
        (lambda v: v * 100, "highest value"),
        (lambda v: np.where(v == v.max(), np.nan, v), "NaN"),
    ],
)
def test_what_is_not_hu_is_refused_with_the_reason(tmp_path, change, said):
    volume = scan(GRIDS["straight"])
    image = nib.Nifti1Image(change(volume.hu).astype(np.float32).T, np.eye(4))
    nib.save(image, tmp_path / "scan.nii")

    with pytest.raises(PixelError, match=said):
        read_nifti(tmp_path / "scan.nii")


def test_a_file_without_a_stated_orientation_is_refused(tmp_path):
    image = nib.Nifti1Image(scan(GRIDS["straight"]).hu.T, np.eye(4))
    image.header["sform_code"] = image.header["qform_code"] = 0
    nib.save(image, tmp_path / "scan.nii")
    with (tmp_path / "scan.nii").open("r+b") as file:
        file.seek(252)
        file.write(bytes(4))

    with pytest.raises(GeometryError, match="neither sform nor qform"):
        read_nifti(tmp_path / "scan.nii")


def test_several_volumes_in_one_file_are_refused(tmp_path):
    hu = np.stack([scan(GRIDS["straight"]).hu.T] * 2, axis=-1)
    nib.save(nib.Nifti1Image(hu, np.eye(4)), tmp_path / "scan.nii")

    with pytest.raises(ScanError, match="one volume"):
        read_nifti(tmp_path / "scan.nii")


@pytest.mark.parametrize("name", ["scan.nii", "scan.nii.gz"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.7])
def test_a_broken_file_is_named(tmp_path, name, share):
    write_nifti(scan(GRIDS["straight"]), tmp_path / name)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    with pytest.raises(ScanError, match=name):
        read_nifti(path)


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match=r"scan\.nii"):
        write_nifti(scan(GRIDS["straight"]), tmp_path / "nowhere" / "scan.nii")


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.nii or \.nii\.gz"):
        write_nifti(scan(GRIDS["straight"]), tmp_path / "scan.img")
