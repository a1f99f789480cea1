"""The frames of an enhanced CT object, whose geometry is in functional groups."""

from dataclasses import replace

from pydicom.dataset import Dataset

from headct.core.series import Instance
from headct.dicom.values import (
    items,
    number,
    pair,
    sextuple,
    string,
    strings,
    text,
    triple,
    unsigned,
)


def frame_instances(header: Dataset, whole_object: Instance) -> tuple[Instance, ...]:
    """One instance for each frame; the object itself where it has no functional groups.

    Args:
        header: of the file, with its functional groups.
        whole_object: what the header says of all frames alike.

    Source:
        DICOM PS3.3, A.38.1 Enhanced CT Image IOD; C.7.6.16 Multi-frame Functional Groups.
    """
    frames = items(header, "PerFrameFunctionalGroupsSequence")
    if not frames:
        return (whole_object,)
    shared = items(header, "SharedFunctionalGroupsSequence")
    agents = items(header, "ContrastBolusAgentSequence")
    agent = (text(agents[0], "CodeMeaning") or "stated by code") if agents else ""
    base = replace(whole_object, contrast_agent=whole_object.contrast_agent or agent)
    return tuple(
        _frame(base, [frame, *shared], index) for index, frame in enumerate(frames, start=1)
    )


def group(levels: list[Dataset], name: str) -> Dataset:
    """A functional group, from the frame where it has one, else from what all frames share."""
    for level in levels:
        found = items(level, name)
        if found:
            return found[0]
    return Dataset()


def _frame(base: Instance, levels: list[Dataset], index: int) -> Instance:
    measures = group(levels, "PixelMeasuresSequence")
    acquisition = group(levels, "CTAcquisitionDetailsSequence")
    reconstruction = group(levels, "CTReconstructionSequence")
    kind = group(levels, "CTImageFrameTypeSequence")
    region = items(group(levels, "FrameAnatomySequence"), "AnatomicRegionSequence")
    usage = group(levels, "ContrastBolusUsageSequence")
    is_plain = string(usage, "ContrastBolusAgentAdministered") == "NO"
    transformation = group(levels, "PixelValueTransformationSequence")
    return replace(
        base,
        frame=index,
        position_mm=triple(group(levels, "PlanePositionSequence"), "ImagePositionPatient"),
        orientation=sextuple(group(levels, "PlaneOrientationSequence"), "ImageOrientationPatient"),
        spacing_mm=pair(measures, "PixelSpacing"),
        thickness_mm=number(measures, "SliceThickness"),
        gantry_tilt_deg=number(acquisition, "GantryDetectorTilt"),
        # Binary, unlike the AcquisitionNumber of single slices.
        acquisition_number=unsigned(
            group(levels, "FrameContentSequence"), "FrameAcquisitionNumber"
        ),
        image_type=strings(kind, "FrameType") or base.image_type,
        kernel=text(reconstruction, "ConvolutionKernel") or base.kernel,
        body_part=(text(region[0], "CodeMeaning") if region else "") or base.body_part,
        contrast_agent="" if is_plain else base.contrast_agent,
        pixel_module=replace(
            base.pixel_module,
            rescale_slope=number(transformation, "RescaleSlope"),
            rescale_intercept=number(transformation, "RescaleIntercept"),
            rescale_type=string(transformation, "RescaleType"),
        ),
    )
