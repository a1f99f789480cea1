"""What a cohort cannot say of itself, declared once in ``cohort.toml`` beside it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headct.core.errors import CohortError
from headct.core.labels import LEUKOENCEPHALOPATHY, check_label

FILE = "cohort.toml"


@dataclass(frozen=True)
class Keys:
    """What a hospital calls the parts of its reports; compared without case and accents.

    Args:
        findings: all that are there are read, in this order.
        patient: the patient's number, which must be that of the folder.
        examination: the examination's number.
        physician: never carried on; its words are taken out of what is quoted.
    """

    findings: tuple[str, ...] = (
        *("findings", "finding", "report", "text", "description", "nález", "nálezy", "popis"),
        *("text nálezu", "conclusion", "impression", "záver"),
    )
    patient: tuple[str, ...] = (
        *("id", "patient", "patient id", "patient number", "pacient", "id pacienta"),
        *("číslo pacienta",),
    )
    examination: tuple[str, ...] = (
        *("examination number", "examination", "exam number", "accession number"),
        *("číslo vyšetrenia", "vyšetrenie", "id vyšetrenia"),
    )
    physician: tuple[str, ...] = (
        *("physician", "radiologist", "doctor", "reported by", "lekár", "rádiológ", "popísal"),
        *("odosielajúci lekár", "referring physician"),
    )


@dataclass(frozen=True)
class Declaration:
    """What is declared of a cohort.

    Args:
        kind: how it is filed; empty to see for oneself.
        keys: what a hospital calls the parts of its reports.
        labels: what is looked for in reports.
        rules: a table of rules for reports in place of ours; None for ours.
        mask_names: what the values of masks stand for, from 1 up; empty where a file says it, or
            there is no doubt.
    """

    kind: str = ""
    keys: Keys = field(default_factory=Keys)
    labels: tuple[str, ...] = (LEUKOENCEPHALOPATHY,)
    rules: Path | None = None
    mask_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (*self.labels, *self.mask_names):
            check_label(name)


_KNOWN = {"kind", "keys", "labels", "rules", "mask_names"}


def read_declaration(path: Path) -> Declaration:
    """What ``cohort.toml`` says, in a cohort's folder or beside its table; all as usual without.

    Raises:
        CohortError: it cannot be read, or says something unknown.
    """
    file = (path if path.is_dir() else path.parent) / FILE
    if not file.is_file():
        return Declaration()
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        if unknown := sorted(set(said) - _KNOWN):
            raise ValueError(f"unknown key {', '.join(unknown)}: expected {', '.join(_KNOWN)}")
        rules = said.get("rules")
        return Declaration(
            kind=_text(said.get("kind", "")),
            keys=_keys(said.get("keys", {})),
            labels=_texts(said.get("labels", list(Declaration.labels))),
            rules=None if rules is None else file.parent / _text(rules),
            mask_names=_texts(said.get("mask_names", [])),
        )
    except (OSError, ValueError) as error:
        raise CohortError(f"{FILE}: {error}") from error


def _keys(said: Mapping[str, Any]) -> Keys:
    if not isinstance(said, dict) or (unknown := sorted(set(said) - set(Keys.__annotations__))):
        raise ValueError(
            f"[keys] has {unknown if isinstance(said, dict) else 'no names'}: expected "
            f"{', '.join(Keys.__annotations__)}"
        )
    return Keys(**{name: _texts(values) for name, values in said.items()})


def _text(said: Any) -> str:
    if not isinstance(said, str):
        raise ValueError(f"expected a text, got {said!r}")
    return said


def _texts(said: Any) -> tuple[str, ...]:
    if isinstance(said, str):
        return (said,)
    if not isinstance(said, list):
        raise ValueError(f"expected a list of texts, got {said!r}")
    return tuple(_text(one) for one in said)
