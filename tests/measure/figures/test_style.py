from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from skimage.color import deltaE_ciede2000, rgb2lab

from headct.measure.figures.heading import Heading
from headct.measure.figures.style import COLOURS, GREY, drawing, in_logarithms, look, settings
from headct.measure.outcomes import Level

# What is left of linear RGB without one kind of cone: Machado, Oliveira and Fernandes, IEEE Trans
# Vis Comput Graph 2009;15:1291-1298, severity 1.0.
WITHOUT = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
    "nothing": np.eye(3),
}


def linear(rgb):
    """The sRGB standard's transfer function (IEC 61966-2-1)."""
    rgb = np.asarray(rgb)
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def stored(light):
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def luminance(colour):
    """Relative luminance as WCAG 2.2 defines it."""
    return float(linear(to_rgb(colour)) @ (0.2126, 0.7152, 0.0722))


@pytest.mark.parametrize("cones", WITHOUT)
def test_colours_stay_apart_for_colour_blind_readers(cones):
    seen = [rgb2lab(stored(WITHOUT[cones] @ linear(to_rgb(one)))) for one in COLOURS]

    apart = {
        (one, other): float(deltaE_ciede2000(seen[one], seen[other]))
        for one, other in combinations(range(len(COLOURS)), 2)
    }

    # 2.3 is just noticeable (Mahy, Van Eycken and Oosterlinck, Color Res Appl 1994;19:105-121).
    assert min(apart.values()) > 4 * 2.3, min(apart, key=apart.get)


def test_grey_reads_on_white_as_well_as_wcag_asks_of_text():
    contrast = 1.05 / (luminance(GREY) + 0.05)

    assert contrast >= 7


def test_no_two_of_many_series_look_the_same():
    looks = [look(place) for place in range(28)]

    assert len({(one.colour, str(one.dashes)) for one in looks}) == 28
    assert len({one.marker for one in looks[:9]}) == 9


def test_neighbours_differ_in_colour_dashes_and_marker():
    pairs = [(look(place), look(place + 1)) for place in range(40)]

    assert all(one.colour != other.colour for one, other in pairs)
    assert all(one.dashes != other.dashes for one, other in pairs)
    assert all(one.marker != other.marker for one, other in pairs)


def test_matplotlib_is_left_as_it_was():
    before = dict(mpl.rcParams)

    with settings():
        inside = mpl.rcParams["svg.fonttype"]

    assert inside == "none"
    assert dict(mpl.rcParams) == before


def test_a_reader_s_own_settings_change_nothing():
    heading = Heading("subdural", Level.PATIENT, 40, 40, confidence=0.95)

    mine = mpl.rc_context({"figure.facecolor": "black", "axes.linewidth": 9})
    with mine, drawing("ROC curve", heading) as figure:
        axes = figure.add_subplot()

    assert figure.get_facecolor() == (1, 1, 1, 1)
    assert axes.spines["left"].get_linewidth() < 1


@pytest.mark.parametrize("low", [0.3, 8])
@pytest.mark.parametrize("span", [1.1, 1.4, 3, 20, 1e4])
def test_an_axis_in_logarithms_can_be_read_off_however_little_it_spans(low, span):
    with drawing("Volume", Heading("subdural", Level.PATIENT, 40, 40, confidence=0.95)) as figure:
        axes = figure.add_subplot()
        axes.set_ylim(low, low * span)
        in_logarithms(axes, "y")

    seen = [one for one in axes.get_yticks() if low <= one <= low * span]

    assert axes.get_yscale() == "log"
    assert 2 <= len(seen) <= 12
