from pathlib import Path

import cv2
import numpy as np
import pytest

from headct.core.errors import GeometryError, PixelError, ScanError
from headct.image.formats.pictures import read_pictures, stack_pictures
from headct.image.regions import fill_holes

CT_ICH = Path(__file__).parents[4] / "shared/data/ct-ich/Patients_CT"


def save(folder, name, value, *, shape=(8, 10), dtype=np.uint8):
    cv2.imwrite(str(folder / name), np.full(shape, value, dtype))


def test_slices_follow_their_numbers_not_their_letters(tmp_path):
    for number in (10, 9, 1, 2, 3, 4, 5, 6, 7, 8):
        save(tmp_path, f"{number}.png", number)

    volume = read_pictures(tmp_path, window=(127.5, 255), spacing_mm=(5, 0.5, 0.5))

    np.testing.assert_allclose(volume.hu[:, 0, 0], range(1, 11), atol=1e-4)
    assert [source.file for source in volume.sources][-1] == "10.png"
    np.testing.assert_allclose(volume.grid.distances_mm, 5)


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 65535)])
def test_black_to_white_is_the_window(tmp_path, dtype, top):
    for number, value in enumerate((0, top // 5, top)):
        save(tmp_path, f"IM{number:04}.png", value, dtype=dtype)

    volume = read_pictures(tmp_path, window=(40, 120))

    np.testing.assert_allclose(volume.hu[:, 3, 3], [-20, 4, 100], atol=1e-3)
    assert volume.seen_hu == (-20, 100)


def test_without_spacing_there_is_no_ml_and_the_history_says_so(tmp_path):
    save(tmp_path, "1.png", 0, shape=(512, 512))
    save(tmp_path, "2.png", 0, shape=(512, 512))

    volume = read_pictures(tmp_path, window=(40, 80))

    assert not volume.grid.is_measured
    with pytest.raises(GeometryError, match="spacing"):
        _ = volume.grid.slice_voxel_ml
    assert "assumed 5 mm between slices and 0.449 mm" in volume.history[-1]


def test_with_spacing_ml_is_known(tmp_path):
    save(tmp_path, "1.png", 0)
    save(tmp_path, "2.png", 0)

    volume = read_pictures(tmp_path, window=(40, 80), spacing_mm=(5.0, 0.5, 0.4))

    np.testing.assert_allclose(volume.grid.slice_voxel_ml, 5 * 0.5 * 0.4 / 1000)


def test_a_missing_number_leaves_its_place_empty(tmp_path):
    for number in (2, 4, 8):
        save(tmp_path, f"{number}.png", 0)

    volume = read_pictures(tmp_path, window=(40, 80), spacing_mm=(5.0, 0.5, 0.5))

    np.testing.assert_allclose(volume.grid.distances_mm, [5, 10])
    assert any("1 numbers have no picture" in line for line in volume.history)


def test_gray_saved_as_colour_is_read_as_gray(tmp_path):
    cv2.imwrite(str(tmp_path / "1.png"), np.full((8, 10, 3), 51, np.uint8))

    volume = read_pictures(tmp_path, window=(40, 80))

    np.testing.assert_allclose(volume.hu, 16, atol=1e-4)


@pytest.mark.parametrize("pixel", [(1, 2, 3), (5, 5, 5, 100)])
def test_colour_and_see_through_are_refused(tmp_path, pixel):
    cv2.imwrite(str(tmp_path / "1.png"), np.full((8, 10, len(pixel)), pixel, np.uint8))

    with pytest.raises(PixelError, match=r"1\.png is in colour"):
        read_pictures(tmp_path, window=(40, 80))


def test_another_matrix_is_refused_by_name(tmp_path):
    save(tmp_path, "1.png", 0)
    save(tmp_path, "2.png", 0, shape=(8, 11))

    with pytest.raises(PixelError, match=r"2\.png is \(8, 11\), 1\.png is \(8, 10\)"):
        read_pictures(tmp_path, window=(40, 80))


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
def test_a_cut_off_picture_is_named(tmp_path, suffix, share):
    noise = np.random.default_rng(0).integers(0, 255, (60, 60), np.uint8)
    cv2.imwrite(str(tmp_path / f"1{suffix}"), noise)
    path = tmp_path / f"1{suffix}"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    with pytest.raises(PixelError, match=rf"1\{suffix} cannot be read"):
        read_pictures(tmp_path, window=(40, 80))


def test_masks_beside_the_slices_are_not_taken_for_slices(tmp_path):
    for name in ("13.png", "14.png", "14_HGE_Seg.png"):
        save(tmp_path, name, 0)

    with pytest.raises(ScanError, match=r"2 ways \(.*1 like 14_HGE_Seg\.png"):
        read_pictures(tmp_path, window=(40, 80))
    chosen = stack_pictures([tmp_path / "14.png", tmp_path / "13.png"], window=(40, 80))

    assert [source.file for source in chosen.sources] == ["13.png", "14.png"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "no PNG or JPEG"),
        (("1.png", "01.png"), "same number"),
        (("a.png", "b.png"), "2 ways"),
        (("s1_1.png", "s2_1.png"), "more than their last number"),
    ],
)
def test_names_without_one_order_are_refused(tmp_path, names, said):
    for name in names:
        save(tmp_path, name, 0)

    with pytest.raises(ScanError, match=said):
        read_pictures(tmp_path, window=(40, 80))


@pytest.mark.parametrize("window", [(40, 0), (40, -5), (float("nan"), 80)])
def test_a_window_without_width_is_refused(tmp_path, window):
    save(tmp_path, "1.png", 0)

    with pytest.raises(ValueError, match="window: expected"):
        read_pictures(tmp_path, window=window)


@pytest.mark.parametrize("spacing", [(5, 0.5), (0, 1, 1)])
def test_spacing_takes_three_lengths(tmp_path, spacing):
    save(tmp_path, "1.png", 0)

    with pytest.raises(ValueError, match="spacing_mm: expected"):
        read_pictures(tmp_path, window=(40, 80), spacing_mm=spacing)


@pytest.mark.skipif(not CT_ICH.is_dir(), reason=f"{CT_ICH} is not there")
def test_the_first_picture_of_ct_ich_is_the_lowest():
    patients = sorted(CT_ICH.iterdir())[:6]

    for patient in patients:
        volume = read_pictures(patient / "brain", window=(40, 120))

        # Sinuses, mastoids and airways are holes of air in the lower half of a head, not the upper.
        head = volume.hu > -15
        holes = np.count_nonzero(fill_holes(head) & ~head, axis=(1, 2))
        middle = len(holes) // 2
        assert holes[:middle].sum() > 2 * holes[middle:].sum()
