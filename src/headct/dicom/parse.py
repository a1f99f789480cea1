"""Bytes of a DICOM file → its header, and where its pixels begin."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from headct.dicom.damage import BROKEN, DamagedError, NotDicomError
from headct.dicom.values import string

# A deflated object of 1 MB can unfold to gigabytes, and pydicom inflates all of it before the
# first attribute is known; no CT scanner writes these.
DEFLATED_SYNTAXES = frozenset(
    {
        "1.2.840.10008.1.2.1.99",  # Deflated Explicit VR Little Endian
        "1.2.840.10008.1.2.4.95",  # JPIP Referenced Deflate
        "1.2.840.10008.1.2.4.205",  # JPIP HTJ2K Referenced Deflate
    }
)
NATIVE_SYNTAXES = frozenset({ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian})

_PREAMBLE_BYTES = 128
_MARK = b"DICM"
_FIRST_PIXEL_TAG = 0x7FE00008  # Float Pixel Data; Double Float and Pixel Data follow it.


@dataclass(frozen=True, eq=False)
class Parsed:
    """The header of one file.

    Args:
        dataset: the attributes asked for, unconverted.
        syntax: UID of the transfer syntax.
        media_class: SOP class as the file meta information states it.
        end: offset in the file at which the header ends and the pixels, if any, begin.
    """

    dataset: Dataset
    syntax: str
    media_class: str
    end: int

    @property
    def is_implicit(self) -> bool:
        """Whether attributes came without their value representation.

        As found, not as the syntax promises: some writers mix them up, and pydicom sees through it.
        """
        return bool(self.dataset.original_encoding[0])


def tags_of(keywords: Sequence[str]) -> list[BaseTag | int]:
    """The tags of attributes named by keyword."""
    return [tag for tag in map(tag_for_keyword, keywords) if tag is not None]


def is_dicom(start: bytes) -> bool:
    """Whether a file that starts so bears the mark of DICOM."""
    return start[_PREAMBLE_BYTES : _PREAMBLE_BYTES + len(_MARK)] == _MARK


def parse(stream: io.BytesIO, tags: Sequence[BaseTag | int]) -> Parsed:
    """Read a header up to the pixels.

    Args:
        stream: the file's bytes, in memory: pydicom's warnings quote the name of a real file.
        tags: attributes wanted; others are passed over.

    Raises:
        NotDicomError: no DICOM mark.
        DamagedError: a deflated syntax, or bytes that do not follow the encoding.
    """
    if not is_dicom(stream.read(_PREAMBLE_BYTES + len(_MARK))):
        raise NotDicomError("no DICM mark at byte 128")
    try:
        meta = read_dataset(stream, False, True, stop_when=_is_past_meta)
        syntax = string(meta, "TransferSyntaxUID") or str(ExplicitVRLittleEndian)
        if syntax in DEFLATED_SYNTAXES:
            raise DamagedError(
                "a deflated transfer syntax, refused because a small file can unfold to "
                "gigabytes: export it uncompressed"
            )
        dataset = read_dataset(
            stream,
            syntax == ImplicitVRLittleEndian,
            syntax != ExplicitVRBigEndian,
            stop_when=_is_at_pixels,
            specific_tags=list(tags),
        )
    except BROKEN as error:
        raise DamagedError(
            f"its header breaks off or is malformed ({type(error).__name__}): export it again"
        ) from error
    return Parsed(dataset, syntax, string(meta, "MediaStorageSOPClassUID"), stream.tell())


def _is_past_meta(tag: BaseTag, vr: str | None, length: int) -> bool:  # noqa: ARG001
    return int(tag) >> 16 != 2


def _is_at_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:  # noqa: ARG001
    # As plain integers: comparing pydicom tags takes ten times as long, for every attribute.
    return int(tag) >= _FIRST_PIXEL_TAG
