"""fit.json: what was fitted for the rounds of a split; names it, and is read strictly.

Steps are read against the table of steps; nothing in the file is ever evaluated.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from headct.cohort.fitting.fit import Fit, Fitted, split_sha256
from headct.cohort.fitting.kernel import Candidate, KernelSearch
from headct.cohort.splitting.rounds import TRAIN, Split
from headct.cohort.store.header import write_whole
from headct.cohort.strict_json import (
    check_format,
    list_of,
    load,
    number_of,
    object_of,
    read_text,
    text_of,
    texts_of,
    whole_of,
)
from headct.core.errors import CohortError, OutputError
from headct.image.intensity import Standardize
from headct.image.pipeline import parse_pipeline, parse_step, step_as_dict

FORMAT, VERSION = "headct fit", 1
_KEYS = ("format", "version", "split_sha256", "rounds")
_ROUND = ("name", "training_patients", "pipeline", "kernel", "standardize")
_KERNEL = ("by", "studies", "refused", "sigma_mm", "candidates")
_CANDIDATE = ("sigma_mm", "auc", "error")


def write_fit(fit: Fit, path: Path) -> None:
    """Write fit.json, whole or not at all, over an earlier one.

    Raises:
        OutputError: it cannot be written.
    """
    content = {
        "format": FORMAT,
        "version": VERSION,
        "split_sha256": fit.split_sha256,
        "rounds": [
            {
                "name": one.name,
                "training_patients": one.patients,
                "pipeline": one.pipeline.as_dict(),
                "kernel": _kernel_as_dict(one.kernel),
                "standardize": step_as_dict(one.standardize) if one.standardize else None,
            }
            for one in fit.rounds
        ],
    }
    text = json.dumps(content, indent=1) + "\n"
    try:
        write_whole(path, lambda file: file.write(text))
    except OSError as error:
        raise OutputError(f"cannot write {path.name}: {error.strerror or error}") from error


def read_fit(path: Path, split: Split) -> Fit:
    """Read fit.json; an empty one where there is none yet.

    Raises:
        CohortError: it is not what it must be, or was fitted on another split.
    """
    if not path.exists():
        return Fit(split_sha256(split))
    return parse_fit(read_text(path, "fit again"), split, path.name)


def parse_fit(text: str, split: Split, where: str = "fit.json") -> Fit:
    """What was fitted, from JSON.

    Raises:
        CohortError: it is not what it must be, or was fitted on another split.
    """
    content = load(text, where)
    check_format(content, (FORMAT, VERSION), _KEYS, where)
    if content["split_sha256"] != split_sha256(split):
        raise CohortError(
            f"{where}: fitted on another split: its values may have seen this one's test patients; "
            "give the split it belongs to, or another file"
        )
    rounds = []
    for number, one in enumerate(list_of(content["rounds"], f"{where}: rounds"), start=1):
        at = f"{where}: rounds, entry {number}"
        fitted = _parse_round(object_of(one, _ROUND, at), at)
        if len(split.round(fitted.name).parts[TRAIN]) != fitted.patients:
            raise CohortError(f"{at}: training_patients differ from the split's: fit again")
        rounds.append(fitted)
    if len({one.name for one in rounds}) != len(rounds):
        raise CohortError(f"{where}: a round stands twice; leave one of them")
    return Fit(split_sha256(split), tuple(rounds))


def _parse_round(given: Mapping[str, object], at: str) -> Fitted:
    try:
        step = given["standardize"]
        standardize = None if step is None else parse_step(step)
        if not isinstance(standardize, Standardize | None):
            raise ValueError("standardize: expected a Standardize step, or null")
        return Fitted(
            name=text_of(given["name"], f"{at}: name"),
            patients=whole_of(given["training_patients"], f"{at}: training_patients"),
            pipeline=parse_pipeline(given["pipeline"]),
            kernel=_parse_kernel(given["kernel"], f"{at}: kernel"),
            standardize=standardize,
        )
    except ValueError as error:
        raise CohortError(f"{at}: {error}") from error


def _kernel_as_dict(kernel: KernelSearch | None) -> dict[str, object] | None:
    if kernel is None:
        return None
    return {
        "by": kernel.by,
        "studies": kernel.studies,
        "refused": kernel.refused,
        "sigma_mm": kernel.sigma_mm,
        "candidates": [asdict(one) for one in kernel.candidates],
    }


def _parse_kernel(value: object, at: str) -> KernelSearch | None:
    if value is None:
        return None
    given = object_of(value, _KERNEL, at)
    candidates = [
        object_of(one, _CANDIDATE, f"{at}: candidates, entry {number}")
        for number, one in enumerate(list_of(given["candidates"], f"{at}: candidates"), start=1)
    ]
    return KernelSearch(
        by=text_of(given["by"], f"{at}: by"),
        candidates=tuple(
            Candidate(
                number_of(one["sigma_mm"], f"{at}: sigma_mm"),
                number_of(one["auc"], f"{at}: auc"),
                None if one["error"] is None else number_of(one["error"], f"{at}: error"),
            )
            for one in candidates
        ),
        sigma_mm=number_of(given["sigma_mm"], f"{at}: sigma_mm"),
        studies=whole_of(given["studies"], f"{at}: studies"),
        refused=texts_of(given["refused"], f"{at}: refused"),
    )
