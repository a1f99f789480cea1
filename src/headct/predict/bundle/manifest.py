"""What a bundle says of itself: enough to use its network, and to know what it was made of."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import isfinite

from headct.core.labels import ANY_HEMORRHAGE
from headct.core.record import Argument
from headct.image.intensity import Standardize
from headct.image.pipeline import Pipeline, step_as_dict
from headct.measure.calibration.stored import Isotonic, Logistic, Scaling, Temperature
from headct.measure.curves.operating import OperatingPoint
from headct.predict.beside import Beside
from headct.predict.neighbours import check_share
from headct.tasks.task import LEVELS, Task, TaskLevel

FORMAT, VERSION = "headct bundle", 1

LABEL_LOGITS, MASK_LOGITS, CAM = "label_logits", "mask_logits", "cam"
MEANINGS = {
    LABEL_LOGITS: "(slices, labels) log odds of each label on each slice: the network's answer",
    MASK_LOGITS: "(slices, labels, rows, columns) log odds of each pixel; may be coarser",
    CAM: "(slices, labels, rows, columns) class activation before scaling; may be coarser",
}
"""What an output of a graph can mean."""

ONNX_RUNTIME, OPENVINO = "onnxruntime", "openvino"
BACKENDS = (ONNX_RUNTIME, OPENVINO)

# Names go into reports, file names and DICOM objects.
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,31}")
_MOST_SIDE = 4096


@dataclass(frozen=True)
class Graph:
    """What goes into the ONNX graph and what comes out, by name and meaning.

    Args:
        input: name of its one input, (slices, channels, rows, columns) float32.
        channels: of the frames, as the pipeline's encoder names them.
        rows: of a frame.
        columns: of a frame.
        outputs: (meaning, name of the output), meanings as in ``MEANINGS``, each once.
    """

    input: str
    channels: tuple[str, ...]
    rows: int
    columns: int
    outputs: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        if not self.input or not self.channels:
            raise ValueError("a graph has a named input and channels")
        if not (0 < self.rows <= _MOST_SIDE and 0 < self.columns <= _MOST_SIDE):
            raise ValueError(
                f"expected 1 to {_MOST_SIDE} rows and columns, got {self.rows}, {self.columns}"
            )
        if unknown := set(self.meanings) - set(MEANINGS):
            raise ValueError(f"an output means {min(unknown)!r}: expected {', '.join(MEANINGS)}")
        if LABEL_LOGITS not in self.meanings:
            raise ValueError(f"a graph gives {LABEL_LOGITS}")
        for listed in zip(*self.outputs, strict=True):
            if len(set(listed)) != len(listed):
                raise ValueError("an output stands twice")

    @property
    def meanings(self) -> tuple[str, ...]:
        """What the outputs mean, in order."""
        return tuple(meaning for meaning, _ in self.outputs)


@dataclass(frozen=True)
class Threshold:
    """From which score on a label counts as present, on slices or for patients.

    Scores are uncalibrated: of a slice the logistic of its logit, with the finder's marks added
    where they count, of a patient what the task's aggregation makes of those.
    """

    label: str
    level: TaskLevel
    point: OperatingPoint


@dataclass(frozen=True)
class Calibration:
    """From score to probability, fitted on cases that neither trained nor tested the network."""

    label: str
    level: TaskLevel
    scaling: Scaling
    fitted_on: str


@dataclass(frozen=True)
class Source:
    """Data or weights that went into the network.

    Args:
        name: of the data set or weights.
        use: what for: "training and cross-validation", "weights to begin with".
        licence: SPDX identifier where there is one.
        attribution: as the licence asks for it.
    """

    name: str
    use: str
    licence: str
    attribution: str


@dataclass(frozen=True)
class Manifest:
    """All of manifest.json but what follows from it.

    Args:
        name: of the bundle: small letters, digits, dots, dashes.
        version: of the bundle.
        task: with the whole pipeline, fitted parts included.
        graph: what goes in and comes out.
        thresholds: one or none for a label and level.
        calibrations: one or none for a label and level; without one there is a score only.
        neighbours: share of each neighbouring slice in what the network says of a slice; see
            ``predict.neighbours``.
        beside: how much marks of the classical finder count; None where the network speaks alone.
        standardize: applied to frames after the pipeline; None where nothing is.
        mask_probability: from which on a pixel is drawn.
        training: how it was trained, plain values.
        sources: data and weights that went in, with licence and attribution.
        backends: what gave the expected output of the self-test when checked.
    """

    name: str
    version: str
    task: Task
    graph: Graph
    thresholds: tuple[Threshold, ...] = ()
    calibrations: tuple[Calibration, ...] = ()
    neighbours: float = 0.0
    beside: Beside | None = None
    standardize: Standardize | None = None
    mask_probability: float = 0.5
    training: Mapping[str, Argument] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    backends: tuple[str, ...] = (ONNX_RUNTIME,)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"name: expected small letters, digits, . _ -, got {self.name!r}")
        if not _VERSION.fullmatch(self.version):
            raise ValueError(f"version: expected as 1.0.2, got {self.version!r}")
        if not 0 < self.mask_probability < 1:
            raise ValueError(f"mask_probability: expected 0 to 1, got {self.mask_probability}")
        check_share(self.neighbours)
        if ONNX_RUNTIME not in self.backends or not set(self.backends) <= set(BACKENDS):
            raise ValueError(f"backends: expected {ONNX_RUNTIME}, maybe {OPENVINO}")
        if self.beside is not None and ANY_HEMORRHAGE not in self.task.labels:
            raise ValueError(
                f"task {self.task.name}: the finder marks hemorrhage, and it is not asked"
            )
        if self.task.has_volume and MASK_LOGITS not in self.graph.meanings:
            raise ValueError(f"task {self.task.name} measures mL: the graph must give mask_logits")
        for listed in (self.thresholds, self.calibrations):
            _check_places([(one.label, one.level) for one in listed], self.task)
        for key, value in self.training.items():
            if isinstance(value, float) and not isfinite(value):
                raise ValueError(f"training: {key} is not a finite number")

    def threshold(self, label: str, level: TaskLevel) -> OperatingPoint | None:
        """From which score on a label is called present; None where nothing was chosen."""
        at = {(one.label, one.level): one.point for one in self.thresholds}
        return at.get((label, level))

    def calibration(self, label: str, level: TaskLevel) -> Calibration | None:
        """From score to probability; None where the score is all there is."""
        at = {(one.label, one.level): one for one in self.calibrations}
        return at.get((label, level))

    @property
    def pipeline(self) -> Pipeline:
        """What makes frames of a scan."""
        return self.task.steps


def _check_places(places: list[tuple[str, TaskLevel]], task: Task) -> None:
    if len(set(places)) != len(places):
        raise ValueError("a label has two thresholds or calibrations at one level")
    for label, level in places:
        if label not in task.labels or level not in LEVELS:
            raise ValueError(f"{label} by {level}: task {task.name} does not ask for it")


def manifest_text(manifest: Manifest) -> str:
    """manifest.json; ``parse_manifest`` reads it back."""
    return json.dumps(as_dict(manifest), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def as_dict(manifest: Manifest) -> dict[str, object]:
    """Plain values, ready for JSON."""
    return {
        "format": FORMAT,
        "format_version": VERSION,
        "name": manifest.name,
        "version": manifest.version,
        "task": _task(manifest.task),
        "pipeline": manifest.pipeline.as_dict(),
        "pipeline_sha256": manifest.pipeline.sha256,
        "standardize": step_as_dict(manifest.standardize) if manifest.standardize else None,
        "graph": {
            "input": manifest.graph.input,
            "channels": list(manifest.graph.channels),
            "rows": manifest.graph.rows,
            "columns": manifest.graph.columns,
            "outputs": dict(manifest.graph.outputs),
        },
        "thresholds": [
            {"label": one.label, "level": one.level, **asdict(one.point)}
            for one in manifest.thresholds
        ],
        "calibrations": [
            {
                "label": one.label,
                "level": one.level,
                "fitted_on": one.fitted_on,
                "scaling": scaling_as_dict(one.scaling),
            }
            for one in manifest.calibrations
        ],
        "neighbours": manifest.neighbours,
        "beside": None if manifest.beside is None else asdict(manifest.beside),
        "mask_probability": manifest.mask_probability,
        "training": dict(manifest.training),
        "sources": [asdict(source) for source in manifest.sources],
        "backends": list(manifest.backends),
    }


def scaling_as_dict(scaling: Scaling) -> dict[str, object]:
    """A calibration as plain values."""
    if isinstance(scaling, Temperature):
        return {"kind": "temperature", "temperature": scaling.temperature}
    if isinstance(scaling, Logistic):
        return {"kind": "logistic", "slope": scaling.slope, "intercept": scaling.intercept}
    if isinstance(scaling, Isotonic):
        return {"kind": "isotonic", "x": list(scaling.x), "y": list(scaling.y)}
    raise TypeError(f"no way to write a {type(scaling).__name__}")


def _task(task: Task) -> dict[str, object]:
    return {
        "name": task.name,
        "title": task.title,
        "labels": [
            {"label": label, "scheme": code.scheme, "code": code.value, "meaning": code.meaning}
            for label, code in zip(task.labels, task.codes, strict=True)
        ],
        "level": task.level,
        "aggregation": task.aggregation,
        "rule": task.rule,
        "has_masks": task.has_masks,
        "has_volume": task.has_volume,
    }
