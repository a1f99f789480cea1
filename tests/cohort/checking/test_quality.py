import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headct.cohort.checking.look import look
from headct.cohort.checking.quality import LIMITS, assess, score_of
from headct.cohort.images import Opened, open_case
from headct.core.case import Case, Pictures
from headct.core.grid import Grid
from headct.core.series import Instance, Location, Series
from headct.core.volume import Volume
from headct.image.geometry import Crop, upright
from headct.phantom.lesions.lookalikes import lookalike
from headct.phantom.scanner.protocol import Block, Motion, Protocol
from headct.phantom.scanner.scan import scan_head

PROTOCOL = Protocol((Block(30, 5.0, 5.0),), matrix=256)


def judged(volume: Volume, series: Series | None = None):
    return assess(look(Opened(volume, series=series)))


@pytest.fixture(scope="module")
def sound(healthy) -> Volume:
    return upright(healthy.volume)


def scanned(person, protocol=PROTOCOL, lesions=()) -> Volume:
    return upright(scan_head(person, list(lesions), protocol, seed=1).volume)


def series(**stated) -> Series:
    image = Instance(Location(Path("x")), "1", "2", "3", "4", "5", **stated)
    return Series("2", (image,))


def test_a_sound_head_passes(sound):
    quality = judged(sound)

    assert quality.reasons == ()
    assert 0.5 < quality.score <= 1
    assert set(quality.measures) == set(LIMITS)


def test_a_bleeding_head_passes(bleeding):
    quality = judged(upright(bleeding.volume))

    assert quality.reasons == ()


def test_motion_is_told(person):
    moving = replace(PROTOCOL, motions=(Motion(16, 17, shift_mm=(3.0, 2.0), turn_deg=3.0),))

    quality = judged(scanned(person, moving))

    assert "the head moved" in quality.reasons[0].reason
    assert quality.score < 0.5


def test_noise_is_told(person):
    quality = judged(scanned(person, replace(PROTOCOL, dose_mgy=1.5)))

    assert "too noisy" in quality.reasons[0].reason


@pytest.mark.parametrize("name", ["aneurysm coil", "cochlear implant"])
def test_metal_is_told(person, name):
    metal = lookalike(person, name, seed=1)

    quality = judged(scanned(person, lesions=[metal]))

    assert "metal by the brain" in quality.reasons[0].reason
    # Metal is twice to four times as dense as the limit: voxels that it fills in part count whole.
    assert 0.8 * metal.volume_ml < quality.measures["metal_ml"] < 3 * metal.volume_ml


def test_a_gap_in_the_skull_is_told(ball_head):
    # 40 mm square, in a skull of 60 mm radius: 16 cm².
    z, y, x = ball_head.mm
    volume = ball_head.scan((np.abs(z - 25) < 20) & (np.abs(y) < 20) & (x > 0))

    quality = judged(volume)

    assert quality.measures["gap_cm2"] == pytest.approx(16.0, rel=0.25)
    assert any("the skull has a gap" in reason.reason for reason in quality.reasons)


def test_a_head_cut_at_its_side_is_told_by_the_length_of_the_cut(ball_head):
    # A plane 40 mm off the middle of a skull of 66 mm radius cuts it in a circle of 52.5 mm.
    volume = Crop(columns=(60, 201))(ball_head.scan())

    quality = judged(volume)

    assert quality.measures["edge_mm"] == pytest.approx(2 * 52.5, rel=0.1)
    assert any("cut off at the side" in reason.reason for reason in quality.reasons)


def test_a_field_that_is_too_small_is_told(person):
    quality = judged(scanned(person, replace(PROTOCOL, field_of_view_mm=130.0)))

    assert any("cut off at the side" in reason.reason for reason in quality.reasons)


@pytest.mark.parametrize(
    ("keep", "said"), [((0, 20), "the top is cut"), ((14, 30), "the base is cut")]
)
def test_a_head_cut_at_an_end_is_told(sound, keep, said):
    quality = judged(Crop(slices=keep)(sound))

    assert any(said in reason.reason for reason in quality.reasons)


def test_noise_is_the_deviation_of_white_noise(ball_head):
    # 4 HU on pixels of 1 mm in slices of 5 mm.
    quality = judged(ball_head.scan())

    assert quality.measures["noise_hu"] == pytest.approx(4.0, abs=0.4)


