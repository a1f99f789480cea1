import cv2
import numpy as np

from headct.train.explaining.gallery import KINDS, Gallery
from headct.train.explaining.sheet import COLUMNS, Row, sheet

SIDE = 32


def row(number: int, peak: float = 1.0, *, truth: bool | None = True) -> Row:
    heat = np.zeros((SIDE, SIDE), np.float32)
    heat[8:16, 8:16] = peak
    drawn = np.zeros((SIDE, SIDE), bool)
    drawn[20:24, 20:24] = True
    pixels = np.full((SIDE, SIDE), 100, np.uint8)
    return Row(number, 3, pixels, heat, 0.75, True, truth, drawn, None, aspect=1.25)


def drawn(seed: int) -> list[int]:
    """Which two of five studies are kept."""
    gallery = Gallery(2, seed)
    for number in range(1, 6):
        gallery.offer("subdural", "found", row(number))
    return [one.number for one in gallery.kept("subdural", "found")]


def test_studies_of_a_kind_are_drawn_by_chance_and_the_same_by_a_seed():
    kept = [drawn(seed) for seed in range(40)]

    assert all(len(numbers) == 2 and numbers == sorted(numbers) for numbers in kept)
    # Each of five is among two of five: 16 of 40 times, give or take four deviations.
    for number in range(1, 6):
        assert abs(sum(number in numbers for numbers in kept) - 16) < 4 * np.sqrt(40 * 0.4 * 0.6)
    assert kept == [drawn(seed) for seed in range(40)]


def test_files_are_named_by_label_and_kind(tmp_path):
    gallery = Gallery(1, 0)
    gallery.offer("subdural", KINDS[True, False], row(1, truth=False))
    gallery.offer("any_hemorrhage", KINDS[False, None], row(2, truth=None))

    names = gallery.write(tmp_path)

    assert names == ("subdural-false-alarm.png", "any_hemorrhage-not-called-truth-not-known.png")
    assert all(cv2.imread(str(tmp_path / name)).size for name in names)


def test_all_rows_of_a_label_share_one_scale_that_ends_at_the_largest_peak():
    figure = sheet([row(1, 0.2), row(2, 2.0)], label="subdural", kind="found", peak=2.0)

    lines = [figure.axes[start : start + 4] for start in (0, 4)]
    heats = [line[1].images[0] for line in lines]
    assert [axes.get_title() for axes in lines[0]] == list(COLUMNS)
    assert {heat.norm.vmax for heat in heats} == {2.0}
    assert [line[1].get_xlabel() for line in lines] == ["peak 0.2", "peak 2"]
    # A tenth of the peak is nearly clear in the overlay, and nothing is.
    overlays = [np.asarray(line[2].images[1].get_array()) for line in lines]
    assert [overlay[..., 3].max().round(3) for overlay in overlays] == [0.075, 0.75]
    assert overlays[1][0, 0, 3] == 0


def test_the_last_column_says_what_was_said_and_what_is_true():
    figure = sheet(
        [row(7), row(8, truth=None)], label="leukoencephalopathy", kind="found", peak=1.0
    )

    told = [figure.axes[place].get_xlabel() for place in (3, 7)]
    assert told == ["said 0.75, called\ntrue: present", "said 0.75, called\ntrue: not known"]
    assert figure.axes[0].get_ylabel() == "study 7\nslice 3"
    assert {axes.get_images()[0].axes.get_aspect() for axes in figure.axes[:8]} == {1.25}
    assert "Leukoencephalopathy: found" in figure.get_suptitle()


def test_a_label_that_nothing_speaks_for_is_black():
    figure = sheet([row(1, 0.0)], label="subdural", kind="clear", peak=0.0)

    overlay = np.asarray(figure.axes[2].images[1].get_array())
    assert overlay[..., 3].max() == 0
