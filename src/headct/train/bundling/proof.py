"""The self-test of a bundle: slices of a digital head, and what the trained network says."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from headct.core.errors import BundleError, HeadctError, TrainError
from headct.image.encoders import as_bytes
from headct.image.transfer import transfer_mask
from headct.phantom.examination import Person, examine
from headct.phantom.lesions.disease import Disease, Hemorrhage
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import Phantom
from headct.predict.bundle.network import REFERENCE, Backend
from headct.predict.bundle.selftest import TOLERANCE, SelfTest, largest_difference
from headct.train.bundling.finished import Finished
from headct.train.export import CAM, LABEL_LOGITS, MASK_LOGITS
from headct.train.keeping import WEIGHTS
from headct.train.learner import as_input
from headct.train.networks.build import build
from headct.train.networks.outputs import Outputs, Wish, slice_logits

# One head for all bundles: 30 mL in the brain, so that masks have something to draw.
_PERSON = Person(seed=1)
_DISEASE = Disease(bleeds=(Hemorrhage("intraparenchymal", 30.0),))
# A matrix of 256 is made in a fifth of the time of one of 512.
_PROTOCOL = Protocol((Block(32, 5.0, 5.0),), matrix=256)


def trained_network(run: Finished) -> nn.Module:
    """The network of a run with the weights that were kept, on the processor, for answering.

    Raises:
        TrainError: the weights are not those of the network that run.json names.
    """
    said = run.said["network"]
    mirrored = bool(said.get("mirrored", False))
    wish = Wish(said["name"], run.shape[0], len(run.task.labels), False, mirrored)
    network = build(wish)
    try:
        stored = torch.load(run.folder / WEIGHTS, map_location="cpu", weights_only=True)
        network.load_state_dict(stored)
    except (OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise TrainError(
            f"{run.name}, {WEIGHTS}: not the weights of {wish.name}: the file is damaged or of "
            "another run; train the run anew"
        ) from error
    return network.eval()


def make_selftest(
    run: Finished, network: nn.Module, model: bytes, names: Mapping[str, str]
) -> SelfTest:
    """Slices of a digital head through the run's pipeline, and what PyTorch gives for them in fp32.

    No patient's pixels go into a bundle.

    Args:
        run: whose pipeline.
        network: as ``trained_network`` gives it.
        model: its graph.
        names: of the graph's outputs, by meaning.

    Raises:
        TrainError: the pipeline cannot use the head, or gives other frames than it trained on.
    """
    pixels = _frames(run)
    given = REFERENCE.load(model, None)(pixels.astype(np.float32) / np.float32(255))
    expected = {meaning: given[name] for meaning, name in names.items()}
    with torch.inference_mode():
        outputs: Outputs = network(as_input(torch.from_numpy(pixels)))
        expected[LABEL_LOGITS] = slice_logits(outputs).numpy()
        if outputs.mask_logits is not None:
            expected[MASK_LOGITS] = outputs.mask_logits.contiguous().numpy()
        if outputs.activation is not None and CAM in names:
            expected[CAM] = outputs.activation.contiguous().numpy()
    return SelfTest(pixels, expected)


def check_backend(
    backend: Backend, model: bytes, selftest: SelfTest, names: Mapping[str, str]
) -> None:
    """Refuse a backend that gives something else.

    Args:
        backend: to be listed as checked.
        model: the graph.
        selftest: what it must give.
        names: of outputs, by meaning.

    Raises:
        BundleError: it does not run the graph, or differs by more than ``TOLERANCE``.
    """
    given = backend.load(model, None)(selftest.pixels.astype(np.float32) / np.float32(255))
    got = {meaning: given[name] for meaning, name in names.items()}
    difference = largest_difference(selftest.expected, got)
    if not difference <= TOLERANCE:
        raise BundleError(
            f"{backend.name} differs by {difference:.2g} from PyTorch, expected at most "
            f"{TOLERANCE:g}: it cannot be listed as checked; leave it out"
        )


def _frames(run: Finished) -> NDArray[np.uint8]:
    """(2, channels, rows, columns) of a digital head."""
    made = _head()
    try:
        frames = run.pipeline(made.volume)
        pixels = as_bytes(frames.pixels)
    except HeadctError as error:
        raise TrainError(
            f"pipeline {run.pipeline.name} cannot use a digital head, of which the self-test is "
            f"made: {error}"
        ) from error
    if pixels.shape[1:] != run.shape:
        raise TrainError(
            f"pipeline {run.pipeline.name} gives frames of {pixels.shape[1:]}, and the network "
            f"takes {run.shape}: the store was made by another headct; prepare and train anew"
        )
    blood = (transfer_mask(made.truth, frames.grid).labels > 0).sum(axis=(1, 2))
    clear = np.flatnonzero(blood == 0)
    # The slice with the most blood and one without: opening a bundle runs them every time.
    chosen = [int(blood.argmax()), *clear[len(clear) // 2 :][:1].tolist()]
    return np.ascontiguousarray(pixels[sorted(chosen)])


@lru_cache(maxsize=1)
def _head() -> Phantom:
    """Two seconds' work, the same for every bundle."""
    return examine(_PERSON, _DISEASE, _PROTOCOL).scan
