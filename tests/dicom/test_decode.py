"""Stored values to Hounsfield units."""

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLSLossless

from headct.core.errors import PixelError
from headct.dicom.encode import SYNTAXES
from headct.dicom.scan import scan
from headct.dicom.stack import stack
from headct.dicom.write import Header


def read(files):
    return stack(scan(files[0].parent).studies[0].series[0])


def store(dataset, stored, signed):
    """Put stored values into a header as a scanner with 16 bits a pixel would."""
    dataset.PixelData = np.asarray(stored).astype("<i2" if signed else "<u2").tobytes()
    dataset.PixelRepresentation = int(signed)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_syntax_is_decoded_exactly(written, syntax):
    volume, files = written(header=Header(syntax=syntax))

    decoded = read(files)

    assert decoded.hu.dtype == np.float32
    assert np.array_equal(decoded.hu, volume.hu)
    assert "loss" not in " ".join(decoded.history)


def test_signed_values_keep_their_sign(written):
    stored = np.linspace(-1000, 3000, 32 * 40).astype(int).reshape(32, 40)

    def edit(dataset, index):
        store(dataset, stored, signed=True)
        dataset.RescaleIntercept = 0

    _, files = written(edit=edit)

    assert np.array_equal(read(files).hu[3], stored)


@pytest.mark.parametrize("signed", [False, True])
def test_bits_above_the_stored_ones_are_left_out(written, signed):
    low = -900 if signed else 0
    stored = np.linspace(low, 2000, 32 * 40).astype(int).reshape(32, 40)

    def edit(dataset, index):
        # Twelve bits of value; an overlay plane in the highest bit.
        store(dataset, (stored & 0x0FFF) | 0x8000, signed=False)
        dataset.PixelRepresentation = int(signed)
        dataset.BitsStored, dataset.HighBit = 12, 11
        dataset.RescaleIntercept = 0

    _, files = written(edit=edit)

    assert np.array_equal(read(files).hu[0], stored)


def test_values_may_lie_in_the_upper_bits(written):
    stored = np.linspace(0, 4000, 32 * 40).astype(int).reshape(32, 40)

    def edit(dataset, index):
        store(dataset, stored << 4, signed=False)
        dataset.BitsStored, dataset.HighBit = 12, 15

    _, files = written(edit=edit)

    assert np.array_equal(read(files).hu[0], np.maximum(stored - 1024.0, -1024.0))


def test_slope_and_intercept_are_applied_slice_by_slice(written):
    def edit(dataset, index):
        dataset.RescaleSlope = 0.5 if index == 4 else 1
        dataset.RescaleIntercept = -500 if index == 4 else -1024

    volume, files = written(edit=edit)
    hu = read(files).hu

    assert np.array_equal(hu[3], volume.hu[3])
    assert np.allclose(hu[4], (volume.hu[4] + 1024) * 0.5 - 500)


def test_values_outside_the_circle_become_air(written):
    def edit(dataset, index):
        stored = dataset.pixel_array.astype(int) - 1024
        stored[:5] = -3024
        store(dataset, stored, signed=True)
        dataset.RescaleIntercept = 0

    volume, files = written(edit=edit)
    hu = read(files).hu

    assert (hu[:, :5] == -1024).all()
    assert np.array_equal(hu[:, 5:], volume.hu[:, 5:])


@pytest.mark.parametrize(
    ("padding", "limit", "cleared"), [(60000, None, [60000]), (60000, 60500, [60000, 60500])]
)
def test_padding_beyond_tissue_becomes_air(written, padding, limit, cleared):
    def edit(dataset, index):
        stored = dataset.pixel_array.copy()
        stored[0, : len(cleared)] = cleared
        stored[0, 5] = 59999
        store(dataset, stored, signed=False)
        dataset.add_new("PixelPaddingValue", "US", padding)
        if limit is not None:
            dataset.add_new("PixelPaddingRangeLimit", "US", limit)

    _, files = written(edit=edit)
    hu = read(files).hu

    assert (hu[:, 0, : len(cleared)] == -1024).all()
    assert (hu[:, 0, 5] == 59999 - 1024).all()


def test_padding_among_tissue_is_left_and_said(written):
    def edit(dataset, index):
        dataset.add_new("PixelPaddingValue", "US", 1064)

    volume, files = written(edit=edit)
    read_back = read(files)

    assert np.array_equal(read_back.hu, volume.hu)
    assert any("padding value stands for 40 to 40 HU" in line for line in read_back.history)


def test_lossy_compression_is_said(written):
    def edit(dataset, index):
        dataset.LossyImageCompression = "01"

    _, files = written(edit=edit)

    assert any("compressed with loss" in line for line in read(files).history)


def test_eight_bit_values_are_read(written):
    stored = np.arange(32 * 40, dtype=np.uint8).reshape(32, 40)

    def edit(dataset, index):
        dataset.PixelData = stored.tobytes()
        dataset["PixelData"].VR = "OB"
        dataset.BitsAllocated = dataset.BitsStored = 8
        dataset.HighBit = 7

    _, files = written(edit=edit)

    assert np.array_equal(read(files).hu[0], stored - 1024.0)


def without(*keywords):
    def edit(dataset, index):
        for keyword in keywords:
            delattr(dataset, keyword)

    return edit


def with_value(keyword, value):
    def edit(dataset, index):
        with pydicom.config.disable_value_validation():
            setattr(dataset, keyword, value)

    return edit


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (without("RescaleSlope", "RescaleIntercept"), "neither RescaleSlope nor RescaleIntercept"),
        (without("RescaleSlope"), "RescaleSlope is missing"),
        (without("RescaleIntercept"), "RescaleIntercept is missing"),
        (with_value("RescaleSlope", 0), "rescale slope 0 and intercept -1024 give no HU"),
        (with_value("RescaleType", "ED"), "rescaled to ED, expected Hounsfield"),
        (with_value("SamplesPerPixel", 3), "got 3 colours"),
        (with_value("BitsAllocated", 32), "expected 8 or 16 bits for a pixel, got 32"),
        (with_value("BitsStored", 17), "17 stored bits up to bit 15 do not fit into 16"),
        (with_value("NumberOfFrames", 2), "expected 5120 bytes of pixels, got 2560"),
        (without("PixelData"), "holds no pixels"),
    ],
)
def test_what_is_not_hu_is_refused_with_the_reason(written, edit, reason):
    _, files = written(edit=edit)

    with pytest.raises(PixelError, match=f"0001.dcm: .*{reason}"):
        read(files)


def test_a_slope_that_is_no_number_is_refused(written):
    _, files = written()
    content = files[0].read_bytes()
    at = content.index(b"\x28\x00\x53\x10DS\x02\x00") + 8
    files[0].write_bytes(content[:at] + b"x " + content[at + 2 :])

    with pytest.raises(PixelError, match="RescaleSlope is missing or not a number"):
        read(files)


def test_a_file_cut_off_among_its_pixels_is_refused(written):
    _, files = written()
    files[5].write_bytes(files[5].read_bytes()[:-100])

    with pytest.raises(PixelError, match=r"0006.dcm: expected 2560 bytes of pixels, got 2460"):
        read(files)


def test_pixels_that_no_decoder_takes_are_refused_by_name(written):
    _, files = written(header=Header(syntax=JPEGLSLossless))
    dataset = pydicom.dcmread(files[2])
    dataset.PixelData = encapsulate([b"no JPEG at all, but an even number of bytes"])
    dataset.save_as(files[2])

    with pytest.raises(PixelError, match=r"0003.dcm: pixels stored as JPEG-LS .*decoded"):
        read(files)
