"""Forward and back projection of small pictures along parallel rays, quick rather than fine."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from headct.phantom.body.shapes import Numbers


@dataclass(frozen=True)
class Rays:
    """Parallel rays through a square picture over half a turn.

    Args:
        pixels: rows and columns, and rays to a view; up to 180.
        views: directions, evenly over 180 degrees; pixels times views stays below 32767, which
            is as far as OpenCV counts.
        pixel_mm: side of a pixel.
    """

    pixels: int
    views: int
    pixel_mm: float

    def project(self, picture: Numbers) -> Numbers:
        """(rows, columns, channels) shares → (views, rays, channels) lengths in mm."""
        across, down = self._along_rays
        seen = cv2.remap(picture, across, down, cv2.INTER_LINEAR)
        lengths = seen.reshape(self.pixels, -1).sum(axis=0) * np.float32(self.pixel_mm)
        return np.asarray(lengths.reshape(self.views, self.pixels, -1), dtype=np.float32)

    def back_project(self, rays: Numbers) -> Numbers:
        """(views, rays, channels) → (rows, columns, channels) mean over all rays through each."""
        across, down = self._through_pixels
        seen = cv2.remap(rays, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        mean = seen.reshape(self.views, -1).sum(axis=0) * np.float32(1 / self.views)
        return np.asarray(mean.reshape(self.pixels, self.pixels, -1), dtype=np.float32)

    def reconstruct(self, lengths_mm: Numbers) -> Numbers:
        """(views, rays, channels) lengths → shares, by filtered back projection."""
        spectrum = np.fft.rfft(lengths_mm, 2 * self.pixels, axis=1)
        spectrum *= self._ramp[:, None]
        filtered = np.fft.irfft(spectrum, axis=1)[:, : self.pixels]
        return self.back_project(np.ascontiguousarray(filtered, dtype=np.float32)) * np.float32(
            np.pi / self.pixel_mm
        )

    @cached_property
    def _ramp(self) -> Numbers:
        """The ramp as the transform of its band-limited kernel, which keeps the mean right.

        Source: Kak and Slaney, Principles of Computerized Tomographic Imaging, eq. 3-61.
        """
        away = np.fft.fftfreq(2 * self.pixels, 1 / (2 * self.pixels))
        odd = away % 2 == 1
        kernel = np.zeros(away.shape)
        kernel[odd] = -1 / (np.pi * away[odd]) ** 2
        kernel[0] = 0.25
        return np.asarray(np.fft.rfft(kernel).real, dtype=np.float32)

    @cached_property
    def _turns(self) -> tuple[Numbers, Numbers]:
        angles = (np.arange(self.views) * (np.pi / self.views)).astype(np.float32)
        return np.cos(angles), np.sin(angles)

    @cached_property
    def _along_rays(self) -> tuple[Numbers, Numbers]:
        """Where in the picture each ray's steps lie: (steps, views x rays), columns and rows."""
        cos, sin = (turn[:, None] for turn in self._turns)
        aside, along = self._from_middle, self._from_middle[:, None, None]
        return self._at(aside * cos - along * sin), self._at(aside * sin + along * cos)

    @cached_property
    def _through_pixels(self) -> tuple[Numbers, Numbers]:
        """Which ray of each view meets each pixel: (views, pixels), ray and view."""
        cos, sin = (turn[:, None, None] for turn in self._turns)
        rays = self._at(self._from_middle * cos + self._from_middle[:, None] * sin)
        views = np.arange(self.views, dtype=np.float32)[:, None]
        return rays, np.ascontiguousarray(np.broadcast_to(views, rays.shape))

    @property
    def _from_middle(self) -> Numbers:
        return (np.arange(self.pixels) - (self.pixels - 1) / 2).astype(np.float32)

    def _at(self, from_middle: Numbers) -> Numbers:
        """As positions counted from the first, all but the first axis joined."""
        count = from_middle.shape[0]
        return from_middle.reshape(count, -1) + np.float32((self.pixels - 1) / 2)
