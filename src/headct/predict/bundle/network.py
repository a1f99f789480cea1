"""A graph that runs: ONNX Runtime in fp32 is the reference."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions
from onnxruntime.capi.onnxruntime_pybind11_state import (
    EPFail,
    Fail,
    InvalidArgument,
    InvalidGraph,
    InvalidProtobuf,
    NoSuchFile,
    NotImplemented,  # noqa: A004 - as ONNX Runtime names it
    RuntimeException,
)

from headct.core.errors import BundleError
from headct.predict.bundle.manifest import ONNX_RUNTIME

Values = NDArray[np.float32]

_ERRORS = (
    *(EPFail, Fail, InvalidArgument, InvalidGraph, InvalidProtobuf, NoSuchFile),
    *(NotImplemented, RuntimeException, RuntimeError, ValueError),
)
# An ONNX tensor may lie in a file beside the graph, named by an entry whose key is "location"
# (onnx.proto, TensorProto.external_data). Backends would read it from the folder that headct was
# started in; some do so only where an optimizer does not stumble over it first. The key is searched
# for as protobuf writes it, its tag (field 1) and length in as many bytes as they may take.
_EXTERNAL = re.compile(rb"(?:\x0a|\x8a\x80{0,3}\x00)(?:\x08|\x88\x80{0,8}\x00)location", re.DOTALL)
_FATAL = 4  # what is worse than a warning is raised; the rest is nothing to a reader of a scan


class Network(Protocol):
    """A graph that was loaded."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what goes in."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what comes out."""
        ...

    def __call__(self, pixels: Values) -> dict[str, Values]:
        """(slices, channels, rows, columns) float32 → every output by its name."""
        ...


@dataclass(frozen=True)
class Backend:
    """What runs graphs.

    Args:
        name: as bundles list it.
        version: of what is installed.
        load: from an ONNX graph and a number of threads (None: as many as there are cores) to a
            network; BundleError where it cannot be loaded.
    """

    name: str
    version: str
    load: Callable[[bytes, int | None], Network]


@dataclass(frozen=True, eq=False)
class _Session:
    """A graph in ONNX Runtime."""

    session: InferenceSession

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.session.get_inputs())

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.session.get_outputs())

    def __call__(self, pixels: Values) -> dict[str, Values]:
        try:
            given = self.session.run(None, {self.inputs[0]: pixels})
        except _ERRORS as error:
            raise BundleError(f"the graph cannot be run: {_first_line(error)}") from error
        return dict(zip(self.outputs, map(np.asarray, given), strict=True))


def check_alone(model: bytes) -> None:
    """Refuse a graph that keeps a part of itself in another file.

    Raises:
        BundleError: it does.
    """
    # The plain search is a hundred times as fast, and nearly always the last.
    if b"location" in model and _EXTERNAL.search(model):
        raise BundleError(
            "the graph keeps tensors in another file, and a bundle is one file: export it with its "
            "weights inside"
        )


def _load(model: bytes, threads: int | None) -> Network:
    options = SessionOptions()
    options.log_severity_level = _FATAL
    # Threads that spin while they wait take the processor from whatever else runs: a third of the
    # time of this very graph where several scans are read side by side.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if threads is not None:
        options.intra_op_num_threads = threads
    try:
        # Without falling back, which prints, and tries the very same again.
        return _Session(
            InferenceSession(model, options, providers=["CPUExecutionProvider"], enable_fallback=0)
        )
    except _ERRORS as error:
        raise BundleError(f"the graph cannot be loaded: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:200]


REFERENCE = Backend(ONNX_RUNTIME, onnxruntime.__version__, _load)
"""ONNX Runtime on the CPU, in fp32."""
