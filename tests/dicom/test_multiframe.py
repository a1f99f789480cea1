"""Objects of several compressed frames, by every way in which DICOM says where a frame begins.

The streams beside this file were made by FFmpeg, OpenJPEG and OpenJPH from pixels known before;
FFmpeg's decoder gave the same pixels for each.
"""

import base64
import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import EnhancedCTImageStorage

from headct.core.series import Location
from headct.core.volume import AIR_HU
from headct.dicom.decode import decode_into
from headct.dicom.files import Reader
from headct.dicom.header import read_instances

ROWS, COLUMNS = 24, 40
STREAMS = json.loads(Path(__file__).with_name("multiframe.json").read_text())


def planes(bits, signed):
    """(3, rows, columns) from the lowest to the highest value: a slope, upside down, inverted."""
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    top = (1 << bits) - 1
    values = top * (rows + columns) // (ROWS + COLUMNS - 2) + (rows * columns) % 5
    values = np.clip(values, 0, top)
    values[0, 0], values[-1, -1] = 0, top
    shown = np.stack([values, values[::-1], top - values])
    return shown - (1 << bits - 1) if signed else shown


def item(tag, content):
    """An item of encapsulated pixels, padded to an even length (DICOM PS3.5 A.4)."""
    content += b"\0" * (len(content) % 2)
    return struct.pack("<HHL", 0xFFFE, tag, len(content)) + content


def fragmented(frames, *, has_table):
    """Three frames in four fragments: the second frame is cut in two."""
    middle = len(frames[1]) // 4 * 2
    first, *rest = (
        item(0xE000, part)
        for part in (frames[0], frames[1][:middle], frames[1][middle:], frames[2])
    )
    # Offsets count from the byte behind the table.
    starts = (0, len(first), len(first) + len(rest[0]) + len(rest[1]))
    table = item(0xE000, struct.pack("<3L", *starts) if has_table else b"")
    return b"".join((table, first, *rest))


def extended(frames, dataset):
    pixels, dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = encapsulate_extended(
        frames
    )
    return pixels


WAYS = {
    "offset table": lambda frames, _: encapsulate(frames, has_bot=True),
    "no offset table": lambda frames, _: encapsulate(frames, has_bot=False),
    "extended offset table": extended,
    "a frame in two fragments": lambda frames, _: fragmented(frames, has_table=True),
    "a frame in two fragments, no offset table": lambda frames, _: fragmented(
        frames, has_table=False
    ),
}


@pytest.fixture
def of_three_frames(written):
    """An enhanced object of three frames whose stored values are HU."""

    def make(name, way):
        made = STREAMS[name]
        frames = [base64.b64decode(stream) for stream in made["streams"]]
        _, (path,) = written(distances_mm=(), rows=ROWS, columns=COLUMNS)
        whole = pydicom.dcmread(path)
        whole.SOPClassUID = whole.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
        whole.file_meta.TransferSyntaxUID = made["syntax"]
        whole.NumberOfFrames = len(frames)
        whole.BitsStored, whole.HighBit = made["bits"], made["bits"] - 1
        whole.PixelRepresentation = int(made["signed"])
        whole.RescaleIntercept = 0
        whole.LossyImageCompression = "00"
        whole.PixelData = WAYS[way](frames, whole)
        whole["PixelData"].VR = "OB"
        whole["PixelData"].is_undefined_length = True
        whole.save_as(path)
        return path

    return make


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", STREAMS)
def test_every_frame_is_decoded_exactly(of_three_frames, name, way):
    path = of_three_frames(name, way)
    with Reader() as reader:
        (image, *_) = read_instances(reader, Location(path))
    hu = np.zeros((4, ROWS, COLUMNS), dtype=np.float32)

    notes = decode_into([replace(image, frame=frame) for frame in (3, 1, 2, 1)], hu)

    stored = planes(STREAMS[name]["bits"], STREAMS[name]["signed"])
    assert np.array_equal(hu, np.maximum(stored[[2, 0, 1, 0]], AIR_HU))
    assert notes == ()
