"""Draw pipelines stage by stage: python scripts/picture_pipelines.py writes docs/images/pipeline-*.

One slice of a digital head with a bleed and leukoencephalopathy, scanned with a leaning gantry.
HU are shown at level 40, width 80 HU; values in [0, 1] from black to white.
"""

from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from headct.core.labels import INTRAPARENCHYMAL
from headct.core.volume import Volume
from headct.image.augment import Augmentation, AugmentationRanges
from headct.image.encoders import Gray
from headct.image.geometry import Straighten
from headct.image.pipeline import Encoder, Pipeline, Step, is_encoder
from headct.image.pipelines import PIPELINES
from headct.image.slices import BrainSlices, DepthNormalize, VentricleSlices
from headct.phantom.body.anatomy import head
from headct.phantom.body.traits import Ranges
from headct.phantom.lesions.disease import Disease, Hemorrhage, give_disease
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head

FOLDER = Path(__file__).parents[1] / "docs" / "images"
SIDE = 190
SEED = 11
BLEED = Hemorrhage(INTRAPARENCHYMAL, 30.0)
PROTOCOL = Protocol((Block(34, 5.0, 5.0),), field_of_view_mm=230.0, tilt_deg=12.0)
CHOICES = (BrainSlices(), DepthNormalize(20), VentricleSlices(20.0))
HU_WINDOW = (0.0, 80.0)
PX_PER_MM = 2

Tile = NDArray[np.uint8]


def main() -> None:
    """Write all pictures."""
    person = head(SEED, ranges=Ranges(atrophy=(0.75, 0.75)))
    sick = give_disease(person, Disease(SEED, grade=4, bleeds=(BLEED,)))
    scan = scan_head(sick.head, sick.lesions, PROTOCOL, SEED)
    index = int(scan.truth.areas(INTRAPARENCHYMAL).argmax())
    write_all(scan.volume, index, FOLDER)


def write_all(volume: Volume, index: int, folder: Path) -> None:
    """A strip for each pipeline, one for augmentation, and one for the choice of slices."""
    for name, pipeline in PIPELINES.items():
        write(folder / f"pipeline-{name}.png", strip(pipeline, volume, index))
    write(folder / "pipeline-augmentation.png", augmented(volume, index))
    write(folder / "pipeline-slices.png", choices(volume))


def write(path: Path, picture: Tile) -> None:
    """In 32 grays, which keeps noise from filling the file."""
    cv2.imwrite(str(path), picture // 8 * 8, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def strip(pipeline: Pipeline, volume: Volume, index: int) -> Tile:
    """One slice after each step, then the channels of the result."""
    tiles = [tile(volume.hu[index], HU_WINDOW, "as scanned")]
    window = HU_WINDOW
    for step in pipeline.steps:
        if is_encoder(step):
            tiles += channels(step, volume, index)
        else:
            volume, window = after(step, volume, window)
            tiles.append(tile(volume.hu[index], window, named(step)))
    return np.hstack(tiles)


def named(step: Step) -> str:
    """Its name, with the numbers that it was given."""
    given = [getattr(step, field.name) for field in fields(step)]
    numbers = [f"{value:g}" for value in given if isinstance(value, int | float)]
    return f"{type(step).__name__} {', '.join(numbers)}"


def after(
    step: Step, volume: Volume, window: tuple[float, float]
) -> tuple[Volume, tuple[float, float]]:
    """The volume after a step, and from black to white: HU, or [0, 1] once rescaled."""
    is_rescaled = window == (0.0, 1.0) or type(step).__name__ == "Rescale"
    return step(volume), (0.0, 1.0) if is_rescaled else HU_WINDOW


def channels(step: Encoder, volume: Volume, index: int) -> list[Tile]:
    """What the network sees; nothing new where that is the volume as it is."""
    if isinstance(step, Gray):
        return []
    frames = step(volume)
    pairs = zip(frames.pixels[index], frames.channels, strict=True)
    return [tile(plane, (0.0, 1.0), name) for plane, name in pairs]


def augmented(volume: Volume, index: int) -> Tile:
    """One slice, then some of what may happen to it."""
    pixels = PIPELINES["windows"](volume).pixels[index : index + 1, :1]
    chance = np.random.default_rng(SEED)
    ranges = AugmentationRanges()
    shown = {
        "as prepared": Augmentation(),
        "rotation": Augmentation(rotation_deg=15.0),
        "flips": Augmentation(is_mirrored=True, is_upended=True),
        "scale": Augmentation(scale=0.9),
        "crop": Augmentation(crop_share=0.2, crop_at=(0.2, 0.5)),
        "noise": Augmentation(noise=0.05),
        "drawn": ranges.draw(chance),
        "drawn again": ranges.draw(chance),
    }
    return np.hstack([tile(a.on_frames(pixels)[0, 0], (0, 1), name) for name, a in shown.items()])


def choices(volume: Volume) -> Tile:
    """The head from its side, and which slices each step keeps: a bar for each."""
    side = Straighten()(volume).hu
    middle = side.shape[2] // 2
    side = side[::-1, :, middle - 2 : middle + 3].mean(axis=2)
    tall = round(float(volume.grid.heights_mm.mean()) * PX_PER_MM)
    wide = round(side.shape[1] * volume.grid.spacing_mm[0] * PX_PER_MM)
    side = cv2.resize(side, (wide, len(side) * tall))
    gray = (np.clip(side, *HU_WINDOW) / HU_WINDOW[1] * 255).astype(np.uint8)
    picture = np.pad(gray, ((0, 0), (0, len(CHOICES) * SIDE)))
    positions = np.round(volume.grid.positions_mm[::-1], 3)
    for number, step in enumerate(CHOICES):
        left = wide + number * SIDE
        for row in np.flatnonzero(np.isin(positions, np.round(step(volume).grid.positions_mm, 3))):
            picture[row * tall + 1 : (row + 1) * tall - 1, left : left + 14] = 192
        write_text(picture, named(step), (left + 20, len(picture) // 2))
    return picture


def write_text(picture: Tile, said: str, at: tuple[int, int]) -> None:
    """Small white letters."""
    white = (255, 255, 255)
    cv2.putText(picture, said, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, white, 1, cv2.LINE_AA)


def tile(plane: NDArray[np.float32], window: tuple[float, float], said: str) -> Tile:
    """One slice with its stage; pixels as square as they are."""
    low, high = window
    gray = (np.clip((plane - low) / (high - low), 0, 1) * 255).astype(np.uint8)
    missing = max(gray.shape) - np.array(gray.shape)
    gray = np.pad(gray, [(n // 2, n - n // 2) for n in missing])
    small = cv2.resize(gray, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    write_text(small, said, (4, 12))
    return np.asarray(small, dtype=np.uint8)


if __name__ == "__main__":
    main()
