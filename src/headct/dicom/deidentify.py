"""One CT image without its patient: DICOM's Basic Application Level Confidentiality Profile.

Pixels keep their bits and their transfer syntax, unless a part of them is to be painted over.

Source:
    DICOM PS3.15 Annex E; codes of the method from PS3.16, context group 7050.
"""

import io
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.errors import BytesLengthException
from pydicom.sequence import Sequence
from pydicom.uid import UID, CTImageStorage

import headct
from headct.core.errors import PixelError, ScanError
from headct.dicom.cleaner import Changes, Cleaner, vr_of
from headct.dicom.confidentiality import Dates
from headct.dicom.damage import BROKEN, DamagedError
from headct.dicom.encode import is_native
from headct.dicom.header import matrix, pixel_module
from headct.dicom.layout import layout_of
from headct.dicom.pseudonyms import Pseudonyms
from headct.dicom.repaint import Paint, repaint
from headct.dicom.rules import CT_CLASSES
from headct.dicom.values import raw, string, strings

_PROFILE = ("113100", "Basic Application Confidentiality Profile")
_CLEAN_FACE = ("113102", "Clean Recognizable Visual Features Option")
_CLEAN_GRAPHICS = ("113103", "Clean Graphics Option")
_DATE_OPTIONS = {
    Dates.REMOVE: (),
    Dates.KEEP: (("113106", "Retain Longitudinal Temporal Information Full Dates Option"),),
    Dates.SHIFT: (("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),),
}
_DATES_SAID = {Dates.REMOVE: "REMOVED", Dates.SHIFT: "MODIFIED", Dates.KEEP: "UNMODIFIED"}
# What ImageType calls pictures of a screen, which show what the screen showed: names too.
_SCREENS = frozenset({"SCREEN SAVE", "SCREEN CAPTURE", "SCREENSHOT"})
# PatientID, OtherPatientIDs, AccessionNumber.
_NUMBERS = (0x00100020, 0x00101000, 0x00080050)
# Initials are met in any text; six letters are not met by chance in the pixels of a cohort.
_LEAST_LETTERS, _LEAST_IN_PIXELS = 3, 6


@dataclass(frozen=True)
class Subject:
    """Whose image it is, as far as its own header does not say all of it.

    Args:
        patient: what tells patients apart; is hashed with the key.
        has_contrast: whether the series was scanned with contrast. Its description, which may
            have said so, is removed; a dummy agent then says it.
    """

    patient: str
    has_contrast: bool


def deidentify(
    content: bytes,
    subject: Subject,
    pseudonyms: Pseudonyms,
    dates: Dates,
    paint: Paint | None = None,
) -> tuple[bytes, Changes]:
    """The file without what tells who the patient is, and how often each attribute was changed.

    Args:
        content: the whole file.
        subject: whose it is.
        pseudonyms: for the patient and for UIDs.
        dates: what becomes of dates and times.
        paint: pixels to paint over, for the face.

    Raises:
        ScanError: not a CT image, an image that shows text, or a file that cannot be read.
    """
    # pydicom's warnings quote the values that it finds malformed.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = dcmread(io.BytesIO(content))
            _check(image)
            identity = _identity(image)
            _check_pixels(image, identity)
            cleaner = Cleaner(
                sop_class=string(image, "SOPClassUID"),
                patient=pseudonyms.patient(subject.patient),
                pseudonyms=pseudonyms,
                dates=dates,
                days=pseudonyms.days(subject.patient),
                identity=_any_of(identity),
            )
            if paint is not None:
                repaint(image, paint)
            cleaner.clean(image)
            image.PatientName = image.PatientID = cleaner.patient
            if subject.has_contrast and image.SOPClassUID == CTImageStorage:
                image.ContrastBolusAgent = "CONTRAST"
            _say(image, dates, is_defaced=paint is not None)
            return _written(image), cleaner.changes
        except (*BROKEN, BytesLengthException) as error:
            raise DamagedError(
                f"it is damaged or malformed ({type(error).__name__}): export it again"
            ) from error


def is_derived(image_type: tuple[str, ...]) -> bool:
    """Whether an image was made from others, by a workstation that may have written into it."""
    return "DERIVED" in image_type or "SECONDARY" in image_type


def _check(image: FileDataset) -> None:
    sop_class = UID(string(image, "SOPClassUID"))
    if sop_class not in CT_CLASSES:
        name = sop_class.name if sop_class.name != sop_class else "an unknown class"
        raise ScanError(f"stored as {name}: only CT images are de-identified, nothing else is")
    if string(image, "BurnedInAnnotation").upper() == "YES":
        raise ScanError("its pixels show text (BurnedInAnnotation): have it painted over first")
    if raw(image, "ConversionType") or _SCREENS.intersection(strings(image, "ImageType")):
        raise ScanError("a scanned page or a screenshot, which shows whatever text was there")
    if any(_overlays_in_pixels(image)):
        raise ScanError("an overlay is drawn into unused bits of its pixels: export it without")
    syntax = image.file_meta.TransferSyntaxUID
    if image.original_encoding != (syntax.is_implicit_VR, syntax.is_little_endian):
        raise ScanError("it is not encoded as its transfer syntax says: export it again")


def _overlays_in_pixels(image: Dataset) -> Iterator[bool]:
    """Whether each overlay lies at a bit of the pixels above the value; a way long retired.

    Source:
        DICOM PS3.3, C.9.2, Overlay Bit Position.
    """
    for group in range(0x6000, 0x6100, 2):
        element = image.get_item((group, 0x0102))
        yield element is not None and any(bytes(element.value or b""))


def _identity(image: Dataset) -> frozenset[bytes]:
    """Names, numbers and UIDs that must not stand anywhere else, in capitals."""
    words = set()
    for element in image.elements():
        is_name = vr_of(element) == "PN"
        if (is_name or element.tag in _NUMBERS) and isinstance(element.value, bytes):
            between = rb"[\\^= \0]+" if is_name else rb"[\\ \0]+"
            words.update(re.split(between, element.value.upper()))
    uids = [raw(image, f"{level}InstanceUID").strip(b" \0") for level in ("Study", "Series", "SOP")]
    return frozenset(word for word in (*words, *uids) if len(word) >= _LEAST_LETTERS)


def _any_of(words: Iterable[bytes]) -> re.Pattern[bytes]:
    """Finds any of these as a whole word; nothing where there are none."""
    either = b"|".join(sorted(map(re.escape, words)))
    return re.compile(rb"(?<!\w)(?:%b)(?!\w)" % either if either else rb"(?!)")


def _check_pixels(image: FileDataset, identity: frozenset[bytes]) -> None:
    """Refuse pixels that are cut off, or whose compressed stream names the patient in a comment."""
    syntax = image.file_meta.TransferSyntaxUID
    pixels = raw(image, "PixelData")
    layout = layout_of(pixel_module(image), syntax, *matrix(image))
    size = layout.frames * layout.rows * layout.columns * layout.allocated_bits // 8
    if not pixels or (is_native(syntax) and len(pixels) < size):
        raise PixelError("its pixels are missing or cut off: export it again")
    words = _any_of(word for word in identity if len(word) >= _LEAST_IN_PIXELS)
    if not is_native(syntax) and words.search(pixels.upper()):
        raise ScanError("its compressed pixels hold the patient's name or number as a comment")


def _say(image: FileDataset, dates: Dates, *, is_defaced: bool) -> None:
    """Write what was done."""
    image.PatientIdentityRemoved = "YES"
    image.DeidentificationMethod = [f"headct {headct.__version__}", "DICOM PS3.15 Annex E (2026c)"]
    codes = [_PROFILE, _CLEAN_GRAPHICS, *_DATE_OPTIONS[dates]]
    image.LongitudinalTemporalInformationModified = _DATES_SAID[dates]
    if is_defaced:
        codes.insert(1, _CLEAN_FACE)
        image.RecognizableVisualFeatures = "NO"
    image.DeidentificationMethodCodeSequence = Sequence([_code(*code) for code in codes])


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = "DCM"
    item.CodeMeaning = meaning
    return item


def _written(image: FileDataset) -> bytes:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = image.file_meta.TransferSyntaxUID
    # All else that the old one may have held (who sent it, private information) is gone.
    image.file_meta = meta
    image.preamble = b"\0" * 128
    stream = io.BytesIO()
    dcmwrite(stream, image, enforce_file_format=True)
    return stream.getvalue()
