"""manifest.json, read strictly: names that are known, values of their kind, and nothing else."""

from collections.abc import Mapping

from headct.cohort.strict_json import (
    kind_of,
    list_of,
    load,
    number_of,
    object_of,
    text_of,
    texts_of,
    whole_of,
)
from headct.core.codes import FINDING_CODES
from headct.core.errors import BundleError, CohortError
from headct.core.labels import check_label
from headct.core.record import Argument
from headct.image.intensity import Standardize
from headct.image.pipeline import Pipeline, parse_pipeline, parse_step
from headct.measure.calibration.stored import Isotonic, Logistic, Scaling, Temperature
from headct.measure.curves.operating import OperatingPoint
from headct.predict.beside import Beside
from headct.predict.bundle.manifest import (
    FORMAT,
    VERSION,
    Calibration,
    Graph,
    Manifest,
    Source,
    Threshold,
)
from headct.predict.classical import VERSION as VERSION_OF_FINDER
from headct.tasks.task import LEVELS, Task, TaskLevel

_KEYS = (
    *("format", "format_version", "name", "version", "task", "pipeline", "pipeline_sha256"),
    *("standardize", "graph", "thresholds", "calibrations", "neighbours", "beside"),
    *("mask_probability", "training", "sources", "backends"),
)
_TASK = (*("name", "title", "labels", "level", "aggregation", "rule", "has_masks", "has_volume"),)
_LABEL = ("label", "scheme", "code", "meaning")
_GRAPH = ("input", "channels", "rows", "columns", "outputs")
_THRESHOLD = ("label", "level", "threshold", "rule", "chosen_on", "note")
_CALIBRATION = ("label", "level", "fitted_on", "scaling")
_SOURCE = ("name", "use", "licence", "attribution")


def parse_manifest(stored: bytes, where: str) -> Manifest:
    """What a bundle says of itself.

    Raises:
        BundleError: it is not what it must be; with the place.
    """
    try:
        content = load(stored.decode("utf-8"), where)
        _check_version(content, where)
        return _manifest(object_of(content, _KEYS, where), where)
    except RecursionError as error:
        raise BundleError(f"{where}: objects lie in objects without end") from error
    except UnicodeDecodeError as error:
        raise BundleError(f"{where}: it is not UTF-8") from error
    except CohortError as error:
        raise BundleError(str(error)) from error
    except ValueError as error:
        raise BundleError(f"{where}: {error}") from error


def _check_version(content: Mapping[str, object], where: str) -> None:
    if content.get("format") != FORMAT:
        raise BundleError(f"{where}: expected format {FORMAT!r}, got another: give a bundle")
    version = content.get("format_version")
    if version != VERSION or isinstance(version, bool):
        raise BundleError(
            f"{where}: this headct reads version {VERSION} of the format, the bundle is of another "
            f"({version!r}): take the headct that goes with it, or a bundle made anew"
        )


def _manifest(content: Mapping[str, object], where: str) -> Manifest:
    pipeline = _pipeline(content, where)
    return Manifest(
        name=text_of(content["name"], f"{where}, name"),
        version=text_of(content["version"], f"{where}, version"),
        task=_task(content["task"], pipeline, f"{where}, task"),
        graph=_graph(content["graph"], f"{where}, graph"),
        thresholds=tuple(
            _threshold(entry, f"{where}, threshold {place}")
            for place, entry in enumerate(list_of(content["thresholds"], where), 1)
        ),
        calibrations=tuple(
            _calibration(entry, f"{where}, calibration {place}")
            for place, entry in enumerate(list_of(content["calibrations"], where), 1)
        ),
        neighbours=number_of(content["neighbours"], f"{where}, neighbours"),
        beside=_beside(content["beside"], f"{where}, beside"),
        standardize=_standardize(content["standardize"], where),
        mask_probability=number_of(content["mask_probability"], f"{where}, mask_probability"),
        training=_training(content["training"], f"{where}, training"),
        sources=tuple(
            _source(entry, f"{where}, source {place}")
            for place, entry in enumerate(list_of(content["sources"], where), 1)
        ),
        backends=texts_of(content["backends"], f"{where}, backends"),
    )


def _pipeline(content: Mapping[str, object], where: str) -> Pipeline:
    """The pipeline, if it does here what it did where the bundle was made."""
    pipeline = parse_pipeline(content["pipeline"])
    if content["pipeline_sha256"] != pipeline.sha256:
        raise BundleError(
            f"{where}: pipeline {pipeline.name} is read as another here than it was written: a "
            "step has changed since, or the manifest was edited; take the headct that goes with "
            "the bundle, or a bundle made anew"
        )
    return pipeline


def _standardize(entry: object, where: str) -> Standardize | None:
    if entry is None:
        return None
    step = parse_step(entry)
    if not isinstance(step, Standardize):
        raise BundleError(f"{where}, standardize: expected the step Standardize")
    return step


