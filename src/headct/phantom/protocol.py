"""How to scan: blocks of slices, matrix, field, tilt, noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Block:
    """Slices at equal distance: how many, table increment (mm), slice thickness (mm)."""

    slices: int
    increment_mm: float
    thickness_mm: float

    def __post_init__(self) -> None:
        if self.slices < 1:
            raise ValueError(f"a block needs at least one slice, got {self.slices}")
        for name in ("increment_mm", "thickness_mm"):
            if not 0 < getattr(self, name) <= 50:
                raise ValueError(
                    f"{name} of a block must lie above 0 and up to 50 mm, got {getattr(self, name)}"
                )


@dataclass(frozen=True)
class Protocol:
    """How to scan.

    Args:
        blocks: from the feet up; between two blocks the table moves by the mean increment.
        matrix: rows and columns.
        field_of_view_mm: side of the square that is reconstructed.
        tilt_deg: of the gantry; positive as ``Grid.tilt_deg``.
        noise_hu: standard deviation in the middle of the brain at 5 mm; 0 for none.
        start_mm: world z of the first slice at the middle of the field; None to start just
            below the foramen magnum.
    """

    blocks: tuple[Block, ...] = (Block(32, 5.0, 5.0),)
    matrix: int = 512
    field_of_view_mm: float = 250.0
    tilt_deg: float = 0.0
    noise_hu: float = 3.6
    start_mm: float | None = None

    def __post_init__(self) -> None:
        if not self.blocks:
            raise ValueError("a protocol needs at least one block of slices")
        if not 32 <= self.matrix <= 1024:
            raise ValueError(f"a matrix of 32 to 1024 was expected, got {self.matrix}")
        if not 100 <= self.field_of_view_mm <= 500:
            raise ValueError(
                f"a field of view of 100 to 500 mm was expected, got {self.field_of_view_mm}"
            )
        if not abs(self.tilt_deg) <= 35:
            raise ValueError(f"a gantry tilts by up to 35 degrees, got {self.tilt_deg}")
        if not 0 <= self.noise_hu <= 100:
            raise ValueError(f"noise must lie between 0 and 100 HU, got {self.noise_hu}")

    @property
    def thickness_mm(self) -> NDArray[np.float64]:
        """(slices,) thickness of each slice."""
        return np.concatenate([np.full(b.slices, b.thickness_mm) for b in self.blocks])

    @property
    def heights_mm(self) -> NDArray[np.float64]:
        """(slices,) table position of each slice above the first."""
        steps = [0.0]
        for number, block in enumerate(self.blocks):
            if number:
                steps.append((self.blocks[number - 1].increment_mm + block.increment_mm) / 2)
            steps += [block.increment_mm] * (block.slices - 1)
        return np.cumsum(steps)
