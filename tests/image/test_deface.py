import cv2
import numpy as np
import pytest

from headct.core.errors import ScanError
from headct.core.grid import Grid
from headct.core.volume import Volume
from headct.image.deface import Deface, find_face
from headct.image.head import head_mask, intracranial


@pytest.fixture(scope="module")
def scan(healthy):
    return healthy.volume


@pytest.fixture(scope="module")
def defaced(scan):
    return Deface()(scan)


def turned(volume):
    """The same head as it lies in a file whose rows, columns and slices run backwards."""
    grid = volume.grid
    far = grid.row_axis * grid.spacing_mm[0] * (
        grid.shape[1] - 1
    ) + grid.column_axis * grid.spacing_mm[1] * (grid.shape[2] - 1)
    backwards = Grid(
        shape=(grid.shape[0], grid.shape[2], grid.shape[1]),
        origins_mm=(grid.origins_mm + far)[::-1],
        column_axis=-grid.row_axis,
        row_axis=-grid.column_axis,
        spacing_mm=grid.spacing_mm[::-1],
    )
    return Volume(np.ascontiguousarray(volume.hu[::-1, ::-1, ::-1].transpose(0, 2, 1)), backwards)


def front(hu):
    """(slices, columns) how far back the skin lies, in rows, seen from the front; NaN for air."""
    skin = np.stack([cv2.GaussianBlur(plane, (0, 0), 1.0) for plane in hu]) > -300
    return np.where(skin.any(axis=1), skin.argmax(axis=1).astype(float), np.nan)


def test_the_inside_of_the_skull_stays_as_it_was(scan, defaced):
    inside = intracranial(scan).inside

    np.testing.assert_array_equal(defaced.hu[inside], scan.hu[inside])
    after = intracranial(defaced)
    assert after.volume_ml == pytest.approx(intracranial(scan).volume_ml, rel=0.005)


def test_the_skin_of_the_face_is_gone(scan, defaced):
    before, after = front(scan.hu), front(defaced.hu)
    brain = intracranial(scan).inside
    foremost = int(np.nonzero(brain)[1].min())
    frontal_lobe = int(np.nonzero(brain[:, foremost + 5].any(axis=1))[0].min())

    # Nose, eyes and cheeks: below the frontal lobes, within 40 mm of the middle.
    centre = scan.grid.shape[2] // 2
    face = np.s_[: frontal_lobe - 1, centre - 40 : centre + 40]
    gone_mm = (np.nan_to_num(after[face], nan=999) - before[face]) * scan.grid.spacing_mm[0]

    # Skin and fat of a face are thinner.
    assert np.nanmin(gone_mm) > 10


def test_nothing_of_its_outline_is_left_in_the_air(scan, defaced):
    face = find_face(scan)

    assert (defaced.hu[face] == -1024).all()
    before_the_face = face & ~head_mask(scan)
    assert before_the_face[:, 0].all(axis=1)[: face.any(axis=(1, 2)).sum()].all()


def test_back_of_the_head_and_vertex_stay_as_they_were(scan, defaced):
    changed = defaced.hu != scan.hu

    assert not changed[:, scan.grid.shape[1] // 2 :].any()
    assert not changed[-5:].any()
    assert defaced.history[-1] == "Deface()"


def test_it_is_the_same_face_however_the_slices_are_stored(scan):
    face = find_face(scan)

    backwards = find_face(turned(scan))

    np.testing.assert_array_equal(backwards, face[::-1, ::-1, ::-1].transpose(0, 2, 1))


def test_without_a_skull_the_face_is_not_guessed():
    water = Volume(np.zeros((9, 99, 99), np.float32), Grid.regular((9, 99, 99), (5.0, 2.0, 2.0)))

    with pytest.raises(ScanError, match="no skull with a brain"):
        Deface()(water)
