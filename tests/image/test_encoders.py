import numpy as np
import pytest

from headct.core.errors import GeometryError
from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.image.encoders import Gray, Neighbours, Windows
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head


def scan(seed=0, shape=(5, 12, 10), slice_mm=5.0):
    values = np.random.default_rng(seed).normal(30, 400, shape).astype(np.float32)
    return Volume(values, Grid.regular(shape, (slice_mm, 0.5, 0.5)))


def test_gray_is_the_volume_as_it_is():
    values = np.random.default_rng(0).random((3, 4, 5), dtype=np.float32)
    volume = Volume(values, Grid.regular(values.shape, (5.0, 1.0, 1.0)))

    frames = Gray()(volume)

    assert frames.channels == ("gray",)
    np.testing.assert_array_equal(frames.pixels[:, 0], values)


def test_gray_of_hu_is_refused():
    with pytest.raises(ValueError, match=r"Gray: expected values in \[0, 1\].*put Rescale before"):
        Gray()(scan())


def test_each_window_is_a_channel_from_black_to_white():
    hu = np.array([0, 20, 40, 80, 1000], np.float32).reshape(1, 1, 5)
    volume = Volume(hu, Grid((1, 1, 5), np.zeros((1, 3)), [1, 0, 0], [0, 1, 0], (1, 1)))

    frames = Windows(((40, 80), (600, 2800)))(volume)

    assert frames.channels == ("window 40/80", "window 600/2800")
    np.testing.assert_allclose(frames.pixels[0, 0, 0], [0, 0.25, 0.5, 1, 1])
    np.testing.assert_allclose(frames.pixels[0, 1, 0], (hu.ravel() + 800) / 2800, atol=1e-6)


def test_neighbours_of_slices_at_that_distance_are_the_slices_beside():
    volume = scan(slice_mm=5.0)

    frames = Neighbours(5.0, (0, 1000))(volume)

    shown = np.clip((volume.hu + 500) / 1000, 0, 1)
    np.testing.assert_allclose(frames.pixels[1:, 0], shown[:-1], atol=1e-6)
    np.testing.assert_allclose(frames.pixels[:, 1], shown, atol=1e-6)
    np.testing.assert_allclose(frames.pixels[:-1, 2], shown[1:], atol=1e-6)
    np.testing.assert_allclose(frames.pixels[0, 0], shown[0], atol=1e-6)
    np.testing.assert_allclose(frames.pixels[-1, 2], shown[-1], atol=1e-6)


def test_neighbours_in_a_thin_series_are_slabs_of_the_same_distance():
    volume = scan(shape=(20, 6, 6), slice_mm=1.0)

    frames = Neighbours(5.0, (0, 4000))(volume)

    slab = volume.hu[13:18].mean(axis=0)
    np.testing.assert_allclose(frames.pixels[10, 2], (slab + 2000) / 4000, atol=1e-6)


def test_neighbours_of_leaning_slices_are_refused(noise):
    with pytest.raises(GeometryError, match=r"lean by 18\.5°"):
        Neighbours()(noise)


def rising(distances_mm):
    """A volume whose HU grow evenly along the normal, by a rate of each pixel's own."""
    positions = np.concatenate([[0.0], np.cumsum(distances_mm)])
    rates = np.random.default_rng(3).uniform(-0.4, 0.4, (6, 7))
    hu = (40 + rates * (positions[:, None, None] - 60)).astype(np.float32)
    origins = np.array([0.0, 0.0, 1.0]) * positions[:, None]
    return Volume(hu, Grid(hu.shape, origins, [1, 0, 0], [0, 1, 0], (0.5, 0.5)))


THIN = np.full(200, 0.6)
MIXED = np.array([4.0] * 15 + [7.0] * 9)
EVEN = np.full(24, 5.0)


@pytest.mark.parametrize(
    ("distances_mm", "cell_mm"), [(THIN, 0.6), (MIXED, 4.0)], ids=["0.6 mm", "4 and 7 mm"]
)
def test_series_of_any_distance_have_the_neighbours_of_one_of_5_mm(distances_mm, cell_mm):
    even, other = rising(EVEN), rising(distances_mm)

    expected, frames = (Neighbours(5.0, (40.0, 120.0))(volume) for volume in (even, other))

    # Where HU rise evenly a slab is its middle, but for the two cells that it covers in part: of
    # 0.4 HU/mm, a cell's square over eight slabs is left. Slices 7 mm apart are interpolated.
    most = 0.4 * cell_mm**2 / (8 * 5.0) / 120.0
    places = [float(z) for z in other.grid.positions_mm if 10 < z < 110 and round(z, 6) % 5 == 0]
    assert len(places) >= 4
    for z in places:
        at = int(np.abs(other.grid.positions_mm - z).argmin())
        np.testing.assert_allclose(frames.pixels[at], expected.pixels[round(z / 5)], atol=most)


def test_a_head_scanned_thin_and_thick_has_the_same_neighbours(person):
    series = {
        "0.6 mm": (Block(250, 0.6, 0.6),),
        "4 and 7 mm": (Block(16, 4.0, 4.0), Block(13, 7.0, 7.0)),
        "5 mm": (Block(31, 5.0, 5.0),),
    }
    window = (40.0, 80.0)
    frames = {}
    for name, blocks in series.items():
        protocol = Protocol(blocks, matrix=128, noise_hu=0.0, hardening=0.0)
        frames[name] = Neighbours(5.0, window)(scan_head(person, [], protocol, seed=1).volume)

    thick = frames["5 mm"]
    apart = {}
    for name in ("0.6 mm", "4 and 7 mm"):
        other = frames[name]
        away = np.abs(other.grid.positions_mm[:, None] - thick.grid.positions_mm)
        pairs = [(i, int(row.argmin())) for i, row in enumerate(away) if row.min() < 0.31]
        pairs = [(i, j) for i, j in pairs if 6 <= j <= 25]
        assert len(pairs) >= 2
        differences = np.stack([other.pixels[i] - thick.pixels[j] for i, j in pairs])
        apart[name] = np.abs(differences).mean() * window[1]

    # Against one another the slices of two series differ by their thickness and by up to 0.3 mm
    # of height; neighbours taken by index, 0.6 mm away and not 5, would differ by 3.8 HU.
    assert apart["0.6 mm"] < 0.3
    assert apart["4 and 7 mm"] < 1.5


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Windows(()), "windows"),
        (lambda: Windows(((40, 0),)), "windows"),
        (lambda: Neighbours(0), "distance_mm"),
        (lambda: Neighbours(5, (40, -1)), "window"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(make, field):
    with pytest.raises(ValueError, match=f"^{field}: expected"):
        make()
