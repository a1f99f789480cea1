"""What a figure says of itself: which label, how many rows of whom, from which data."""

from dataclasses import dataclass, field
from textwrap import fill, shorten

from headct.measure.outcomes import Level

_ONE = {Level.SLICE: "slice", Level.STUDY: "study", Level.PATIENT: "patient"}
_MANY = {Level.SLICE: "slices", Level.STUDY: "studies", Level.PATIENT: "patients"}

# Longer names would leave a figure no room to draw in.
_NAME_LETTERS = 48


@dataclass(frozen=True)
class Heading:
    """Whose figures are drawn.

    Args:
        of: the label or the models, for people: "subdural".
        level: what a row is.
        rows: that count; ``positives``: of these, None where nothing is positive or negative, as
            with volumes.
        patients: whose rows these are.
        data: where they come from, "test, hospital A"; empty leaves it out.
        confidence: how much the intervals of the figure cover.
    """

    of: str
    level: Level
    rows: int
    patients: int
    positives: int | None = None
    data: str = ""
    confidence: float = field(kw_only=True)

    def title(self, kind: str, letters: int, *, has_intervals: bool = False) -> str:
        """The figure's title in lines of so many letters: its kind, then what is counted."""
        counted = self.counted
        if has_intervals:
            counted += f"; {100 * self.confidence:g} % intervals"
        lines = (": ".join(part for part in (kind, self.of) if part), counted, self.data)
        return "\n".join(fill(line, letters) for line in lines if line)

    @property
    def counted(self) -> str:
        """How many rows of whom: ``12,345 slices (120 positive) of 300 patients``."""
        of_level = _counted(self.rows, self.level)
        if self.positives is not None:
            of_level += f" ({self.positives:,} positive)"
        if self.level is Level.PATIENT:
            return of_level
        return f"{of_level} of {_counted(self.patients, Level.PATIENT)}"


def _counted(number: int, level: Level) -> str:
    return f"{number:,} {(_ONE if number == 1 else _MANY)[level]}"


def short(name: str) -> str:
    """A name that fits into a legend or beside an axis."""
    if len(name) <= _NAME_LETTERS:
        return name
    # Names without spaces, as of files, cannot be shortened at one.
    cut = shorten(name, _NAME_LETTERS, placeholder=" …")
    return cut if len(cut) > _NAME_LETTERS // 2 else f"{name[: _NAME_LETTERS - 1]}…"
