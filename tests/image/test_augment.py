import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, stats
from skimage import transform

from headct.image.augment import Augmentation, AugmentationRanges

NOTHING = AugmentationRanges(0.0, (1.0, 1.0), 0.0, 0.0, 0.0, 0.0)


def frames(seed=0, shape=(2, 3, 41, 50)):
    rough = np.random.default_rng(seed).random(shape)
    smooth = ndimage.gaussian_filter(rough, (0, 0, 2, 2))
    return ((smooth - smooth.min()) / np.ptp(smooth)).astype(np.float32)


def warped_by_scikit_image(plane, augmentation):
    """The same by two transforms of scikit-image, whose centre and corners are told to it."""
    rows, columns = plane.shape
    middle = np.array([(columns - 1) / 2, (rows - 1) / 2])
    about = transform.AffineTransform(translation=-middle)
    # Rows grow downwards: a positive rotation there is clockwise as seen.
    turn = transform.SimilarityTransform(
        rotation=-np.radians(augmentation.rotation_deg), scale=augmentation.scale
    )
    kept = 1 - augmentation.crop_share
    down, right = augmentation.crop_at
    corner = np.array(
        [right * augmentation.crop_share * columns, down * augmentation.crop_share * rows]
    )
    # From the crop's pixels to those before: (at + half a pixel) x kept + corner - half a pixel.
    crop = transform.AffineTransform(scale=kept, translation=corner + (kept - 1) / 2)
    to_source = crop.params.copy()
    to_source = np.linalg.inv(turn.params @ about.params) @ about.params @ to_source
    if augmentation.is_upended:
        plane = plane[::-1]
    if augmentation.is_mirrored:
        plane = plane[:, ::-1]
    # Two more pixels of black around, as it does not interpolate towards what lies outside.
    framed = np.pad(plane.astype(np.float64), 2)
    shift = np.array([[1, 0, 2], [0, 1, 2], [0, 0, 1]])
    return transform.warp(framed, shift @ to_source, order=1, output_shape=(rows, columns))


@pytest.mark.parametrize(
    "augmentation",
    [
        Augmentation(rotation_deg=90.0),
        Augmentation(rotation_deg=-12.5),
        Augmentation(scale=1.3),
        Augmentation(scale=0.8),
        Augmentation(crop_share=0.2, crop_at=(0.0, 1.0)),
        Augmentation(is_mirrored=True, rotation_deg=7.0),
        Augmentation(True, True, 14.0, 0.93, 0.1, (0.3, 0.8)),
    ],
    ids=str,
)
def test_what_moves_is_what_scikit_image_makes_of_it(augmentation):
    pixels = frames()

    moved = augmentation.on_frames(pixels)

    expected = warped_by_scikit_image(pixels[1, 2], augmentation)
    # Both interpolate in single precision or better; neighbours differ by up to 0.2.
    np.testing.assert_allclose(moved[1, 2], expected, atol=2e-5)


