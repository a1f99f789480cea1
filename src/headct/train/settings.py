"""run.json: what a run was asked for, and whether it is the same that goes on."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from headct.cohort.store.header import write_whole
from headct.core.errors import OutputError, TrainError
from headct.train.plan import Plan

RUN_JSON = "run.json"
_FORMAT, _VERSION = "headct training run", 1
# Found out where the run began, and kept from there on: other roundings give other weights.
_FOUND = ("precision", "threads")
# May change on the way, or follows from the rest.
_FREE = ("record", "data", "declaration", "workers")


def read_run(folder: Path) -> Mapping[str, Any] | None:
    """What a run was asked for; None where none was begun.

    Raises:
        TrainError: run.json cannot be read, or is of another version.
    """
    path = folder / RUN_JSON
    if not path.exists():
        return None
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if (said["format"], said["version"]) != (_FORMAT, _VERSION):
            raise ValueError
        Plan(**said["plan"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainError(
            f"{RUN_JSON} cannot be read as that of a {_FORMAT} of version {_VERSION}: give a new "
            "folder as --out"
        ) from error
    return dict(said)


def write_run(asked: Mapping[str, Any], folder: Path) -> None:
    """Write run.json; OSError where there is no room."""
    said = {"format": _FORMAT, "version": _VERSION, **asked}
    text = json.dumps(said, indent=1) + "\n"
    write_whole(folder / RUN_JSON, lambda file: file.write(text))


def plan_of(there: Mapping[str, Any], plan: Plan) -> Plan:
    """The plan with what the run found out where it began."""
    return replace(
        plan,
        **{name: there["plan"][name] for name in _FOUND if getattr(plan, name) in {0, "measure"}},
    )


def check_same(there: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Refuse to go on with a run that was asked for something else.

    Raises:
        OutputError: in what they differ.
    """
    now = json.loads(json.dumps(asked))
    apart = []
    for name, value in now.items():
        if name in _FREE or there.get(name) == value:
            continue
        if isinstance(value, dict) and isinstance(there.get(name), dict):
            inner = there[name]
            apart += [
                f"{one} {inner.get(one)} there, {value.get(one)} here"
                for one in sorted({*value, *inner}.difference(_FREE))
                if value.get(one) != inner.get(one)
            ]
        else:
            apart.append(f"{name} {_short(there.get(name))} there, {_short(value)} here")
    if apart:
        raise OutputError(
            f"the folder holds another run ({'; '.join(apart)}): give a new folder as --out, or "
            "ask for the same to go on"
        )


def _short(value: object) -> str:
    if isinstance(value, list):
        return f"of {len(value)}" if value and isinstance(value[0], dict) else ", ".join(value)
    return str(value)
