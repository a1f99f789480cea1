"""Bundles are opened and written here: what does not fit is refused, with the reason."""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headct.cohort.strict_json import load
from headct.core.errors import BundleError, CohortError, OutputError
from headct.core.output import all_or_nothing
from headct.predict.bundle.archive import pack, unpack
from headct.predict.bundle.manifest import LABEL_LOGITS, Manifest, manifest_text
from headct.predict.bundle.network import REFERENCE, Backend, Network, Values, check_alone
from headct.predict.bundle.parse import parse_manifest
from headct.predict.bundle.selftest import (
    TOLERANCE,
    SelfTest,
    largest_difference,
    parse_selftest,
    selftest_bytes,
)

SUFFIX = ".headct"
MANIFEST, MODEL, CARD = "manifest.json", "model.onnx", "MODEL-CARD.md"
SELFTEST, CHECKSUMS = "selftest.npz", "checksums.json"

# Far above what is written: the largest network planned has 100 MB of weights.
_MOST_BYTES = {
    MANIFEST: 4 << 20,
    MODEL: 512 << 20,
    CARD: 4 << 20,
    SELFTEST: 64 << 20,
    CHECKSUMS: 1 << 16,
}
_MOST_FILE = sum(_MOST_BYTES.values()) + (1 << 16)

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Contents:
    """What ``write_bundle`` makes a bundle of.

    Args:
        manifest: what it says of itself.
        model: the ONNX graph, weights inside.
        card: the model card, Markdown.
        selftest: a fixed input, and what the network that was trained gives for it.
    """

    manifest: Manifest
    model: bytes
    card: str
    selftest: SelfTest


@dataclass(frozen=True, eq=False)
class Bundle:
    """A bundle that was opened, checked, and can be asked.

    Args:
        manifest: what it says of itself.
        card: the model card, Markdown.
        sha256: of the whole file.
        network: the graph, loaded.
        backend: what runs it.
        difference: the largest of the self-test, as ``largest_difference`` has it.
    """

    manifest: Manifest
    card: str
    sha256: str
    network: Network
    backend: Backend
    difference: float

    def run(self, pixels: Pixels) -> dict[str, Values]:
        """What the network says of frames, by the meaning of its outputs.

        Args:
            pixels: (slices, channels, rows, columns), as a store holds them.

        Raises:
            BundleError: the graph gives another shape than its manifest says, or no numbers.
        """
        return _run(self.network, self.manifest, pixels)


def open_bundle(path: Path, *, backend: Backend = REFERENCE, threads: int | None = None) -> Bundle:
    """Open a bundle: read it as data, check all of it, and run its self-test.

    Args:
        path: of the file.
        backend: what is to run it; another than ONNX Runtime only where the bundle lists it as
            checked. ONNX Runtime runs the self-test in any case.
        threads: of the backend; None takes as many as there are cores.

    Raises:
        BundleError: something does not fit; with the reason.
    """
    stored = _stored(path)
    return _opened(stored, path.name, backend, threads)


def write_bundle(path: Path, contents: Contents) -> Bundle:
    """Write a bundle whole or not at all; equal contents give equal bytes.

    It is opened before it is there, so that what is written can be read and does what the
    self-test says.

    Args:
        path: a new file, by custom ``NAME.headct``.
        contents: what goes in.

    Raises:
        BundleError: it would be refused.
        OutputError: the file is there, or cannot be written.
    """
    stored = pack(_members(contents))
    bundle = _opened(stored, path.name, REFERENCE, None)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        if path.exists():
            raise OutputError(f"{path.name} is there already, and nothing is overwritten")
        with partial.open("xb") as file:
            file.write(stored)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write {path.name}: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return bundle


def export_bundle(path: Path, out: Path) -> None:
    """Write what a bundle holds as plain files into a new folder, after all checks of opening.

    Raises:
        BundleError: the bundle is refused.
        OutputError: ``out`` holds something, or cannot be written.
    """
    stored = _stored(path)
    _opened(stored, path.name, REFERENCE, None)
    with all_or_nothing(out) as folder:
        for name, content in unpack(stored, _MOST_BYTES, path.name).items():
            (folder / name).write_bytes(content)


