"""The table of words that reports are read by, and where they stand in a sentence."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from headct.cohort.tables import read_rows
from headct.core.errors import CohortError
from headct.core.labels import check_label
from headct.dicom.words import fold

COLUMNS = ("role", "form", "language", "label", "term")
NOMINATIVE = "nominative"


class Role(StrEnum):
    """What a term does to the sentence it stands in."""

    FINDING = "finding"
    """Names what is looked for, all by itself."""
    SITE = "site"
    """Where it would be; counts with a sign or ``normal`` beside it."""
    SIGN = "sign"
    """What would be seen there; counts with a site beside it."""
    NORMAL = "normal"
    """Says of a site beside it that there is nothing."""
    NOT = "not"
    DOUBT = "doubt"
    """Neither stated nor denied."""
    ASIDE = "aside"
    """Not about this scan: history, family, advice, the question asked."""
    AFFIRM = "affirm"
    """States what is beside it, and ends what an earlier negation covers."""
    GRADE = "grade"
    """How much of it; behind a comma it begins something new, and "no marked X" leaves a doubt."""
    QUALITY = "quality"
    """Of what kind it is; behind a comma it begins something new."""
    TURN = "turn"
    """Ends what an earlier negation covers: but, with, except."""
    LIST = "list"
    """Joins the items of a list: or, nor, and."""
    COURSE = "course"
    """Behind a finding it is what a negation speaks of: no leukoaraiosis *progression*."""
    CAUSE = "cause"
    """Another explanation of a sign at a site."""
    PLAIN = "plain"
    """Holds words of other roles and means nothing here: without contrast, no progression."""


BOTH, AHEAD, BEHIND = "<>", ">", "<"
# Which forms each role may have; a term covers what follows it (>), what is before it, or both.
_DIRECTED = (Role.NOT, Role.DOUBT, Role.ASIDE)
_OF_A_LABEL = (Role.FINDING, Role.SITE)


@dataclass(frozen=True)
class Rule:
    """One line of the table.

    Args:
        role: what its term does.
        form: what a directed term covers; ``nominative`` for a finding in that case alone.
        language: ``sk`` or ``en``; empty for both.
        label: of a finding or a site.
        term: folded words; ``*`` leaves an ending open.
    """

    role: Role
    form: str
    language: str
    label: str
    term: str


@dataclass(frozen=True)
class Mark:
    """A term found in a segment: from which character to which, and its rule."""

    start: int
    end: int
    rule: Rule

    @property
    def role(self) -> Role:
        """What it does."""
        return self.rule.role


@dataclass(frozen=True)
class Segment:
    """Words between two separators.

    Args:
        words: folded, one blank between them.
        marks: the terms in it, in order, none over another.
        opened_by: the separator before it: a comma, a colon, a bracket; empty at the start.
    """

    words: str
    marks: tuple[Mark, ...]
    opened_by: str = ""

    def has(self, *roles: Role, start: int = 0, end: int | None = None) -> bool:
        """Whether a term of these roles lies between two characters."""
        last = len(self.words) if end is None else end
        return any(m.role in roles and start <= m.start and m.end <= last for m in self.marks)


class Rules:
    """Every rule, ready to be looked for at once: at each place the longest term wins."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        by_letter: dict[str, list[Rule]] = {}
        for rule in sorted(rules, key=lambda rule: -len(rule.term.replace("*", ""))):
            by_letter.setdefault(rule.term[0], []).append(rule)
        # One pattern a letter: one for all, at every word, would be 20 times as slow.
        self._by_letter = {
            letter: (tuple(some), re.compile(_any_of(some))) for letter, some in by_letter.items()
        }

    def segments(self, sentence: str) -> tuple[Segment, ...]:
        """A sentence taken apart at commas, colons, brackets and dashes."""
        pieces = re.split(r"\s*([,:()\[\]]|\s-+\s|[\u2013\u2014])\s*", sentence)
        found = []
        for separator, piece in zip(["", *pieces[1::2]], pieces[::2], strict=True):
            words = _words(piece)
            if words:
                found.append(Segment(words, self._marks(words), separator.strip()))
        return tuple(found)

    def _marks(self, words: str) -> tuple[Mark, ...]:
        marks = []
        start = 0
        while 0 <= start < len(words):
            rules, pattern = self._by_letter.get(words[start], ((), None))
            found = None if pattern is None else pattern.match(words, start)
            if found is not None:
                marks.append(Mark(start, found.end(), rules[(found.lastindex or 1) - 1]))
            blank = words.find(" ", start if found is None else found.end())
            start = blank + 1 if blank >= 0 else -1
        return tuple(marks)


def _any_of(rules: Sequence[Rule]) -> str:
    return rf"(?:{'|'.join(f'({_pattern(rule.term)})' for rule in rules)})(?!\S)"


def _words(piece: str) -> str:
    """Folded words; a question mark stays, as it makes a doubt of what it stands beside."""
    parts = re.split(r"(\?+)", piece)
    return " ".join(filter(None, ("?" if part.startswith("?") else fold(part) for part in parts)))


def _pattern(term: str) -> str:
    return re.escape(term).replace(r"\*", r"\w*").replace(r"\ ", " ")


@lru_cache(maxsize=8)
def read_rules(path: Path | None = None) -> Rules:
    """The rules of a table with columns role, form, language, label, term; None for ours.

    Raises:
        CohortError: a line is not a rule; the message gives file and line.
    """
    if path is None:
        with (
            files("headct.cohort.readers")
            .joinpath("report_rules.csv")
            .open(encoding="utf-8") as file
        ):
            return Rules(tuple(_rule(dict(row)) for row in csv.DictReader(file)))
    rules = []
    for row in read_rows(path, COLUMNS):
        try:
            rules.append(_rule(dict(row.cells)))
        except ValueError as error:
            raise row.error(str(error)) from error
    if not any(rule.role in _OF_A_LABEL for rule in rules):
        raise CohortError(f"{path.name} names no finding: nothing could be decided by it")
    return Rules(tuple(rules))


def _rule(cells: dict[str, str]) -> Rule:
    if cells["role"] not in {role.value for role in Role}:
        raise ValueError(f"unknown role: expected one of {', '.join(Role)}")
    role, form, label = Role(cells["role"]), cells["form"], cells["label"]
    forms = (AHEAD, BEHIND, BOTH) if role in _DIRECTED else ("", NOMINATIVE)
    if form not in forms:
        raise ValueError(f"the form of {role} is one of {', '.join(map(repr, forms))}")
    if role in _OF_A_LABEL:
        check_label(label)
    elif label:
        raise ValueError(f"a {role} has no label: only findings and sites have one")
    if cells["language"] not in ("", "sk", "en"):
        raise ValueError("the language is sk, en or empty for both")
    term = " ".join(_fold_word(word) for word in cells["term"].split())
    if not term.strip("* "):
        raise ValueError("the term is empty")
    return Rule(role, form, cells["language"], label, term)


def _fold_word(word: str) -> str:
    if word == "?":
        return word
    return fold(word.removesuffix("*")) + ("*" if word.endswith("*") else "")
