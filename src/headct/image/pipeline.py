"""Pipelines: named tuples of steps that end in one encoder, and the one table of steps.

In a manifest a step is ``{"step": "ClipHU", "low": 0, "high": 80}``. It is read against the table
below and the step's own fields; nothing in a manifest is ever evaluated or imported.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from sys import float_info
from types import NoneType, UnionType
from typing import (
    Any,
    ClassVar,
    Literal,
    Protocol,
    TypeGuard,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from headct.core.frames import Frames
from headct.core.volume import Volume
from headct.image.encoders import Gray, Neighbours, Windows
from headct.image.field import BrainField
from headct.image.filters import Clahe, Gaussian, Mean, Median, MergeContrast, Open
from headct.image.geometry import Crop, Reorient, Resample, Reshape, Square, Straighten
from headct.image.intensity import ClipHU, Normalize, Remove, Rescale, Standardize
from headct.image.segment import Segmented
from headct.image.slices import BrainSlices, DepthNormalize, VentricleSlices
from headct.image.strip import KeepBrain, KeepHead


class Step(Protocol):
    """A frozen dataclass with plain fields; its ``repr`` is its record."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def __call__(self, volume: Volume, /) -> Volume:
        """The volume after the step; the one given is not changed."""


class Encoder(Protocol):
    """What ends a pipeline: a frozen dataclass with plain fields."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    def __call__(self, volume: Volume, /) -> Frames:
        """The volume as a network sees it."""


AnyStep = Step | Encoder

_ENCODERS: tuple[type[Encoder], ...] = (Gray, Neighbours, Segmented, Windows)

_KINDS: tuple[type[AnyStep], ...] = (
    BrainField,
    BrainSlices,
    Clahe,
    ClipHU,
    Crop,
    DepthNormalize,
    Gaussian,
    KeepBrain,
    KeepHead,
    Mean,
    Median,
    MergeContrast,
    Normalize,
    Open,
    Reorient,
    Resample,
    Remove,
    Rescale,
    Reshape,
    Square,
    Standardize,
    Straighten,
    VentricleSlices,
    *_ENCODERS,
)

STEPS: Mapping[str, type[AnyStep]] = {kind.__name__: kind for kind in _KINDS}
"""Everything that a manifest may name: steps from Volume to Volume, and the encoders."""


def is_encoder(step: AnyStep) -> TypeGuard[Encoder]:
    """Whether a step ends a pipeline, giving Frames."""
    return isinstance(step, _ENCODERS)


@dataclass(frozen=True)
class Pipeline:
    """Steps in order, the last one an encoder that makes frames of their result."""

    name: str
    steps: tuple[AnyStep, ...]

    def __post_init__(self) -> None:
        for place, step in enumerate(self.steps, start=1):
            if type(step) not in STEPS.values():
                raise ValueError(f"pipeline {self.name}: step {place} is not in the table of steps")
            if is_encoder(step) and place < len(self.steps):
                raise ValueError(
                    f"pipeline {self.name}: {type(step).__name__} is step {place} of "
                    f"{len(self.steps)}, but gives frames and so must be the last"
                )
        if not self.steps or not is_encoder(self.steps[-1]):
            raise ValueError(
                f"pipeline {self.name}: expected an encoder at the end: "
                + ", ".join(kind.__name__ for kind in _ENCODERS)
            )

    def prepare(self, volume: Volume) -> Volume:
        """The volume after all steps but the encoder."""
        for step in self.steps:
            if not is_encoder(step):
                volume = cast("Step", step)(volume)
        return volume

    def __call__(self, volume: Volume) -> Frames:
        """What a network sees of the volume."""
        return cast("Encoder", self.steps[-1])(self.prepare(volume))

    def as_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON; ``parse_pipeline`` reads them back."""
        return {"name": self.name, "steps": [step_as_dict(step) for step in self.steps]}

    @property
    def sha256(self) -> str:
        """Hash of what it does: equal steps give the same one, under any name, anywhere."""
        text = json.dumps(self.as_dict()["steps"], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def step_as_dict(step: AnyStep) -> dict[str, object]:
    """A step as a manifest names it, all fields written out."""
    name = type(step).__name__
    hints = get_type_hints(type(step))
    values = {
        field.name: _fit(getattr(step, field.name), hints[field.name], f"{name}.{field.name}")
        for field in fields(step)
    }
    return {"step": name, **{key: _listed(value) for key, value in values.items()}}


def parse_step(entry: object) -> AnyStep:
    """The step that a manifest entry names.

    Raises:
        ValueError: what was expected and what came, by step and field.
    """
    if not isinstance(entry, Mapping) or not isinstance(entry.get("step"), str):
        raise ValueError(f'expected a step as {{"step": name, field: value, ...}}, got {entry!r}')
    name = entry["step"]
    if name not in STEPS:
        raise ValueError(f"unknown step {name!r}: expected one of {', '.join(STEPS)}")
    kind = STEPS[name]
    known = {field.name: field for field in fields(kind)}
    given = {key: value for key, value in entry.items() if key != "step"}
    for key in given:
        if key not in known:
            allowed = ", ".join(known) or "none"
            raise ValueError(f"{name}: unknown field {key!r}: expected {allowed}")
    for key, field in known.items():
        if key not in given and field.default is MISSING:
            raise ValueError(f"{name}.{key}: expected a value, got none")
    hints = get_type_hints(kind)
    values = {key: _fit(value, hints[key], f"{name}.{key}") for key, value in given.items()}
    try:
        return kind(**values)
    except ValueError as error:
        raise ValueError(f"{name}.{error}") from error


def parse_pipeline(manifest: object) -> Pipeline:
    """The pipeline of ``{"name": ..., "steps": [...]}``; the last of the steps is an encoder.

    Raises:
        ValueError: what was expected and what came, by pipeline, step and field.
    """
    if not isinstance(manifest, Mapping) or set(manifest) != {"name", "steps"}:
        raise ValueError('expected a pipeline as {"name": ..., "steps": [...]}')
    name, entries = manifest["name"], manifest["steps"]
    if not isinstance(name, str) or not name:
        raise ValueError(f"expected a text as the pipeline's name, got {name!r}")
    if not isinstance(entries, list | tuple):
        raise ValueError(f"pipeline {name}: expected a list of steps, got {entries!r}")
    steps: list[AnyStep] = []
    for place, entry in enumerate(entries, start=1):
        try:
            steps.append(parse_step(entry))
        except ValueError as error:
            raise ValueError(f"pipeline {name}, step {place}: {error}") from error
    return Pipeline(name, tuple(steps))


def _fit(value: object, kind: Any, where: str) -> object:
    """The value as the field's type wants it: lists become tuples, whole numbers floats."""
    if get_origin(kind) in (UnionType, Union):
        if value is None and NoneType in get_args(kind):
            return None
        (kind,) = (part for part in get_args(kind) if part is not NoneType)
    if get_origin(kind) is Literal:
        if value in get_args(kind):
            return value
        raise ValueError(f"{where}: expected {' or '.join(get_args(kind))}, got {value!r}")
    if get_origin(kind) is tuple:
        return _fit_tuple(value, get_args(kind), where)
    # In Python True is a whole number; in a manifest it is a slip.
    if isinstance(value, int | float) and not isinstance(value, bool):
        if kind is float and abs(value) <= float_info.max:
            return float(value)
        if kind is int and isinstance(value, int):
            return value
    expected = {float: "a finite number", int: "a whole number"}[kind]
    raise ValueError(f"{where}: expected {expected}, got {value!r}")


def _fit_tuple(value: object, kinds: tuple[Any, ...], where: str) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{where}: expected a list, got {value!r}")
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if len(value) != len(kinds):
        raise ValueError(f"{where}: expected {len(kinds)} values, got {len(value)}")
    return tuple(
        _fit(item, kind, f"{where}[{index}]")
        for index, (item, kind) in enumerate(zip(value, kinds, strict=True))
    )


def _listed(value: object) -> object:
    """Tuples as the lists that JSON makes of them."""
    return [_listed(item) for item in value] if isinstance(value, tuple) else value
