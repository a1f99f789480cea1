import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.colors import to_rgb

from headct.measure.counts.confusion import Confusion
from headct.measure.figures.confusion import confusion_figure

COUNTED = Confusion(tp=1234, fp=3, fn=66, tn=97)


def cells(axes):
    """Text by where it stands: present above, called left."""
    return {
        ("present" if y < 1 else "absent", "called" if x < 1 else "not called"): text
        for text in axes.texts
        for x, y in [text.get_position()]
    }


def test_each_count_stands_in_its_cell_with_its_share_of_the_true_row(heading):
    axes = confusion_figure({"A": COUNTED}, heading).axes[0]

    told = {place: text.get_text() for place, text in cells(axes).items()}

    assert told == {
        ("present", "called"): "1,234\n94.9 %",  # of 1300
        ("present", "not called"): "66\n5.1 %",
        ("absent", "called"): "3\n3.0 %",  # of 100
        ("absent", "not called"): "97\n97.0 %",
    }


def test_the_axes_name_what_is_above_and_left(heading):
    axes = confusion_figure({"A": COUNTED}, heading).axes[0]

    across = [one.get_text() for one in axes.get_xticklabels()]
    down = [one.get_text() for one in axes.get_yticklabels()]

    assert (across, down) == (["called", "not called"], ["present", "absent"])
    assert axes.yaxis_inverted()


@pytest.mark.parametrize("share", np.linspace(0, 1, 6))
def test_text_reads_on_every_colour(heading, share):
    ill = round(1000 * share)
    figure = confusion_figure({"A": Confusion(ill, 0, 1000 - ill, 10)}, heading)
    figure.draw_without_rendering()
    axes = figure.axes[0]

    behind = next(one for one in axes.collections if isinstance(one, QuadMesh)).get_facecolor()
    ink = to_rgb(cells(axes)["present", "called"].get_color())
    light, dark = sorted((luminance(behind.reshape(-1, 4)[0, :3]), luminance(ink)), reverse=True)

    # WCAG 2.2, 1.4.3.
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def luminance(colour):
    """Relative luminance as WCAG 2.2 defines it."""
    rgb = np.asarray(colour)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def test_many_labels_stand_in_lines_of_three(heading):
    figure = confusion_figure({f"label {n}": COUNTED for n in range(5)}, heading)

    titles = [axes.get_title() for axes in figure.axes if axes.axison]

    assert titles == [f"label {n}" for n in range(5)]
    tops = [round(axes.get_position().y1, 2) for axes in figure.axes[:5]]
    assert len(set(tops[:3])) == 1
    assert tops[3] < tops[2]


def test_a_row_without_cases_has_no_share(heading):
    axes = confusion_figure({"A": Confusion(0, 1, 0, 9)}, heading).axes[0]

    told = {place: text.get_text() for place, text in cells(axes).items()}

    assert told["present", "called"] == told["present", "not called"] == "0"
    assert told["absent", "called"] == "1\n10.0 %"


def test_no_table_is_refused(heading):
    with pytest.raises(ValueError, match="one table or more"):
        confusion_figure({}, heading)