def test_a_quarter_turn_of_a_square_is_counterclockwise():
    pixels = frames(shape=(1, 1, 31, 31))

    turned = Augmentation(rotation_deg=90.0).on_frames(pixels)

    np.testing.assert_allclose(turned[0, 0], np.rot90(pixels[0, 0]), atol=2e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_flips_move_whole_pixels(dtype):
    pixels = (frames() * 255).astype(dtype)

    mirrored = Augmentation(is_mirrored=True).on_frames(pixels)
    upended = Augmentation(is_upended=True).on_masks(pixels)

    np.testing.assert_array_equal(mirrored, pixels[..., ::-1])
    np.testing.assert_array_equal(upended, pixels[..., ::-1, :])


@given(seed=st.integers(0, 2**32))
def test_ranges_of_no_width_draw_what_changes_no_bit(seed):
    augmentation = NOTHING.draw(np.random.default_rng(seed))
    pixels = frames()

    assert augmentation.on_frames(pixels) is pixels
    assert augmentation.on_masks(pixels[:, 0]).base is pixels


@given(seed=st.integers(0, 2**32))
def test_what_is_drawn_lies_in_its_ranges_and_leaves_0_to_1_alone(seed):
    ranges = AugmentationRanges(20.0, (0.8, 1.25), 1.0, 0.0, 0.2, 0.5)

    drawn = ranges.draw(np.random.default_rng(seed))
    pixels = drawn.on_frames(frames())

    assert (drawn.is_mirrored, drawn.is_upended) == (True, False)
    assert abs(drawn.rotation_deg) <= 20
    assert 0.8 <= drawn.scale <= 1.25
    assert 0 <= drawn.crop_share <= 0.2
    assert 0 <= drawn.noise <= 0.5
    assert pixels.min() >= 0
    assert pixels.max() <= 1


def test_equal_seeds_draw_equal_augmentations_and_these_do_the_same_again():
    ranges = AugmentationRanges()

    one, other = (ranges.draw(np.random.default_rng(3)) for _ in range(2))

    assert one == other
    assert eval(repr(one), {"Augmentation": Augmentation}) == one
    np.testing.assert_array_equal(one.on_frames(frames()), other.on_frames(frames()))
    assert ranges.draw(np.random.default_rng(4)) != one


def test_a_part_switched_off_does_not_change_what_the_others_draw():
    with_noise = AugmentationRanges(noise=0.3).draw(np.random.default_rng(8))
    without = AugmentationRanges(noise=0.0).draw(np.random.default_rng(8))

    assert without.rotation_deg == with_noise.rotation_deg
    assert without.seed == with_noise.seed
    assert without.noise == 0


def test_the_input_is_not_changed():
    pixels, labels = frames(), np.arange(100, dtype=np.uint8).reshape(1, 10, 10)
    before = pixels.copy(), labels.copy()
    all_at_once = Augmentation(True, True, 9.0, 1.1, 0.1, (0.2, 0.2), 0.1, 5)

    all_at_once.on_frames(pixels)
    all_at_once.on_masks(labels)

    np.testing.assert_array_equal(pixels, before[0])
    np.testing.assert_array_equal(labels, before[1])


def test_labels_stay_labels_and_lie_where_the_frames_they_mark_do():
    labels = np.zeros((1, 60, 60), dtype=np.uint8)
    labels[0, 12:30, 20:45] = 3
    pixels = (labels == 3).astype(np.float32)[:, None]
    augmentation = Augmentation(True, False, 11.0, 1.2, 0.1, (0.9, 0.1))

    moved = augmentation.on_masks(labels)
    shown = augmentation.on_frames(pixels)[:, 0]

    assert set(np.unique(moved)) == {0, 3}
    # The nearest pixel and the half-way line of the interpolated edge part by less than a pixel:
    # of 1000 marked pixels, some of the 100 along the edge.
    assert np.count_nonzero((moved == 3) != (shown > 0.5)) < 20
    np.testing.assert_array_equal(augmentation.on_masks(labels == 3), moved == 3)


def test_noise_has_its_deviation_in_either_kind_of_pixel():
    gray = np.full((4, 1, 128, 128), 0.5, dtype=np.float32)
    augmentation = Augmentation(noise=0.05, seed=1)

    scaled = augmentation.on_frames(gray)
    stored = augmentation.on_frames((gray * 255).astype(np.uint8))

    # 65,536 draws: the deviation of a deviation is itself / sqrt(2 n), 0.3 %.
    assert scaled.std(dtype=np.float64) == pytest.approx(0.05, rel=0.01)
    assert stored.astype(np.float64).std() / 255 == pytest.approx(0.05, rel=0.01)
    assert stored.dtype == np.uint8


def test_noise_of_whole_gray_values_is_normal_and_of_each_pixel_its_own():
    gray = np.full((1, 3, 301, 303), 128, dtype=np.uint8)

    noise = Augmentation(noise=4 / 255, seed=3).on_frames(gray)[0].astype(int) - 128

    levels = np.arange(-12, 13)
    counts = [np.count_nonzero(noise == level) for level in levels]
    shares = stats.norm(0, 4).cdf(levels + 0.5) - stats.norm(0, 4).cdf(levels - 0.5)
    # 273,609 draws: four standard errors of a share.
    errors = 4 * np.sqrt(shares * noise.size)
    assert (np.abs(counts - shares * noise.size) < errors).all()
    for shift in (np.roll(noise, 1, axis=-1), np.roll(noise, 1, axis=-2), np.roll(noise, 1, 0)):
        assert abs(np.corrcoef(noise.ravel(), shift.ravel())[0, 1]) < 0.01


@pytest.mark.parametrize("value", [0, 255])
def test_noise_stays_on_the_scale_of_gray_values(value):
    flat = np.full((1, 1, 9, 7), value, dtype=np.uint8)

    noisy = Augmentation(noise=0.5, seed=1).on_frames(flat).astype(int)

    # Half of the pixels would leave the scale, and end on it.
    assert 0.3 < (noisy == value).mean() < 0.7


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Augmentation(rotation_deg=float("nan")), "rotation_deg"),
        (lambda: Augmentation(scale=0.0), "scale"),
        (lambda: Augmentation(crop_share=1.0), "crop_share"),
        (lambda: Augmentation(crop_at=(0.0, 1.1)), "crop_at"),
        (lambda: Augmentation(noise=-0.1), "noise"),
        (lambda: AugmentationRanges(rotation_deg=-1), "rotation_deg"),
        (lambda: AugmentationRanges(scale=(1.2, 1.0)), "scale"),
        (lambda: AugmentationRanges(mirrored=1.5), "mirrored"),
        (lambda: AugmentationRanges(upended=-0.5), "upended"),
        (lambda: AugmentationRanges(crop_share=-0.1), "crop_share"),
        (lambda: AugmentationRanges(noise=float("inf")), "noise"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(make, field):
    with pytest.raises(ValueError, match=f"^{field}: expected"):
        make()


def test_pixels_of_another_kind_are_refused():
    with pytest.raises(TypeError, match="float32 or uint8, got float64"):
        Augmentation().on_frames(np.zeros((1, 1, 2, 2)))
    with pytest.raises(TypeError, match="uint8, bool or float32, got int64"):
        Augmentation().on_masks(np.zeros((1, 2, 2), dtype=np.int64))
