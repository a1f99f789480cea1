from math import erf, pi, sqrt

import numpy as np
import pytest

from headct.phantom.body.anatomy import Head
from headct.phantom.body.cortex import WAVE_MM, Folds, draw_folds


@pytest.fixture(scope="module")
def folds(person: Head) -> Folds:
    return draw_folds(person.canvas, person.shell.inner_mm, np.random.default_rng(1))


def test_sulci_lie_as_densely_as_a_wave_of_their_length_has_zeros(person, folds):
    rim = (person.shell.inner_mm < -4) & (person.shell.inner_mm > -8)

    share = np.mean(folds.sulcus_mm[rim] < 1.0)

    # A normal field is nearer to 0 than 1 mm of its slope, sqrt(2) 2 pi / wave length.
    assert share == pytest.approx(erf(2 * pi * sqrt(2) / WAVE_MM / sqrt(2)), abs=0.06)


def test_folds_stand_upright_and_so_hardly_change_a_little_deeper(person, folds):
    z, y, x = person.canvas.voxel_of((30.0, 12.0, 0.0))
    line = folds.sulcus_mm[z // 2, y // 2]
    row = person.shell.inner_mm[z // 2, y // 2]
    from_skull = np.nonzero(row < 0)[0][-1]

    outer, deeper = line[from_skull - 2], line[from_skull - 5]

    # 6 mm further in it is no further than a third of a gyrus.
    assert abs(outer - deeper) < 2.5
    assert x > 0


def test_other_chance_folds_another_brain(person, folds):
    other = draw_folds(person.canvas, person.shell.inner_mm, np.random.default_rng(2))

    inside = person.shell.inner_mm < 0
    alike = np.corrcoef(folds.sulcus_mm[inside], other.sulcus_mm[inside])[0, 1]

    assert abs(alike) < 0.1
