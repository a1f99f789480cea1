import numpy as np
import pydicom
import pytest
from pydicom.uid import EnhancedCTImageStorage, ExplicitVRLittleEndian

from headct.core.errors import PixelError
from headct.dicom.encode import SYNTAXES, is_native
from headct.dicom.repaint import Paint, repaint
from headct.dicom.write import Header

FACE = np.zeros((64, 64), dtype=bool)
FACE[:20, 10:50] = True


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_what_is_painted_becomes_air_and_the_rest_keeps_its_bits(written, syntax):
    volume, files = written(rows=64, columns=64, distances_mm=(5.0,), header=Header(syntax=syntax))
    image = pydicom.dcmread(files[0])

    repaint(image, Paint(FACE, -1024.0))

    image.save_as(files[0])
    after = pydicom.dcmread(files[0])
    # The writer stores HU + 1024.
    expected = np.where(FACE, 0, (volume.hu[0] + 1024).astype(np.uint16))
    np.testing.assert_array_equal(after.pixel_array, expected)
    native = syntax if is_native(syntax) else ExplicitVRLittleEndian
    assert after.file_meta.TransferSyntaxUID == native


def test_signed_values_in_fewer_bits_are_kept_in_range(written):
    def to_12_signed_bits(image, index):
        # Stored values of a scanner with 12 signed bits, no intercept: -1024 HU is 0xC00.
        image.BitsStored, image.HighBit, image.PixelRepresentation = 12, 11, 1
        image.RescaleIntercept = "0"
        image.PixelData = np.full((64, 64), 100, "<u2").tobytes()

    _, files = written(rows=64, columns=64, distances_mm=(5.0,), edit=to_12_signed_bits)
    image = pydicom.dcmread(files[0])

    repaint(image, Paint(FACE, -1024.0))

    stored = np.frombuffer(image.PixelData, "<u2").reshape(64, 64)
    assert set(stored[FACE]) == {0xC00}
    assert set(stored[~FACE]) == {100}


def test_an_enhanced_object_is_refused(written):
    _, files = written(rows=64, columns=64)
    image = pydicom.dcmread(files[0])
    image.SOPClassUID = EnhancedCTImageStorage
    image.save_as(files[0])

    with pytest.raises(PixelError, match="single CT slices"):
        repaint(pydicom.dcmread(files[0]), Paint(FACE, -1024.0))


def test_a_picture_of_another_size_is_refused(written):
    _, files = written(rows=32, columns=64)

    with pytest.raises(PixelError, match=r"expected an image of \(64, 64\) pixels, got \(32, 64\)"):
        repaint(pydicom.dcmread(files[0]), Paint(FACE, -1024.0))