def test_noise_of_thin_slices_counts_as_that_of_slabs():
    rng = np.random.default_rng(0)
    hu = np.full((75, 128, 128), -1000, np.float32)
    out = np.hypot(*np.mgrid[-64:64, -64:64])
    hu[:, out < 60] = 1000
    hu[:, out < 54] = 32
    hu += rng.normal(0, 9, hu.shape).astype(np.float32)
    quality = judged(Volume(hu, Grid.regular(hu.shape, (2.0, 1.2, 1.2))))

    # Two slices of 2 mm make a slab of 4 mm; five fifths of it would have less still.
    expected = 9 / np.sqrt(2) * np.sqrt(4 / 5)
    assert quality.measures["noise_hu"] == pytest.approx(expected, rel=0.12)


def test_a_few_slices_are_too_few(sound):
    quality = judged(Crop(slices=(10, 16))(sound))

    assert any("too few slices: 6" in reason.reason for reason in quality.reasons)
    assert quality.score == 0


def test_what_holds_no_skull_is_refused():
    hu = np.full((20, 100, 100), -1000, np.float32)
    hu[:, 20:80, 10:90] = 40
    quality = judged(Volume(hu, Grid.regular(hu.shape, (5.0, 3.0, 3.0))))

    assert "no skull with a brain" in quality.reasons[0].reason
    assert quality.score == 0
    assert quality.measures == {}


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"patient_age_years": 6.0}, "a small child"),
        ({"series_description": "Paed head"}, "described as a child"),
        ({"series_description": "Head postop"}, "after surgery"),
    ],
)
def test_patients_that_cq500_leaves_out_are_left_out(sound, stated, said):
    quality = judged(sound, series(**stated))

    assert said in quality.reasons[0].reason
    assert quality.score == 0


def test_an_older_child_stays_in(sound):
    quality = judged(sound, series(patient_age_years=7.0, series_description="Paed head"))

    assert quality.reasons == ()


@pytest.mark.parametrize(("left_out", "passes"), [((12,), True), ((12, 13), False)])
def test_slices_that_are_missing_count_by_what_they_would_show(sound, left_out, passes):
    kept = [i for i in range(len(sound.hu)) if i not in left_out]
    holed = Volume(sound.hu[kept], sound.grid.slices(kept))

    quality = judged(holed)

    assert quality.measures["missing_mm"] == pytest.approx(5.0 * len(left_out))
    assert any("slices are missing" in r.reason for r in quality.reasons) is not passes


@pytest.mark.parametrize("name", LIMITS)
def test_the_score_is_one_half_at_each_limit_and_falls_with_each_measure(name):
    limit = LIMITS[name].at_most

    scores = [score_of({name: share * limit}) for share in (0, 0.5, 1, 1.5, 2, 3)]

    assert scores == pytest.approx([1, 0.75, 0.5, 0.25, 0, 0])


def test_the_worst_measure_makes_the_score():
    measures = {name: 0.2 * limit.at_most for name, limit in LIMITS.items()}

    score = score_of({**measures, "noise_hu": 0.8 * LIMITS["noise_hu"].at_most})

    assert score == pytest.approx(0.6)


def test_metal_is_not_measured_where_a_window_ends_below_it(sound):
    shown = replace(sound, hu=np.clip(sound.hu, -20, 100), seen_hu=(-20.0, 100.0))

    quality = judged(shown)

    assert "metal_ml" not in quality.measures
    assert quality.reasons == ()


def pictures(root: Path, patient: str) -> Case:
    folder = root / "Patients_CT" / patient
    brain, bone = (
        tuple(path for path in (folder / window).glob("*.jpg") if path.stem.isdigit())
        for window in ("brain", "bone")
    )
    shown = (Pictures(brain, (40, 120)), Pictures(bone, (700, 3200)))
    return Case(patient, "1", folder, pictures=shown)


def test_a_real_adult_passes_and_an_infant_does_not(ct_ich):
    adult, infant = (assess(look(open_case(pictures(ct_ich, n)))) for n in ("055", "085"))

    assert adult.reasons == ()
    assert infant.reasons


def test_the_real_series_passes(ge_series):
    quality = assess(look(open_case(Case("ge", "1", ge_series))))

    assert quality.reasons == ()


def test_the_page_gives_every_limit_as_it_is():
    page = (Path(__file__).parents[3] / "docs" / "concepts" / "quality.md").read_text()
    rows = re.findall(r"^\| (`\w+_\w+`[^|]*)\|[^|]*\| ([0-9.]+) ", page, re.MULTILINE)

    told = {name: float(limit) for names, limit in rows for name in re.findall(r"`(\w+)`", names)}

    assert told == {name: limit.at_most for name, limit in LIMITS.items()}