def _stored(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            stored = file.read(_MOST_FILE + 1)
    except OSError as error:
        raise BundleError(
            f"{path.name} cannot be read ({error.strerror or error}): give a bundle, a {SUFFIX} "
            "file that headct wrote"
        ) from error
    if len(stored) > _MOST_FILE:
        raise BundleError(f"{path.name} is larger than any bundle: {_MOST_FILE >> 20} MB at most")
    return stored


def _members(contents: Contents) -> dict[str, bytes]:
    members = {
        MANIFEST: manifest_text(contents.manifest).encode(),
        MODEL: contents.model,
        CARD: contents.card.encode(),
        SELFTEST: selftest_bytes(contents.selftest),
    }
    sums = {name: sha256(content).hexdigest() for name, content in members.items()}
    return {**members, CHECKSUMS: (json.dumps(sums, indent=1) + "\n").encode()}


def _opened(stored: bytes, where: str, backend: Backend, threads: int | None) -> Bundle:
    members = unpack(stored, _MOST_BYTES, where)
    _check_sums(members, where)
    manifest = parse_manifest(members[MANIFEST], f"{where}, {MANIFEST}")
    if backend.name not in manifest.backends:
        raise BundleError(
            f"{where} was not checked with {backend.name}, only with "
            f"{' and '.join(manifest.backends)}: take one of these"
        )
    selftest = parse_selftest(members[SELFTEST], manifest.graph.meanings, f"{where}, {SELFTEST}")
    check_alone(members[MODEL])
    try:
        card = members[CARD].decode("utf-8")
    except UnicodeDecodeError as error:
        raise BundleError(f"{where}, {CARD}: it is not UTF-8") from error
    # The reference goes first: what it refuses, no other is given.
    for one in dict.fromkeys((REFERENCE, backend)):
        network = one.load(members[MODEL], threads)
        _check_names(network, manifest, where)
        difference = _proved(network, manifest, selftest, f"{where}, by {one.name}")
    digest = sha256(stored).hexdigest()
    return Bundle(manifest, card, digest, network, backend, difference)


def _check_sums(members: Mapping[str, bytes], where: str) -> None:
    try:
        sums = load(members[CHECKSUMS].decode("utf-8"), f"{where}, {CHECKSUMS}")
    except (CohortError, UnicodeDecodeError, RecursionError) as error:
        raise BundleError(f"{where}, {CHECKSUMS}: it is not what headct writes") from error
    if set(sums) != set(members) - {CHECKSUMS}:
        raise BundleError(f"{where}: {CHECKSUMS} does not list what is there")
    for name, stated in sums.items():
        if sha256(members[name]).hexdigest() != stated:
            raise BundleError(
                f"{where}: {name} is not what was written (its checksum differs): the file is "
                "damaged or was edited; copy it again"
            )


def _check_names(network: Network, manifest: Manifest, where: str) -> None:
    graph = manifest.graph
    if network.inputs != (graph.input,):
        raise BundleError(
            f"{where}: the graph takes {', '.join(network.inputs)}, its manifest says {graph.input}"
        )
    if missing := [name for _, name in graph.outputs if name not in network.outputs]:
        raise BundleError(f"{where}: the graph gives no {', '.join(missing)}")


def _proved(network: Network, manifest: Manifest, selftest: SelfTest, where: str) -> float:
    """The largest difference of the self-test; refused where it is too large."""
    got = _run(network, manifest, selftest.pixels)
    for meaning, values in selftest.expected.items():
        if got[meaning].shape != values.shape:
            raise BundleError(
                f"{where}: the self-test gives {meaning} of {got[meaning].shape}, expected "
                f"{values.shape}"
            )
    difference = largest_difference(selftest.expected, got)
    if not difference <= TOLERANCE:
        raise BundleError(
            f"{where}: the self-test is off by {difference:.2g}, expected at most {TOLERANCE:g}: "
            "the network does not do here what it did where it was made; take a bundle made anew, "
            "and report the version of the backend"
        )
    return difference


def _run(network: Network, manifest: Manifest, pixels: Pixels) -> dict[str, Values]:
    graph = manifest.graph
    expected = (len(graph.channels), graph.rows, graph.columns)
    if pixels.dtype != np.uint8 or pixels.shape[1:] != expected:
        raise BundleError(
            f"the network takes frames of {expected} (channels, rows, columns) in bytes, got "
            f"{pixels.shape[1:]} {pixels.dtype}"
        )
    if manifest.standardize is None:
        values = pixels.astype(np.float32) / np.float32(255)
    else:
        values = manifest.standardize.on(pixels)
    given = network(values)
    outputs = {meaning: given[name] for meaning, name in graph.outputs}
    for meaning, output in outputs.items():
        _check_output(meaning, output, (len(pixels), len(manifest.task.labels)))
    return outputs


def _check_output(meaning: str, output: Values, expected: tuple[int, int]) -> None:
    dimensions = 2 if meaning == LABEL_LOGITS else 4
    if output.dtype != np.float32 or output.ndim != dimensions or output.shape[:2] != expected:
        raise BundleError(
            f"the graph gives {meaning} of {output.shape} {output.dtype}, expected {expected} "
            f"(slices, labels) first, {dimensions} axes, float32"
        )
    if not output.size or not np.isfinite(output).all():
        raise BundleError(f"the graph gives {meaning} that are no finite numbers")
