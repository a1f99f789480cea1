"""Let torchvision be imported beside any build of torch.

The torchvision on the package index is built for CUDA. Beside a CPU build of torch its extension
cannot load, and importing it, or timm and Lightning, which import it, ends with ``operator
torchvision::nms does not exist``: its Python code registers shapes for two operators that nobody
has declared. Once they are declared it can be imported; no network of ours calls them.

Import this module before timm or Lightning.
"""

from importlib import import_module
from importlib.util import find_spec

import torch

_OPERATORS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


def _declare() -> torch.library.Library | None:
    """Declare the operators where torchvision cannot be imported without."""
    if find_spec("torchvision") is None:
        return None
    try:
        import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
        library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for schema in _OPERATORS:
            library.define(schema)  # type: ignore[no-untyped-call]
        import_module("torchvision")
        return library
    return None


DECLARED = _declare()
"""A declaration lasts as long as the object that made it; None where there was no need."""
