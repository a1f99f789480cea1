"""What reconstruction kernels are for."""

import pytest

from headct.dicom.kernels import Purpose, purpose_of


@pytest.mark.parametrize(
    "kernel",
    [
        *("BONE", "BONEPLUS", "BonePlus", "EDGE", "LUNG", "HD BONE"),
        *("H60s", "H70h", "Hr60f", "Hr64h", "U75u", "B70f", "J70h\\3", "Ur77u\\2", "B80s"),
        *("YA", "YB", "YC", "YD", "E", "D", "L"),
        *("FC30", "FC31", "FC35", "FC51", "FC80", "FC81", "FC84"),
        *("Bone Sharp", "SHARP", "Knochen"),
    ],
)
def test_bone_and_lung_kernels_are_told(kernel):
    assert purpose_of(kernel) is Purpose.SHARP


@pytest.mark.parametrize(
    "kernel",
    [
        *("STANDARD", "STD+", "SOFT", "Stnd"),
        *("H30s", "H31f", "H40s", "Hr38h", "J30s\\2", "Hc40", "Qr40\\3", "B30f"),
        *("UB", "UA", "UC", "B", "A"),
        *("FC20", "FC21", "FC26", "FC64", "FC68", "FC03", "FC13"),
        *("Brain Standard", "Brain"),
    ],
)
def test_soft_tissue_kernels_are_told(kernel):
    assert purpose_of(kernel) is Purpose.SOFT


@pytest.mark.parametrize("kernel", ["", "X-1", "H50s", "FC70", "EC"])
def test_other_kernels_stay_unknown(kernel):
    assert purpose_of(kernel) is Purpose.UNKNOWN
