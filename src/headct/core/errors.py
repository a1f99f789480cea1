"""What can go wrong, by the kind of thing a caller can do about it."""

from dataclasses import dataclass


class HeadctError(Exception):
    """Something headct refuses to do; the message says what to do next."""


class ScanError(HeadctError):
    """A scan cannot be read or trusted: what came is not what was expected."""


class GeometryError(ScanError):
    """Where the pixels of a scan lie in the patient is unknown, or contradicts itself."""


class PixelError(ScanError):
    """The pixels of a scan cannot be decoded, or are not Hounsfield units."""


class OutputError(HeadctError):
    """An answer cannot be written where it was asked for."""


@dataclass(frozen=True)
class Refusal:
    """Why something was not used: a value to count and print, not an exception.

    Args:
        what: the thing, without patient identifiers: "series 3", "file IM0007".
        reason: expected, got, and what to do.
    """

    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}"