def _task(entry: object, pipeline: Pipeline, where: str) -> Task:
    content = object_of(entry, _TASK, where)
    return Task(
        name=text_of(content["name"], f"{where}, name"),
        title=text_of(content["title"], f"{where}, title"),
        labels=tuple(
            _label(one, f"{where}, label {place}")
            for place, one in enumerate(list_of(content["labels"], f"{where}, labels"), 1)
        ),
        level=_level(content["level"], where),
        pipeline=pipeline,
        aggregation=text_of(content["aggregation"], f"{where}, aggregation"),
        rule=text_of(content["rule"], f"{where}, rule"),
        has_masks=_flag(content["has_masks"], f"{where}, has_masks"),
        has_volume=_flag(content["has_volume"], f"{where}, has_volume"),
    )


def _label(entry: object, where: str) -> str:
    """A label, if its code is the one that reports would give it."""
    content = object_of(entry, _LABEL, where)
    name = check_label(text_of(content["label"], where))
    code = FINDING_CODES[name]
    if (content["scheme"], content["code"]) != (code.scheme, code.value):
        raise BundleError(
            f"{where}: {name} has another code than here ({code.scheme} {code.value}): reports "
            "would say another thing than the bundle; take the headct that goes with it"
        )
    return name


def _level(value: object, where: str) -> TaskLevel:
    if value not in LEVELS:
        raise BundleError(f"{where}: expected level slice or patient, got {kind_of(value)}")
    return value


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise BundleError(f"{where}: expected true or false, got {kind_of(value)}")
    return value


def _graph(entry: object, where: str) -> Graph:
    content = object_of(entry, _GRAPH, where)
    outputs = content["outputs"]
    if not isinstance(outputs, dict) or not outputs:
        raise BundleError(f"{where}, outputs: expected names by meaning, got {kind_of(outputs)}")
    return Graph(
        input=text_of(content["input"], f"{where}, input"),
        channels=texts_of(content["channels"], f"{where}, channels"),
        rows=whole_of(content["rows"], f"{where}, rows"),
        columns=whole_of(content["columns"], f"{where}, columns"),
        outputs=tuple(
            (meaning, text_of(name, f"{where}, output {place}"))
            for place, (meaning, name) in enumerate(outputs.items(), 1)
        ),
    )


def _threshold(entry: object, where: str) -> Threshold:
    content = object_of(entry, _THRESHOLD, where)
    threshold, note = content["threshold"], content["note"]
    point = OperatingPoint(
        threshold=None if threshold is None else number_of(threshold, where),
        rule=text_of(content["rule"], f"{where}, rule"),
        chosen_on=text_of(content["chosen_on"], f"{where}, chosen_on"),
        note="" if note == "" else text_of(note, f"{where}, note"),
    )
    return Threshold(text_of(content["label"], where), _level(content["level"], where), point)


def _calibration(entry: object, where: str) -> Calibration:
    content = object_of(entry, _CALIBRATION, where)
    return Calibration(
        label=text_of(content["label"], where),
        level=_level(content["level"], where),
        scaling=_scaling(content["scaling"], f"{where}, scaling"),
        fitted_on=text_of(content["fitted_on"], f"{where}, fitted_on"),
    )


def _scaling(entry: object, where: str) -> Scaling:
    kind = entry.get("kind") if isinstance(entry, dict) else None
    if kind == "temperature":
        content = object_of(entry, ("kind", "temperature"), where)
        return Temperature(number_of(content["temperature"], where))
    if kind == "logistic":
        content = object_of(entry, ("kind", "slope", "intercept"), where)
        return Logistic(number_of(content["slope"], where), number_of(content["intercept"], where))
    if kind == "isotonic":
        content = object_of(entry, ("kind", "x", "y"), where)
        x, y = (
            tuple(number_of(one, f"{where}, {axis}") for one in list_of(content[axis], where))
            for axis in ("x", "y")
        )
        return Isotonic(x, y)
    raise BundleError(f"{where}: expected kind temperature, logistic or isotonic")


def _beside(entry: object, where: str) -> Beside | None:
    """How the finder's marks count, if the finder here is the one they were fitted to."""
    if entry is None:
        return None
    content = object_of(entry, ("weight", "version"), where)
    version = text_of(content["version"], f"{where}, version")
    if version != VERSION_OF_FINDER:
        raise BundleError(
            f"{where}: fitted to version {version} of the classical finder, and here it is version "
            f"{VERSION_OF_FINDER}: take the headct that goes with the bundle, or a bundle made anew"
        )
    return Beside(number_of(content["weight"], f"{where}, weight"), version)


def _source(entry: object, where: str) -> Source:
    content = object_of(entry, _SOURCE, where)
    return Source(*(text_of(content[key], f"{where}, {key}") for key in _SOURCE))


def _training(entry: object, where: str) -> dict[str, Argument]:
    """Plain values by name."""
    if not isinstance(entry, dict):
        raise BundleError(f"{where}: expected an object, got {kind_of(entry)}")
    read: dict[str, Argument] = {}
    for key, value in entry.items():
        if not isinstance(value, str | int | float | bool | None):
            raise BundleError(f"{where}: expected plain values, got {kind_of(value)}")
        read[key] = value
    return read
