"""A coarse lattice around a box of voxels: to it by means, from it by interpolation."""

from dataclasses import dataclass

import numpy as np

from headct.phantom.body.canvas import COARSE
from headct.phantom.body.shapes import Box, Numbers, enlarge


@dataclass(frozen=True)
class Lattice:
    """Nodes at every fourth voxel, those of the canvas's own coarse lattice.

    Args:
        nodes: of that lattice that are meant.
    """

    nodes: Box

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of nodes along each axis."""
        z, y, x = (s.stop - s.start for s in self.nodes)
        return z, y, x

    def means(self, values: Numbers, box: Box) -> Numbers:
        """(z, y, x) mean of a box's voxels around each node; nothing lies outside the box."""
        padded = np.zeros([COARSE * n for n in self.shape], np.float32)
        corner = [COARSE * s.start - COARSE // 2 for s in self.nodes]
        inside = [slice(b.start - c, b.stop - c) for b, c in zip(box, corner, strict=True)]
        padded[tuple(inside)] = values
        z, y, x = self.shape
        # One axis after the other: whole slices first, so that little is left for the last.
        flat = padded.reshape(z, COARSE, -1).sum(axis=1)
        lines = flat.reshape(z, y, COARSE, -1).sum(axis=2)
        cells = lines.reshape(z, y, x, COARSE).sum(axis=3)
        return np.asarray(cells / COARSE**3, dtype=np.float32)

    def read(self, field: Numbers, box: Box) -> Numbers:
        """(z, y, x) of a box's voxels, linear between nodes."""
        start = [b.start - COARSE * s.start for b, s in zip(box, self.nodes, strict=True)]
        return enlarge(field, COARSE, [s.stop - s.start for s in box], start)


def lattice_around(box: Box) -> Lattice:
    """The nodes that surround a box of voxels, one beyond it on each side."""
    z, y, x = (slice(s.start // COARSE, -(-s.stop // COARSE) + 2) for s in box)
    return Lattice((z, y, x))
