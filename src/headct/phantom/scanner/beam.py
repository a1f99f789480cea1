"""The X-ray beam: how water, bone and metal weaken each of its energies, and what is measured."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from headct.phantom.body.shapes import Numbers

# 120 kV behind 8 mm of aluminium: Kramers' continuum, the tungsten lines at 59-67 keV added to
# the 60 keV bin, weighted by energy as an integrating detector does; mean 67 keV.
ENERGIES_KEV = (30, 40, 50, 60, 80, 100)
WEIGHTS = np.array([0.037, 0.110, 0.150, 0.280, 0.246, 0.177])
# Mass attenuation (cm²/g) at these energies times density (g/cm³), per mm. Source: NIST X-ray
# mass attenuation coefficients (Hubbell and Seltzer, NISTIR 5632; of XCOM): water, cortical
# bone (ICRU-44, 1.92 g/cm³), titanium (4.54 g/cm³).
WATER = np.array([0.3756, 0.2683, 0.2269, 0.2059, 0.1837, 0.1707]) * 1.00 / 10
BONE = np.array([1.331, 0.6655, 0.4242, 0.3148, 0.2229, 0.1855]) * 1.92 / 10
METAL = np.array([4.972, 2.214, 1.213, 0.7661, 0.4052, 0.2721]) * 4.54 / 10

# The HU scale is set behind what a head holds of water and of bone: then the vault reads as drawn.
_SET_BEHIND_MM, _AND_BONE_MM = 180.0, 6.0
# Soft tissue ends and bone begins; above the densest enamel all is metal.
BONE_FROM_HU, METAL_FROM_HU = 100.0, 2500.0
# Scatter and dark current: no ray is measured darker than this share of the open beam.
_DARKEST = 3e-4
# The bow-tie filter's head: radius, and how much of what is missing beside it it makes up for.
_BOWTIE_MM, _BOWTIE_SHARE = 90.0, 0.6
# The water correction is tabled up to here.
_LONGEST_MM = 600.0


def _against_water(material: NDArray[np.float64]) -> float:
    """How much more than water a little of a material weakens what is left of the beam."""
    behind = WEIGHTS * np.exp(-WATER * _SET_BEHIND_MM - BONE * _AND_BONE_MM)
    return float((behind @ material) / (behind @ WATER))


_WATER_MEAN = float(WEIGHTS @ WATER)
BONE_RATIO, METAL_RATIO = _against_water(BONE), _against_water(METAL)
# HU of a voxel that is all cortical bone.
_BONE_HU = 1000 * (BONE_RATIO - 1)


def materials(hu: Numbers, average: Callable[[Numbers], Numbers] = np.asarray) -> Numbers:
    """(rows, columns, 3) shares of water, cortical bone and titanium that have these HU.

    Bone denser than cortical is more than one share of it, less some water.

    Args:
        hu: (rows, columns).
        average: gives means over larger pixels; bone is told from soft tissue before.
    """
    bone = average(np.clip(hu, BONE_FROM_HU, METAL_FROM_HU) - np.float32(BONE_FROM_HU))
    metal = average(np.maximum(hu, METAL_FROM_HU) - np.float32(METAL_FROM_HU))
    bone = bone / np.float32(_BONE_HU - BONE_FROM_HU)
    metal = metal / np.float32(1000 * METAL_RATIO)
    weight = 1 + average(hu) / np.float32(1000)
    water = weight - np.float32(BONE_RATIO) * bone - np.float32(METAL_RATIO) * metal
    return np.stack([water, bone, metal], axis=2)


def measure(water_mm: Numbers, bone_mm: Numbers, metal_mm: Numbers | None = None) -> Numbers:
    """-log of the share of the beam that arrives behind these lengths of each material."""
    arrived = np.full(np.shape(water_mm), _DARKEST, np.float32)
    for weight, water, bone, metal in zip(WEIGHTS, WATER, BONE, METAL, strict=True):
        weakened = water_mm * np.float32(water) + bone_mm * np.float32(bone)
        if metal_mm is not None:
            weakened += metal_mm * np.float32(metal)
        arrived += np.float32(weight) * np.exp(-weakened)
    return np.asarray(-np.log(arrived / np.float32(1 + _DARKEST)), dtype=np.float32)


def correct_for_water(measured: Numbers) -> Numbers:
    """The length of water, mm, behind which as much of the beam would arrive."""
    lengths = np.linspace(0.0, _LONGEST_MM, 1201, dtype=np.float32)
    table = measure(lengths, np.zeros_like(lengths))
    return np.interp(measured, table, lengths).astype(np.float32)


def wrong_mm(water_mm: Numbers, bone_mm: Numbers, metal_mm: Numbers | None = None) -> Numbers:
    """What a scanner that corrects for water adds to the length that a beam of one energy gives."""
    wanted = water_mm + np.float32(BONE_RATIO) * bone_mm
    if metal_mm is not None:
        wanted += np.float32(METAL_RATIO) * metal_mm
    return correct_for_water(measure(water_mm, bone_mm, metal_mm)) - wanted


def faded(measured: Numbers, aside_mm: Numbers) -> Numbers:
    """How many times fewer photons arrive than leave towards the middle, behind the filter.

    A bow-tie filter before the tube makes up for what rays beside the middle of a head of
    180 mm pass less of, for a part: the usual 0.6 makes noise as even as in a real series.

    Args:
        measured: -log of what arrives of the open beam, (..., rays).
        aside_mm: (rays,) distance of each ray from the middle.
    """
    chord = 2 * np.sqrt(np.maximum(_BOWTIE_MM**2 - aside_mm**2, 0))
    filtered = _BOWTIE_SHARE * (2 * _BOWTIE_MM - chord) * _WATER_MEAN
    return np.asarray(np.exp(measured + filtered.astype(np.float32)))
