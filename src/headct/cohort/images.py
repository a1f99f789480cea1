"""A case → its scan in HU, whatever files it lies in."""

from dataclasses import dataclass, replace

import numpy as np

from headct.core.case import Case, Pictures
from headct.core.errors import GeometryError, NothingUsable, Refusal, ScanError
from headct.core.series import Series
from headct.core.volume import Volume
from headct.image.formats.offer import Choice, Offer, Reading, offer, offer_dicom
from headct.image.formats.pictures import stack_pictures
from headct.image.geometry import upright

# JPEG does not keep the ends: three of four air pixels of CT-ICH are one grey above black, and
# 99.9 % of air and bone lie within eight of an end.
_LEVELS, _BLUR = 255, 8 / 255


@dataclass(frozen=True, eq=False)
class Opened:
    """The scan of a case.

    Args:
        volume: slices counted from the feet, rows to the back, columns to the patient's left.
        refused: what else was there, and why it was not used.
        warnings: what to know before trusting the scan.
        series: the DICOM series it is; None for other files.
    """

    volume: Volume
    refused: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    series: Series | None = None


def open_case(case: Case) -> Opened:
    """Read the scan of a case: of a DICOM study the plain axial head series that ranks first.

    Raises:
        ScanError: no scan of a head can be read; a ``NothingUsable`` carries every reason.
    """
    if case.pictures:
        return Opened(upright(_from_pictures(case)))
    reading = Reading()
    found = offer_dicom(case.path, reading, case.files) if case.files else offer(case.path, reading)
    return _first_readable(found)


def _first_readable(found: Offer) -> Opened:
    refused = list(found.refused)
    opened: tuple[Choice, Volume] | None = None
    for choice in found.choices:
        if opened is not None:
            refused.append(Refusal(choice.name, f"another was preferred ({choice.ranking})"))
            continue
        try:
            opened = choice, upright(choice.read())
        except ScanError as error:
            refused.append(Refusal(choice.name, str(error).removeprefix(f"{choice.name}: ")))
    if opened is None:
        raise NothingUsable(tuple(refused))
    choice, volume = opened
    return Opened(volume, tuple(refused), choice.warnings, choice.series)


def _from_pictures(case: Case) -> Volume:
    """Of several windows the first that does not cut a pixel off gives its HU.

    Cut off is what lies at an end of a window, and beyond it in the next.
    """
    first, *wider = (
        stack_pictures(shown.files, window=shown.window, spacing_mm=case.spacing_mm)
        for shown in case.pictures
    )
    if not wider:
        return first
    hu = first.hu
    low, high = _ends(case.pictures[0])
    blur = _BLUR * case.pictures[0].window[1]
    for shown, other in zip(case.pictures[1:], wider, strict=True):
        if other.grid != first.grid:
            raise GeometryError(
                "pictures of one scan through several windows differ in number or matrix: "
                "expected the same slices in each"
            )
        # A coarse window may round back into what the fine one shows: its edge is nearer then.
        beyond = shown.window[1] / _LEVELS
        is_below = (hu <= low + blur) & (other.hu < low - beyond)
        is_above = (hu >= high - blur) & (other.hu > high + beyond)
        hu = np.where(is_below | is_above, other.hu, hu)
        if _ends(shown)[0] < low or _ends(shown)[1] > high:
            low, high = min(low, _ends(shown)[0]), max(high, _ends(shown)[1])
            blur = _BLUR * shown.window[1]
    step = f"joined pictures through {len(case.pictures)} windows, HU {low:g} to {high:g}"
    joined = first.with_step(step, np.asarray(hu, dtype=np.float32))
    return replace(joined, seen_hu=(low, high))


def _ends(shown: Pictures) -> tuple[float, float]:
    level, width = shown.window
    return level - width / 2, level + width / 2
