"""A graph in OpenVINO, for bundles that list it as checked; ``pip install openvino``."""

from dataclasses import dataclass

import numpy as np
import openvino

from headct.core.errors import BundleError
from headct.predict.bundle.manifest import OPENVINO
from headct.predict.bundle.network import Backend, Network, Values


@dataclass(frozen=True, eq=False)
class _Compiled:
    """A graph in OpenVINO."""

    model: openvino.CompiledModel

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(one.any_name for one in self.model.inputs)

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(one.any_name for one in self.model.outputs)

    def __call__(self, pixels: Values) -> dict[str, Values]:
        try:
            given = self.model(pixels)
        except RuntimeError as error:
            raise BundleError(f"the graph cannot be run: {str(error)[:200]}") from error
        return {one.any_name: np.array(given[one]) for one in self.model.outputs}


def _load(model: bytes, threads: int | None) -> Network:
    # Its own choice on some processors is bf16, which no bundle was checked with.
    settings: dict[str, str | int] = {"INFERENCE_PRECISION_HINT": "f32"}
    if threads is not None:
        settings["INFERENCE_NUM_THREADS"] = threads
    try:
        core = openvino.Core()
        return _Compiled(core.compile_model(core.read_model(model, b""), "CPU", settings))
    except RuntimeError as error:
        raise BundleError(f"the graph cannot be loaded: {str(error)[:200]}") from error


BACKEND = Backend(OPENVINO, openvino.__version__, _load)
"""OpenVINO on the CPU, in fp32."""
