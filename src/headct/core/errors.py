"""What can go wrong, by the kind of thing a caller can do about it."""

from dataclasses import dataclass

_MOST_REASONS = 3


def printable(text: str) -> str:
    """A text whose unprintable characters are "?": names of files may steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


class HeadctError(Exception):
    """Something headct refuses to do; the message says what to do next, and is safe to print."""

    def __str__(self) -> str:
        return printable(super().__str__())


class ScanError(HeadctError):
    """A scan cannot be read or trusted: what came is not what was expected."""


class GeometryError(ScanError):
    """Where the pixels of a scan lie in the patient is unknown, or contradicts itself."""


class PixelError(ScanError):
    """The pixels of a scan cannot be decoded, or are not Hounsfield units."""


class UnnamedValue(ScanError):  # noqa: N818 - it is what was found, named as such
    """A mask holds a value that no label is stated for."""


class NothingUsable(ScanError):  # noqa: N818 - it is what was found, named as such
    """No scan under a path can be used; ``refused`` says why, one by one.

    ``tried`` counts those that looked like a head CT by their headers.
    """

    def __init__(self, refused: "tuple[Refusal, ...]", tried: int = 0) -> None:
        super().__init__("no axial non-contrast head CT was found that can be used")
        self.refused = refused
        self.tried = tried

    @property
    def told(self) -> str:
        """The same with the first few reasons, in one line."""
        reasons = "; ".join(str(refusal) for refusal in self.refused[:_MOST_REASONS])
        more = len(self.refused) - _MOST_REASONS
        return printable(f"{self}: {reasons}" + (f"; and {more} more" if more > 0 else ""))


class SeveralStudies(ScanError):  # noqa: N818 - it is what was found, named as such
    """More than one study is where one was expected: a work list takes them all."""


class CohortError(HeadctError):
    """A cohort's files, labels or split are not what they must be; the message says where."""


class MeasureError(HeadctError):
    """Predictions and truth are not what they must be, or do not belong together."""


class TrainError(HeadctError):
    """A network cannot be trained on this, in this way; the message says what would do."""


class BundleError(HeadctError):
    """A bundle is damaged, or does not do here what it did where it was made."""


class OutputError(HeadctError):
    """An answer cannot be written where it was asked for."""


@dataclass(frozen=True)
class Refusal:
    """Why something was not used: a value to count and print, not an exception.

    Args:
        what: the thing, without patient identifiers: "series 3", "file IM0007".
        reason: expected, got, and what to do.
        count: how many things alike it speaks of.
    """

    what: str
    reason: str
    count: int = 1

    def __str__(self) -> str:
        return printable(f"{self.what}: {self.reason}")
