"""A few slices of each kind, drawn by chance: what is picked by eye proves nothing."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from headct.train.explaining.sheet import Row, save_sheet, sheet

KINDS: Mapping[tuple[bool, bool | None], str] = {
    (True, True): "found",
    (False, True): "missed",
    (True, False): "false alarm",
    (False, False): "clear",
    (True, None): "called, truth not known",
    (False, None): "not called, truth not known",
}
"""By whether a study is called, and whether it has the label."""


class Gallery:
    """Keeps so many rows of each label and kind, each study with the same chance."""

    def __init__(self, most: int, seed: int) -> None:
        """Begin with nothing.

        Args:
            most: rows of a figure, one or more.
            seed: of the drawing.
        """
        self._most, self._chance = most, np.random.default_rng(seed)
        self._kept: dict[tuple[str, str], list[tuple[float, Row]]] = {}

    def offer(self, label: str, kind: str, row: Row) -> None:
        """A row that may be kept. Its draw does not hang on its kind."""
        kept = self._kept.setdefault((label, kind), [])
        kept.append((float(self._chance.random()), row))
        kept.sort(key=lambda drawn: drawn[0])
        del kept[self._most :]

    def kept(self, label: str, kind: str) -> list[Row]:
        """The rows of a figure, by the number of their study."""
        drawn = self._kept.get((label, kind), [])
        return sorted((row for _, row in drawn), key=lambda row: row.number)

    def write(self, folder: Path) -> tuple[str, ...]:
        """Write a figure for each label and kind; their names. OSError where there is no room."""
        peaks: dict[str, float] = {}
        for label, kind in self._kept:
            here = max((float(row.heat.max()) for row in self.kept(label, kind)), default=0.0)
            peaks[label] = max(peaks.get(label, 0.0), here)
        names = []
        for label, kind in self._kept:
            name = f"{label}-{kind.replace(',', '').replace(' ', '-')}.png"
            figure = sheet(self.kept(label, kind), label=label, kind=kind, peak=peaks[label])
            save_sheet(figure, folder / name)
            names.append(name)
        return tuple(names)
