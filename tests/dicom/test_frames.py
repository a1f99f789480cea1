"""Enhanced CT: one object, many frames."""

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedCTImageStorage

from headct.core.errors import PixelError
from headct.dicom.scan import scan
from headct.dicom.select import select
from headct.dicom.stack import stack


def item(**attributes):
    made = Dataset()
    for keyword, value in attributes.items():
        setattr(made, keyword, value)
    return made


def enhanced(files, path, *, slope_of=lambda index: 1, undefined_length=False):
    """One enhanced object from single slices, frames in falling order."""
    single = [pydicom.dcmread(file) for file in files][::-1]
    whole = single[0]
    whole.SOPClassUID = EnhancedCTImageStorage
    whole.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    whole.NumberOfFrames = len(single)
    frames = [
        item(
            PlanePositionSequence=[item(ImagePositionPatient=one.ImagePositionPatient)],
            PixelValueTransformationSequence=[
                item(RescaleSlope=slope_of(index), RescaleIntercept=-1024, RescaleType="HU")
            ],
            FrameContentSequence=[item(FrameAcquisitionNumber=3)],
        )
        for index, one in enumerate(single)
    ]
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=whole.ImageOrientationPatient)],
        PixelMeasuresSequence=[item(PixelSpacing=whole.PixelSpacing, SliceThickness="5")],
        CTReconstructionSequence=[item(ConvolutionKernel="H30s")],
        CTImageFrameTypeSequence=[item(FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"])],
        FrameAnatomySequence=[item(AnatomicRegionSequence=[item(CodeMeaning="Head")])],
    )
    whole.PixelData = b"".join(one.PixelData for one in single)
    for keyword in (
        "ImagePositionPatient",
        "ImageOrientationPatient",
        "PixelSpacing",
        "SliceThickness",
        "ConvolutionKernel",
        "RescaleSlope",
        "RescaleIntercept",
        "RescaleType",
        "BodyPartExamined",
    ):
        delattr(whole, keyword)
    whole.SharedFunctionalGroupsSequence = Sequence([shared])
    whole.PerFrameFunctionalGroupsSequence = Sequence(frames)
    whole["PerFrameFunctionalGroupsSequence"].is_undefined_length = undefined_length
    path.parent.mkdir(exist_ok=True)
    whole.save_as(path)
    return path


@pytest.mark.parametrize("undefined_length", [False, True])
def test_an_enhanced_object_is_the_same_volume_as_its_slices(written, tmp_path, undefined_length):
    volume, files = written(tilt_deg=15.0)
    path = enhanced(files, tmp_path / "e" / "e.dcm", undefined_length=undefined_length)

    chosen = select(scan(path).studies[0])
    stacked = stack(chosen.candidates[0])

    assert chosen.refused == ()
    assert np.array_equal(stacked.hu, volume.hu)
    assert stacked.grid == volume.grid
    assert [source.frame for source in stacked.sources] == list(range(12, 0, -1))


def test_frames_carry_what_their_groups_say(written, tmp_path):
    _, files = written()

    series = scan(enhanced(files, tmp_path / "e" / "e.dcm")).studies[0].series[0]

    first = series.first
    place = pydicom.dcmread(files[0]).FrameOfReferenceUID
    assert {frame.frame_of_reference_uid for frame in series.instances} == {place}
    assert (first.frame, first.kernel, first.body_part) == (1, "H30s", "Head")
    assert (first.thickness_mm, first.acquisition_number) == (5.0, 3)
    assert first.image_type == ("ORIGINAL", "PRIMARY", "VOLUME", "NONE")


def test_each_frame_has_its_own_rescale(written, tmp_path):
    volume, files = written()
    path = enhanced(files, tmp_path / "e" / "e.dcm", slope_of=lambda index: 2 if index == 0 else 1)

    hu = stack(scan(path).studies[0].series[0]).hu

    # The first frame is the highest slice.
    assert np.array_equal(hu[-1], (volume.hu[-1] + 1024) * 2 - 1024)
    assert np.array_equal(hu[:-1], volume.hu[:-1])


def test_frames_cut_off_are_refused(written, tmp_path):
    _, files = written()
    path = enhanced(files, tmp_path / "e" / "e.dcm")
    path.write_bytes(path.read_bytes()[:-2560])

    with pytest.raises(PixelError, match="expected 30720 bytes of pixels, got 28160"):
        stack(scan(path).studies[0].series[0])
