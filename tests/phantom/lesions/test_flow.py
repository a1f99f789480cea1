import numpy as np
import pytest

from headct.phantom.lesions.flow import Body, flow_out


def ball(radius):
    z, y, x = np.indices((41, 41, 41)) - 20
    return np.sqrt(z**2 + y**2 + x**2), np.clip(radius - np.sqrt(z**2 + y**2 + x**2) + 0.5, 0, 1)


def test_a_ball_in_an_even_body_pushes_by_what_keeps_volume():
    far, hole = ball(6.0)
    body = Body(4.0, np.ones_like(hole, np.float32), np.full(hole.shape, 1e-5, np.float32))

    away = flow_out(body, hole.astype(np.float32))

    # A shell of radius r came from one of (r³ - 6³)^(1/3): less the 5 % of the hole that are
    # left, and less what gave way within the shell.
    moved = np.sqrt((away**2).sum(axis=0))
    for radius in (9, 11, 13):
        expected = radius - np.cbrt(radius**3 - 6.0**3)
        expected *= 0.95 * (1 - 4 / 3 * np.pi * radius**3 / far.size)
        assert np.median(moved[np.abs(far - radius) < 0.5]) == pytest.approx(expected, rel=0.1)


def test_nothing_flows_through_bone():
    _, hole = ball(4.0)
    ease = np.ones(hole.shape, np.float32)
    ease[:, :, 28:30] = 0
    body = Body(4.0, ease, np.full(hole.shape, 1e-3, np.float32))

    away = flow_out(body, hole.astype(np.float32))

    assert not away[:, :, :, 31:].any()
    assert np.abs(away[:, :, :, 20:26]).max() > 0.5


def test_what_gives_way_is_where_tissue_moves_to():
    _, hole = ball(3.0)
    give = np.full(hole.shape, 1e-5, np.float32)
    give[:, :, 30:] = 1e-2
    body = Body(4.0, np.ones_like(give), give)

    away = flow_out(body, hole.astype(np.float32))

    # All that leaves the ball passes the plane on its right, and next to nothing that on its left.
    volume = 4 / 3 * np.pi * 3.0**3
    assert -away[2, :, :, 27].sum() == pytest.approx(0.95 * volume, rel=0.1)
    assert abs(away[2, :, :, 10].sum()) < 0.1 * volume
