"""One case → what a store holds of it: frames as bytes, mask, truth; or the reason for none."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from headct.cohort.images import open_case
from headct.cohort.masks import read_mask_pictures
from headct.cohort.store.entry import Study, Unusable
from headct.cohort.store.store import NO_MASK
from headct.cohort.store.writer import Prepared
from headct.core.case import UNKNOWN, Case
from headct.core.errors import GeometryError, HeadctError, NothingUsable
from headct.core.frames import Frames
from headct.core.record import installed_versions
from headct.core.unexpected import unexpected
from headct.core.volume import Mask, Volume
from headct.image.encoders import (
    as_bytes as as_bytes,  # noqa: PLC0414 - given on from here
)
from headct.image.formats.nifti import read_nifti_mask
from headct.image.geometry import Reorient
from headct.image.pipeline import Encoder, Pipeline
from headct.image.transfer import transfer_mask


@dataclass(frozen=True)
class Recipe:
    """What is done to each case, the same wherever it is done.

    Args:
        pipeline: ends in frames of [0, 1].
        labels: the columns of the store.
        mask_names: what the store's masks hold, from 1 up; empty for no masks.
        versions: of the libraries, as this process has them.
    """

    pipeline: Pipeline
    labels: tuple[str, ...]
    mask_names: tuple[str, ...]
    versions: Mapping[str, str]


def make_study(recipe: Recipe, case: Case) -> Prepared | Unusable:
    """Read a case and run it through; whatever is wrong with it is the reason for none.

    Raises:
        HeadctError: this process has other versions than the one that asked.
    """
    if (here := _versions()) != recipe.versions:
        apart = [name for name in recipe.versions if here.get(name) != recipe.versions[name]]
        raise HeadctError(
            f"a worker has other versions of {', '.join(apart)} than the process that asked: "
            "install the same everywhere (constraints.txt)"
        )
    try:
        return _make(recipe, case)
    except Exception as error:  # noqa: BLE001 - of a thousand scans one may break anything
        return Unusable(case.patient, case.study, refused_by(error))


def refused_by(error: Exception) -> str:
    """Why a study cannot be used, from what went wrong.

    Raises:
        HeadctError: there was not enough memory. Another time there may be, and a store without
            the study would look whole.
    """
    if isinstance(error, NothingUsable):
        return error.told
    if isinstance(error, HeadctError):
        return str(error)
    if isinstance(error, MemoryError):
        raise HeadctError(
            "there is not enough memory for a study: run again with fewer workers, it goes on"
        ) from None
    return unexpected(error)


def _make(recipe: Recipe, case: Case) -> Prepared:
    opened = open_case(case)
    prepared = recipe.pipeline.prepare(opened.volume)
    frames = cast("Encoder", recipe.pipeline.steps[-1])(prepared)
    files = tuple(source.file for source in prepared.sources)
    warnings = list(opened.warnings)
    if case.slice_labels is not None and not files:
        warnings.append("its slices match no stored images any more: their labels are left out")
    mask = _mask(case, opened.volume, frames, recipe.mask_names) if recipe.mask_names else None
    entry = Study(
        patient=case.patient,
        study=case.study,
        site=case.site,
        first=0,
        sha256="",
        labels=case.labels,
        slice_values=_slice_values(case, files, recipe.labels, frames),
        files=files,
        grid=frames.grid,
        has_mask=mask is not None,
        warnings=tuple(warnings),
    )
    if mask is None and recipe.mask_names:
        mask = np.full(frames.grid.shape, NO_MASK, np.uint8)
    return Prepared(entry, frames.channels, as_bytes(frames.pixels), mask).signed()


def _slice_values(
    case: Case, files: tuple[str, ...], labels: tuple[str, ...], frames: Frames
) -> NDArray[np.int8]:
    """(slices, labels) int8 truth of the frames."""
    values = np.full((frames.grid.shape[0], len(labels)), UNKNOWN, np.int8)
    if case.slice_labels is not None and files:
        columns = [labels.index(name) for name in case.slice_labels.labels]
        values[:, columns] = case.slice_labels.of(files)
    return values


def _mask(
    case: Case, volume: Volume, frames: Frames, names: tuple[str, ...]
) -> NDArray[np.uint8] | None:
    """(slices, rows, columns) uint8: a case's mask on its frames; None where it is not known."""
    if case.mask is not None:
        drawn = _upright(read_nifti_mask(case.mask, case.mask_names))
        _check_on_scan(drawn, volume)
        # Of the same voxels the scan's places are the finer ones, and of pictures the only ones.
        drawn = Mask(drawn.labels, volume.grid, drawn.names)
    elif case.mask_pictures:
        drawn = read_mask_pictures(case, volume)
    elif all(case.labels.get(name) is False for name in names):
        # What is not there has nothing to draw.
        return np.zeros(frames.grid.shape, np.uint8)
    else:
        return None
    numbers = np.array([0, *(names.index(name) + 1 for name in drawn.names)], np.uint8)
    return np.asarray(numbers[transfer_mask(drawn, frames.grid).labels])


def _upright(mask: Mask) -> Mask:
    turned = Reorient()(Volume(mask.labels.astype(np.float32), mask.grid))
    return Mask(turned.hu.astype(np.uint8), turned.grid, mask.names)


def _check_on_scan(mask: Mask, volume: Volume) -> None:
    """Refuse a mask that was drawn on another scan, or is counted in another way."""
    if mask.grid.shape != volume.grid.shape:
        raise GeometryError(
            f"the mask is {mask.grid.shape}, its scan {volume.grid.shape} (slices, rows, columns): "
            "give the one drawn on this series"
        )
    if not (mask.grid.is_measured and volume.grid.is_measured):
        return
    apart = np.linalg.norm(mask.grid.origins_mm - volume.grid.origins_mm, axis=1).max()
    if apart > min(volume.grid.spacing_mm):
        raise GeometryError(
            f"the mask lies {apart:.1f} mm off its scan: give the one drawn on this series"
        )


@lru_cache(maxsize=1)
def _versions() -> Mapping[str, str]:
    return installed_versions()
