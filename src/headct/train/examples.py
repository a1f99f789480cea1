"""Slices to learn from out of generators: digital heads, and bleeds put into real scans."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headct.cohort.preparing.one_study import as_bytes
from headct.core.case import UNKNOWN
from headct.core.errors import HeadctError, TrainError
from headct.core.grid import Grid
from headct.core.labels import LABELS
from headct.core.volume import Mask, Volume
from headct.image.pipeline import Pipeline
from headct.image.transfer import transfer_mask
from headct.phantom.generator import MASKED, Example, read_shard
from headct.train.losses import NOT_DRAWN
from headct.train.slices import Slices, mask_codes

SHARD_JSON = "shard.json"


def slices_of_examples(
    examples: Iterable[Example], pipeline: Pipeline, labels: Sequence[str], name: str
) -> Slices:
    """Scans through a pipeline, into memory: 200 kB a slice of three channels at 256 x 256.

    Of generators without end give a part: ``islice(examples(seed=1), 200)``.

    Args:
        examples: scans with masks; of slices whose labels are not known nothing is taught.
        pipeline: of the store that they are mixed with.
        labels: of the task.
        name: of where they come from, for messages.

    Raises:
        TrainError: there is no scan, or the pipeline gives frames of several shapes.
    """
    columns = [LABELS.index(label) for label in labels]
    pixels, masks, truth = [], [], []
    for number, example in enumerate(examples, start=1):
        try:
            frames, drawn, known = _prepared(example, pipeline, columns)
        except HeadctError as error:
            raise TrainError(f"{name}, scan {number}: {error}") from error
        pixels.append(frames)
        masks.append(drawn)
        truth.append(known)
    if len({some.shape[1:] for some in pixels}) != 1:
        raise TrainError(f"{name}: expected scans, all of one shape once prepared")
    everything = np.concatenate(pixels)
    return Slices(
        name=name,
        pixels=everything,
        labels=np.concatenate(truth),
        masks=np.concatenate(masks),
        rows=np.arange(len(everything), dtype=np.intp),
        codes=mask_codes(MASKED, labels),
    )


def is_shard(folder: Path) -> bool:
    """Whether a folder holds what ``write_shard`` has written."""
    return (folder / SHARD_JSON).is_file()


def slices_of_shard(folder: Path, pipeline: Pipeline, labels: Sequence[str]) -> Slices:
    """The scans that ``write_shard`` has written, as ``slices_of_examples`` gives them.

    Raises:
        TrainError: as there.
        ScanError: the folder is no shard.
    """
    return slices_of_examples(read_shard(folder), pipeline, labels, f"shard {folder.name}")


def _prepared(
    example: Example, pipeline: Pipeline, columns: Sequence[int]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int8]]:
    """Frames, masks and labels of a scan, slice by slice."""
    grid = Grid.regular(example.hu.shape, example.spacing_mm)
    frames = pipeline(Volume(np.asarray(example.hu, np.float32), grid))
    if frames.grid.shape[0] != len(example.hu):
        raise TrainError(
            f"pipeline {pipeline.name} makes {frames.grid.shape[0]} slices of {len(example.hu)}: "
            "labels of slices need one that keeps them"
        )
    drawn = transfer_mask(Mask(np.array(example.masks), grid, MASKED), frames.grid).labels
    truth = np.asarray(example.labels[:, columns], np.int8)
    if example.known is not None:
        known = example.known[:, columns]
        truth = np.where(known, truth, np.int8(UNKNOWN))
        drawn = drawn.copy()
        drawn[~known.any(axis=1)] = NOT_DRAWN
    return as_bytes(frames.pixels), drawn, truth
