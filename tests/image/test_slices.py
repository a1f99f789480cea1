from dataclasses import replace

import numpy as np
import pytest

from headct.core.errors import ScanError
from headct.core.grid import Grid
from headct.core.volume import SliceSource, Volume
from headct.image.geometry import Crop
from headct.image.head import Coarse, coarse_intracranial
from headct.image.slices import BrainSlices, DepthNormalize, VentricleSlices, ventricle_level
from headct.phantom.body.anatomy import head
from headct.phantom.body.traits import Ranges
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head

# Of 29 slices at 5 mm, the ball's middle on slice 14 and its radius 60 mm, those up to 55 mm show
# brain: at 60 mm its area is 0.
FIRST, LAST = 3, 25


def named(volume):
    """With a source for each slice, by its number."""
    count = volume.grid.shape[0]
    return replace(volume, sources=tuple(SliceSource(str(k)) for k in range(count)))


def numbers(volume):
    return [int(source.file) for source in volume.sources]


def from_above(volume):
    """The same voxels, counted from the head to the feet and from the back to the front."""
    grid = volume.grid
    far = (grid.shape[1] - 1) * grid.spacing_mm[0] * grid.row_axis
    turned = Grid(
        grid.shape,
        grid.origins_mm[::-1] + far,
        grid.column_axis,
        -grid.row_axis,
        grid.spacing_mm,
        grid.thickness_mm,
    )
    return Volume(np.ascontiguousarray(volume.hu[::-1, ::-1]), turned, volume.sources[::-1])


@pytest.fixture(scope="module")
def ball(ball_head):
    return named(ball_head.scan())


def test_slices_that_show_brain_are_all_kept_with_their_pixels_and_sources(ball):
    kept = BrainSlices()(ball)

    assert numbers(kept) == list(range(FIRST, LAST + 1))
    np.testing.assert_array_equal(kept.hu, ball.hu[FIRST : LAST + 1])
    np.testing.assert_array_equal(kept.grid.origins_mm, ball.grid.origins_mm[FIRST : LAST + 1])


@pytest.mark.parametrize("depth", [1, 6, 7, 12])
def test_depth_lies_around_two_fifths_of_the_skull_from_its_start(ball, depth):
    # 23 slices show brain: 0.4 x 23 = 9.2, so slice 9 counted from the skull's start.
    centre = FIRST + 9

    kept = DepthNormalize(depth)(ball)

    assert numbers(kept) == list(range(centre - depth // 2, centre - depth // 2 + depth))


def test_the_start_of_the_skull_and_not_of_the_scan_decides(ball):
    later = Crop(slices=(2, 29))(ball)

    assert numbers(DepthNormalize(6)(later)) == numbers(DepthNormalize(6)(ball))


def test_slices_counted_from_the_head_give_the_same_choice(ball):
    turned = from_above(ball)

    kept = DepthNormalize(6)(turned)

    assert numbers(kept) == numbers(DepthNormalize(6)(ball))[::-1]


def test_where_slices_run_short_there_are_fewer(ball):
    kept = DepthNormalize(30)(ball)

    # From 12 - 15 to 12 + 14, of 0 to 28.
    assert numbers(kept) == list(range(27))


def test_where_slices_run_short_the_end_may_be_repeated_at_its_distance(ball):
    kept = DepthNormalize(34, short="repeat")(ball)

    assert numbers(kept) == [0] * 5 + list(range(29))
    np.testing.assert_array_equal(kept.hu[4], ball.hu[0])
    np.testing.assert_allclose(kept.grid.distances_mm, 5.0)
    np.testing.assert_allclose(kept.grid.positions_mm[5], ball.grid.positions_mm[0])


def test_both_ends_may_be_repeated(ball):
    kept = DepthNormalize(12, center=1.0, short="repeat")(Crop(slices=(20, 26))(ball))

    # 20 to 25 show brain; the centre is the last of them: 6 below, it, and 5 above.
    assert numbers(kept) == [20, *range(20, 26), 25, 25, 25, 25, 25]
    np.testing.assert_allclose(kept.grid.distances_mm, 5.0)


def test_a_lone_slice_is_repeated_at_its_thickness(ball):
    kept = DepthNormalize(3, short="repeat")(Crop(slices=(14, 15))(ball))

    assert numbers(kept) == [14, 14, 14]
    np.testing.assert_allclose(kept.grid.distances_mm, 5.0)


@pytest.mark.parametrize("step", [BrainSlices(), DepthNormalize(), VentricleSlices()])
def test_what_has_no_skull_has_no_slices_to_choose(step):
    water = Volume(np.zeros((5, 99, 99), np.float32), Grid.regular((5, 99, 99), (5.0, 2.0, 2.0)))

    with pytest.raises(ScanError, match="no skull with a brain"):
        step(water)


def ventricles_mm(person):
    """(3,) the middle of the lateral ventricles at the height where they are widest, LPS."""
    share = person.tissues.ventricle
    z = int(share.sum(axis=(1, 2), dtype=np.int64).argmax())
    rows, columns = np.nonzero(share[z] > 127)
    box = person.tissues.box
    at = [[box[0].start + z, box[1].start + rows.mean(), box[2].start + columns.mean()]]
    return person.grid.to_world(at)[0]


PROTOCOLS = {
    "5 mm": Protocol((Block(30, 5.0, 5.0),), matrix=256),
    "4 and 7 mm, tilted": Protocol((Block(14, 4.0, 4.0), Block(16, 7.0, 7.0)), 256, tilt_deg=15.0),
}


def far_from_truth_mm(person, protocol):
    volume = scan_head(person, [], protocol, seed=2).volume
    found = coarse_intracranial(volume)
    assert isinstance(found, Coarse)
    level = ventricle_level(found)
    return float(volume.grid.positions_mm[level] - ventricles_mm(person) @ volume.grid.normal)


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_the_level_of_the_ventricles_is_found(person, protocol):
    assert abs(far_from_truth_mm(person, protocol)) < 10


@pytest.mark.slow
@pytest.mark.parametrize("atrophy", [0.05, 0.95])
@pytest.mark.parametrize("seed", range(20, 24))
def test_the_level_of_the_ventricles_is_found_in_young_and_shrunken_brains(seed, atrophy):
    person = head(seed, ranges=Ranges(atrophy=(atrophy, atrophy)))

    assert abs(far_from_truth_mm(person, PROTOCOLS["5 mm"])) < 12


def test_ventricle_slices_lie_within_reach_along_the_normal(bleeding):
    volume = named(bleeding.volume)
    found = coarse_intracranial(volume)
    assert isinstance(found, Coarse)
    positions = volume.grid.positions_mm
    away = np.abs(positions - positions[ventricle_level(found)])

    kept = VentricleSlices(15.0)(volume)

    assert numbers(kept) == [k for k in range(len(away)) if away[k] < 15.005]
    np.testing.assert_array_equal(kept.hu, volume.hu[numbers(kept)])


def test_a_brain_without_fluid_is_cut_at_its_widest(ball):
    kept = VentricleSlices(0.0)(ball)

    assert numbers(kept) == [14]


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: DepthNormalize(depth=0), "depth"),
        (lambda: DepthNormalize(center=1.5), "center"),
        (lambda: DepthNormalize(short="cut"), "short"),
        (lambda: VentricleSlices(-1.0), "reach_mm"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(make, field):
    with pytest.raises(ValueError, match=f"^{field}: expected"):
        make()
