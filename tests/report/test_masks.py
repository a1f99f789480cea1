import zipfile
from dataclasses import replace

import nibabel
import numpy as np
import pytest
import SimpleITK
from scipy.spatial import cKDTree

from headct.core.errors import ScanError
from headct.report.masks import read_exact, resampled, write_even, write_exact

LPS_TO_RAS = np.array([-1.0, -1.0, 1.0])


def written(values, path):
    """An archive of arrays as somebody else might write it."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in values.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=True)
    return path


@pytest.fixture
def values(uneven, tmp_path):
    """The arrays of a mask that was written."""
    path = tmp_path / "good.npz"
    write_exact(uneven.prediction.mask, path)
    with np.load(path) as archive:
        return dict(archive)


@pytest.mark.parametrize("which", ["even", "uneven", "unmeasured"])
def test_an_exact_mask_comes_back_as_it_was(which, request, tmp_path):
    mask = request.getfixturevalue(which).prediction.mask
    path = tmp_path / "mask_exact.npz"

    write_exact(mask, path)
    back = read_exact(path)

    assert back.grid == mask.grid
    assert back.names == mask.names
    np.testing.assert_array_equal(back.labels, mask.labels)


@pytest.mark.parametrize("thickness_mm", [4.5, None])
def test_an_exact_mask_keeps_the_thickness_of_slices(even, tmp_path, thickness_mm):
    mask = even.prediction.mask
    mask = replace(mask, grid=replace(mask.grid, thickness_mm=thickness_mm))

    write_exact(mask, tmp_path / "mask_exact.npz")

    assert read_exact(tmp_path / "mask_exact.npz").grid.thickness_mm == thickness_mm


def test_numpy_alone_reads_an_exact_mask(values, uneven):
    at = values["origins_mm"][3] + 19 * 3.5 * values["row_axis"] + 26 * 3.0 * values["column_axis"]

    expected = uneven.volume.grid.to_world([[3, 19, 26]])[0]

    assert values["labels"][3, 19, 26] == 1
    np.testing.assert_allclose(at, expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "headct mask 2"),
        ("labels", np.zeros((8, 60, 48), dtype=np.int32)),
        ("labels", np.zeros((8, 60), dtype=np.uint8)),
        ("labels", np.full((8, 60, 48), 9, dtype=np.uint8)),
        ("names", np.array([{"a": 1}], dtype=object)),
        ("origins_mm", np.zeros((8, 3))),
        ("origins_mm", np.full((8, 3), np.nan)),
        ("spacing_mm", np.array([1.0])),
        ("spacing_mm", np.array([1.0, -1.0])),
        ("row_axis", np.array([1.0, 0.0, 0.0])),
        ("column_axis", np.array([1.0, 0.0])),
        ("thickness_mm", np.array([1.0, 2.0])),
    ],
)
def test_an_odd_mask_is_refused(values, name, value, tmp_path):
    path = written({**values, name: value}, tmp_path / "odd.npz")

    with pytest.raises(ScanError, match=r"odd\.npz is not a mask that headct wrote"):
        read_exact(path)


@pytest.mark.parametrize("change", ["missing", "extra", "cut", "text"])
def test_a_damaged_file_is_refused(values, change, tmp_path):
    path = written(values, tmp_path / "odd.npz")

    if change == "missing":
        written({name: a for name, a in values.items() if name != "names"}, path)
    elif change == "extra":
        written({**values, "more": 1}, path)
    elif change == "cut":
        path.write_bytes(path.read_bytes()[:2000])
    else:
        path.write_text("not an archive")

    with pytest.raises(ScanError, match="write it again"):
        read_exact(path)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ScanError, match="FileNotFoundError"):
        read_exact(tmp_path / "none.npz")


def test_nifti_puts_every_voxel_of_an_even_straight_series_where_it_lies(make, tmp_path):
    volume = make["head"](tilt_deg=0.0)
    mask = make["bleed"](volume)

    path = write_even(mask, tmp_path)
    image = nibabel.load(path)

    indices = np.argwhere(np.asarray(image.dataobj) == 2)
    world = nibabel.affines.apply_affine(image.affine, indices)
    np.testing.assert_allclose(
        world * LPS_TO_RAS, mask.grid.to_world(np.argwhere(mask.labels == 2)), atol=1e-3
    )
    assert path.name == "mask.nii.gz"
    assert image.get_data_dtype() == np.uint8


def test_nifti_of_an_uneven_series_is_named_a_resampled_copy(uneven, tmp_path):
    path = write_even(uneven.prediction.mask, tmp_path)

    image = nibabel.load(path)

    assert path.name == "mask_resampled.nii.gz"
    # 39.58 mm of cells along the normal, in steps as near to 1.08 mm as fill them.
    assert image.shape[2] == 37


def test_a_tilted_series_gets_a_straight_copy_that_itk_reads(make, tmp_path):
    mask = make["bleed"](make["head"](tilt_deg=20.0))

    path = write_even(mask, tmp_path)
    image = SimpleITK.ReadImage(str(path))

    assert path.name == "mask_resampled.nii.gz"
    found = np.argwhere(SimpleITK.GetArrayFromImage(image) == 2)[:, ::-1]
    centre = np.mean([image.TransformIndexToPhysicalPoint(i.tolist()) for i in found], axis=0)
    expected = mask.grid.to_world(np.argwhere(mask.labels == 2)).mean(axis=0)
    np.testing.assert_allclose(centre, expected, atol=max(mask.grid.spacing_mm))


def test_a_resampled_copy_takes_the_label_of_the_cell_it_lies_in(uneven):
    mask = uneven.prediction.mask
    axes = np.stack([1000 * mask.grid.normal, mask.grid.row_axis, mask.grid.column_axis]).T

    even = resampled(mask)

    # Nearest along the normal first, then within the slice: the cells of a stack of slices.
    every = np.stack(np.indices(mask.grid.shape), axis=-1).reshape(-1, 3)
    tree = cKDTree(mask.grid.to_world(every) @ axes)
    marked = np.argwhere(even.labels)
    near = np.unique(np.concatenate([marked + step for step in (-2, 0, 2)]), axis=0)
    near = near[((near >= 0) & (near < even.grid.shape)).all(axis=1)]
    distances, found = tree.query(even.grid.to_world(near) @ axes, k=2)
    # Where two voxels are as near as each other either is right.
    clear = distances[:, 1] - distances[:, 0] > 1e-6
    expected = mask.labels.reshape(-1)[found[:, 0]]
    np.testing.assert_array_equal(even.labels[tuple(near.T)][clear], expected[clear])
    assert even.grid.is_uniform
    assert not even.grid.is_tilted


def test_a_resampled_copy_holds_about_the_same_volume(uneven):
    mask = uneven.prediction.mask

    even = resampled(mask)

    # Each of the two ends of the bleed may move by half a step of 1.07 mm, of 10.6 mm in all.
    assert even.volume_ml("intraparenchymal") == pytest.approx(
        mask.volume_ml("intraparenchymal"), rel=1.07 / 10.6
    )
