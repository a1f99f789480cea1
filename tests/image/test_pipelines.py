import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from headct.cohort.images import open_case
from headct.core.case import Case
from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.image.formats.pictures import read_pictures
from headct.image.geometry import Crop, Resample, Reshape
from headct.image.pipeline import parse_pipeline
from headct.image.pipelines import PIPELINES

EACH = pytest.mark.parametrize("name", PIPELINES)
CHANNELS = {
    "ich-watershed": 2,
    "ich-growing": 2,
    "windows": 3,
    "neighbours": 3,
    "brain-neighbours": 3,
}
MATRIX = {"brain-neighbours": 192}


def overlaps(old, new):
    """(new, old) how much of each old pixel a new one covers, over its own size."""
    edges = np.arange(new + 1) * (old / new)
    low, high = edges[:-1, None], edges[1:, None]
    pixels = np.arange(old)
    return np.clip(np.minimum(high, pixels + 1) - np.maximum(low, pixels), 0, None) / (old / new)


def common(hu):
    """To 512 x 512, to 256 x 256, 0 to 100 HU to 0 to 1: by the paper's text, in plain NumPy."""
    square = overlaps(hu.shape[0], 512) @ hu.astype(np.float64) @ overlaps(hu.shape[1], 512).T
    small = square.reshape(256, 2, 256, 2).mean(axis=(1, 3))
    return np.clip(small, 0, 100) / 100


def variant_a(hu):
    return common(hu)


def variant_b(hu):
    x = common(hu)
    # Equation (3) as meant: 0 where x >= 0.8 or x <= 0.18, x otherwise.
    x = np.where((x >= 0.8) | (x <= 0.18), 0, x)
    return ndimage.grey_opening(x, (4, 4))


def variant_c(hu):
    x = ndimage.uniform_filter(common(hu), 3)
    x = np.clip((x - 0.15) / (0.65 - 0.15), 0, 1)
    return np.where(x == 1, 0, x)


@pytest.mark.parametrize("matrix", [(512, 512), (512, 600), (600, 512)], ids=str)
@pytest.mark.parametrize(
    ("name", "by_text"), [("A", variant_a), ("B", variant_b), ("C", variant_c)]
)
def test_the_papers_variants_are_what_its_text_says(name, by_text, matrix):
    rough = np.random.default_rng(5).normal(0, 1, (2, *matrix))
    smooth = ndimage.gaussian_filter(rough, (0, 3, 3))
    hu = (40 + 45 * smooth / smooth.std()).astype(np.float32)
    volume = Volume(hu, Grid.regular(hu.shape, (5.0, 0.45, 0.45)))

    frames = PIPELINES[name](volume)

    expected = np.stack([by_text(plane) for plane in hu])
    # HU are held to six digits: of 100 HU to 1e-6; the stretch of C doubles that.
    np.testing.assert_allclose(frames.pixels[:, 0], expected, atol=5e-6)
    assert 0.1 < np.count_nonzero(expected) / expected.size < 1


def test_squeezed_slices_keep_their_field():
    volume = Volume(np.zeros((2, 512, 600), np.float32), Grid.regular((2, 512, 600), (5, 0.4, 0.4)))

    grid = PIPELINES["A"](volume).grid

    assert grid.spacing_mm == pytest.approx((512 * 0.4 / 256, 600 * 0.4 / 256))


def test_our_own_pipelines_keep_pixels_square():
    volume = Volume(np.zeros((2, 512, 600), np.float32), Grid.regular((2, 512, 600), (5, 0.4, 0.4)))

    for name in ("windows", "neighbours"):
        assert PIPELINES[name](volume).grid.spacing_mm == pytest.approx((600 * 0.4 / 256,) * 2)


@pytest.fixture(scope="module")
def scans(bleeding):
    """The kinds of scan that there are: all of one head with a bleed."""
    leaning = bleeding.volume
    thin = Resample((1.0, 1.0, 1.0))(Crop(slices=(8, 24))(leaning))
    picture = replace(leaning, hu=np.clip(leaning.hu, -20, 100), seen_hu=(-20.0, 100.0))
    unmeasured = replace(picture, grid=replace(leaning.grid, is_measured=False))
    return {
        "leaning, of mixed distances": leaning,
        "512 x 600": Reshape(512, 600)(leaning),
        "thin": thin,
        "pictures of a window": unmeasured,
    }


def check(frames, name, slices):
    side = MATRIX.get(name, 256)
    assert frames.pixels.shape == (slices, CHANNELS.get(name, 1), side, side)
    assert frames.pixels.dtype == np.float32
    assert frames.pixels.min() >= 0
    assert frames.pixels.max() <= 1
    # Neither black nor white nor one gray: a head is seen.
    assert frames.pixels[:, 0].std() > 0.05


@EACH
@pytest.mark.parametrize(
    "kind", ["leaning, of mixed distances", "512 x 600", "thin", "pictures of a window"]
)
def test_every_pipeline_takes_every_kind_of_scan_to_0_to_1(name, kind, scans):
    volume = scans[kind]

    frames = PIPELINES[name](volume)

    check(frames, name, volume.grid.shape[0])


@EACH
def test_every_pipeline_takes_a_real_leaning_series(name, ge_series):
    volume = open_case(Case("1", "1", ge_series)).volume

    check(PIPELINES[name](volume), name, 28)


@EACH
@pytest.mark.parametrize("patient", ["049", "085", "107"])
def test_every_pipeline_takes_real_pictures(name, patient, ct_ich):
    folder = ct_ich / "Patients_CT" / patient / "brain"
    volume = read_pictures(folder, window=(40.0, 120.0))

    check(PIPELINES[name](volume), name, len(list(folder.glob("*.jpg"))))


@EACH
def test_a_named_pipeline_goes_through_a_manifest_and_back(name):
    pipeline = PIPELINES[name]

    assert pipeline.name == name
    assert parse_pipeline(json.loads(json.dumps(pipeline.as_dict()))) == pipeline


def test_all_pipelines_of_the_papers_are_there_and_differ():
    assert set(PIPELINES) == {
        *("A", "B", "C", "ich", "ich-watershed", "ich-growing", "p-cnn"),
        *("windows", "neighbours", "brain-neighbours"),
    }
    assert len({pipeline.sha256 for pipeline in PIPELINES.values()}) == len(PIPELINES)


def test_the_table_of_pipelines_cannot_be_changed():
    with pytest.raises(TypeError):
        PIPELINES["A"] = PIPELINES["B"]
