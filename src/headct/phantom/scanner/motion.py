"""A head that moves while a slice is taken: rays of two poses in one picture."""

import cv2
import numpy as np

from headct.phantom.body.shapes import Numbers
from headct.phantom.scanner.protocol import Motion

# The move itself takes this share of half a turn.
_WHILE = 0.02


def smear(hu: Numbers, motion: Motion, pixel_mm: float, chance: np.random.Generator) -> Numbers:
    """(rows, columns) as reconstructed when the head moved after part of the rays were taken.

    The rays of one direction give the waves of that direction (central slice theorem), so the
    picture's waves come from the one pose up to an angle and from the other beyond it. Where
    the tube stood when the head moved differs from slice to slice and is drawn.
    """
    rows, columns = hu.shape
    middle = ((columns - 1) / 2, (rows - 1) / 2)
    turn = cv2.getRotationMatrix2D(middle, motion.turn_deg, 1.0)
    turn = turn + np.array([[0, 0, motion.shift_mm[1]], [0, 0, motion.shift_mm[0]]]) / pixel_mm
    lowest = float(hu.min())
    moved = cv2.warpAffine(
        hu, turn, (columns, rows), flags=cv2.INTER_CUBIC, borderValue=(lowest,) * 4
    )
    down, across = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)
    # Opposite directions are one: angles over half a turn, 0 to 1, from where the tube began.
    angle = (np.arctan2(down, across) / np.pi + chance.random()) % 1.0
    late = np.clip((angle - (1 - motion.share)) / _WHILE + 0.5, 0, 1)
    # The half turn ends where it began.
    late *= np.clip((1 - angle) / _WHILE, 0, 1)
    waves = np.fft.rfft2(hu)
    waves += late.astype(np.float32) * (np.fft.rfft2(np.asarray(moved)) - waves)
    return np.asarray(np.fft.irfft2(waves, (rows, columns)), dtype=np.float32)
