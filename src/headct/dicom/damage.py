"""What is wrong with bytes that are no DICOM file, or no longer a whole one."""

import struct

from pydicom.errors import BytesLengthException, InvalidDicomError

from headct.core.errors import ScanError

# What broken bytes lead pydicom and its decoders to raise: they have no one class for it. Some of
# these are reached through RuntimeError (RecursionError, NotImplementedError).
BROKEN = (
    OSError,
    InvalidDicomError,
    BytesLengthException,
    EOFError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RuntimeError,
    MemoryError,
    struct.error,
)


class NotDicomError(ScanError):
    """The bytes are not a DICOM file at all."""


class DamagedError(ScanError):
    """The bytes begin as a DICOM file and cannot be read as one."""
