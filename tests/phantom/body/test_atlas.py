from importlib.resources import files

import numpy as np

from headct.phantom.body.atlas import load_atlas


def test_the_atlas_is_small_and_carries_its_notice():
    folder = files("headct.phantom.body")

    notice = folder.joinpath("ATLAS-NOTICE.txt").read_text(encoding="utf-8")

    assert len(folder.joinpath("atlas.npz").read_bytes()) < 1.5e6
    assert "Copyright (C) 1993-2009 Louis Collins" in notice


def test_both_sides_of_the_atlas_are_alike():
    atlas = load_atlas()
    left = np.array([[20.0], [10.0], [30.0]], np.float32)

    assert atlas.white.at(left) == atlas.white.at(left * [[1], [1], [-1]])


def test_known_places_hold_what_anatomy_says():
    atlas = load_atlas()

    def at(field, *place):
        return float(field.at(np.array(place, np.float32)[:, None])[0])

    # z up, y back, x left, mm from the anterior commissure: centrum semiovale, ventricle,
    # putamen, and a place in the air before the forehead.
    assert at(atlas.white, 30, 15, 25) > 0.9
    assert at(atlas.ventricle, 18, 38, 20) < 0
    assert at(atlas.white, 0, -4, 27) < 0.5
    assert at(atlas.inner, 20, 15, 0) < -45
    assert at(atlas.inner, 0, -110, 0) > 20
