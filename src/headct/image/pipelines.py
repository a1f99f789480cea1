"""The pipelines that the two papers compare, and two of our own, by name.

Each ends within [0, 1], and none holds anything fitted: the kernel of "ich" is replaced by the one
fitted on training patients (``replace(step, sigma_mm=...)``), and ``Standardize`` is applied when
pixels are read. No choice of slices is part of them; a step of ``slices`` goes first where wanted.
"""

from collections.abc import Mapping
from types import MappingProxyType

from headct.image.encoders import Gray, Neighbours, Windows
from headct.image.field import BrainField
from headct.image.filters import Clahe, Gaussian, Mean, MergeContrast, Open
from headct.image.geometry import Reshape, Square, Straighten
from headct.image.intensity import Remove, Rescale
from headct.image.pipeline import Pipeline
from headct.image.segment import Segmented

# Leukoencephalopathy: Cernekova, Sisik and Jafari 2025 (arXiv 2501.09863). The paper gives the
# sizes, the range of HU and the three variants; not how it resizes. Assumed: averaged areas (from
# 512 to 256 bilinear is the same), and 512 x 600 squeezed to a square field, as its text reads.
_COMMON = (Reshape(512, 512), Reshape(256, 256), Rescale(0.0, 100.0))


def _named(*pipelines: Pipeline) -> Mapping[str, Pipeline]:
    return MappingProxyType({pipeline.name: pipeline for pipeline in pipelines})


# Hemorrhage: Gaussian, adaptive histogram equalization, mean/std to [0, 1], bilinear 256 x 256,
# with and without an initial segmentation. The kernel was chosen "empirically": half a millimetre,
# a pixel of a head CT, stands in until one is fitted. Assumed: equalization of 0 to 80 HU (brain
# window), its contrast limited, as without a limit it equalizes noise.
_SMOOTHED = Gaussian(0.5)

# P_CNN: Gautam and Raman 2021; ``MergeContrast`` says what is assumed. Assumed too: the brain
# window, and the size of the other pipelines.
_P_CNN = (Reshape(256, 256, "bilinear"), Rescale(0.0, 80.0), MergeContrast(), Gray())

# Ours. Pixels stay square, whatever the matrix and however far slices were shifted.
_SQUARE = (Square(), Reshape(256, 256))

PIPELINES: Mapping[str, Pipeline] = _named(
    Pipeline("A", (*_COMMON, Gray())),
    # Removes fluid and fat below 18 HU and bone above 80 HU, then what is narrower than 4 pixels.
    Pipeline("B", (*_COMMON, Remove(at_most=0.18, at_least=0.8), Open(4), Gray())),
    # Stretches 15 to 65 HU to all of the scale; what saturates there (bone, fresh blood) goes.
    Pipeline("C", (*_COMMON, Mean(3), Rescale(0.15, 0.65), Remove(at_least=1.0), Gray())),
    Pipeline(
        "ich",
        (_SMOOTHED, Clahe(), Reshape(256, 256, "bilinear"), Rescale(0.0, 80.0), Gray()),
    ),
    Pipeline("ich-watershed", (_SMOOTHED, Segmented("watershed"))),
    Pipeline("ich-growing", (_SMOOTHED, Segmented("growing"))),
    Pipeline("p-cnn", _P_CNN),
    Pipeline("windows", (*_SQUARE, Windows())),
    Pipeline("neighbours", (Straighten(), *_SQUARE, Neighbours(5.0))),
    # On a field of its own the brain is as large in 192 x 192 pixels as in 256 x 256 of the whole
    # field. The window is the one that 8-bit pictures of other people's scans carry; a randomized
    # look narrows it.
    Pipeline(
        "brain-neighbours",
        (Straighten(), BrainField(), Reshape(192, 192), Neighbours(5.0, (40.0, 120.0))),
    ),
)
"""Every pipeline by its name; each gives frames within [0, 1]."""
