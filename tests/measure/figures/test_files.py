import re
import warnings
from xml.etree import ElementTree

import cv2
import matplotlib as mpl
import numpy as np
import pytest

from headct.measure.counts.confusion import Confusion
from headct.measure.figures.confusion import confusion_figure
from headct.measure.figures.files import as_svg, save
from headct.measure.figures.heading import Heading
from headct.measure.figures.volume import volume_figure
from headct.measure.outcomes import Level
from headct.measure.volume.pairs import volume_pairs

AWKWARD = 'site $a$ <b> & "id="x" url(#y) _{z}'


def figure(rows=20):
    """Dots, lines and clipping: all that has identifiers; and pixels with many rows."""
    true = np.arange(rows, dtype=np.float64)
    heading = Heading(AWKWARD, Level.PATIENT, rows, rows, confidence=0.95)
    return volume_figure(volume_pairs(true, true * 1.1), heading)


def identifiers(svg):
    return [one.get("id") for one in ElementTree.fromstring(svg).iter() if one.get("id")]


def test_a_figure_stands_in_a_page_without_prologue():
    svg = as_svg(figure(), "a")

    assert svg.startswith("<svg ")
    assert svg.endswith("</svg>")
    assert "<?xml" not in svg
    assert "<!DOCTYPE" not in svg


@pytest.mark.parametrize("rows", [20, 3000])
def test_two_figures_in_one_page_share_no_identifier(rows):
    one, other = as_svg(figure(rows), "a"), as_svg(figure(rows), "b")

    both = identifiers(one) + identifiers(other)

    assert len(both) > 20
    assert len(both) == len(set(both))


@pytest.mark.parametrize("rows", [20, 3000])
def test_every_reference_finds_what_it_names(rows):
    svg = as_svg(figure(rows), "a")

    drawn = re.sub(r"<text.*?</text>|<title.*?</title>|<!--.*?-->", "", svg, flags=re.DOTALL)
    named = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', drawn)

    assert named
    assert {one or other for one, other in named} <= set(identifiers(svg))


def test_nothing_in_it_changes_the_page_around_it():
    svg = as_svg(figure(), "a")

    assert "<style" not in svg


def test_text_is_text_as_it_was_given():
    drawn = ElementTree.fromstring(as_svg(figure(), "a"))

    texts = ["".join(one.itertext()) for one in drawn.iter("{http://www.w3.org/2000/svg}text")]

    assert f"Volume: {AWKWARD}" in texts


def test_it_says_what_it_shows_to_those_who_cannot_see_it():
    svg = ElementTree.fromstring(as_svg(figure(), "a", alt="volumes & <more>"))
    plain = ElementTree.fromstring(as_svg(figure(), "a"))

    title = svg.find("{http://www.w3.org/2000/svg}title")

    assert title.text == "volumes & <more>"
    assert (svg.get("role"), svg.get("aria-labelledby")) == ("img", title.get("id"))
    assert plain[0].text == f"Volume: {AWKWARD}; 20 patients"


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    (tmp_path / "again").mkdir()

    first = save(figure(), tmp_path, "volume")
    again = save(figure(), tmp_path / "again", "volume")

    assert [path.name for path in first] == ["volume.svg", "volume.png"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]


def test_files_tell_neither_when_nor_by_which_version_they_were_made(tmp_path):
    vector, pixels = save(figure(), tmp_path, "volume")

    stored = vector.read_text() + pixels.read_bytes()[:400].decode("latin-1")

    assert "metadata" not in stored
    assert f"v{mpl.__version__}" not in stored
    assert "matplotlib.org" not in stored
    assert "Software" not in stored
    assert "Date" not in stored


def test_pixels_are_dense_enough_to_print_and_white_behind(tmp_path):
    drawn = figure()

    _, pixels = save(drawn, tmp_path, "volume")

    picture = cv2.imread(str(pixels))
    width, height = drawn.get_size_inches()
    assert picture.shape[:2] == pytest.approx((200 * height, 200 * width), abs=1)
    assert picture[0, 0].tolist() == [255, 255, 255]
    assert picture.min() < 50


def test_many_points_become_pixels_inside():
    few, many = as_svg(figure(200), "a"), as_svg(figure(3000), "a")

    assert "<image" not in few
    assert "<image" in many
    assert len(many) < 100_000


@pytest.mark.parametrize("prefix", ["", "1", "a b", 'a"', "ä", "-a"])
def test_a_prefix_that_begins_no_identifier_is_refused(prefix):
    with pytest.raises(ValueError, match="expected a letter"):
        as_svg(figure(), prefix)


@pytest.mark.parametrize("name", ["", "..", "a/b", "/a"])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path, name):
    with pytest.raises(ValueError, match="file name"):
        save(figure(), tmp_path, name)


def test_drawing_and_writing_warn_of_nothing(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = confusion_figure(
            {"all": Confusion(0, 0, 0, 0)}, Heading("", Level.SLICE, 0, 0, 0, confidence=0.95)
        )
        written = save(drawn, tmp_path, "empty")

    assert all(path.stat().st_size for path in written)
