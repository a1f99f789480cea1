"""A report as it was dictated → its sentences, without names of physicians."""

import re
from collections.abc import Iterator

from headct.dicom.words import fold

_TITLES = r"(?:MUDr|MDDr|MVDr|PhDr|RNDr|JUDr|doc|Doc|prof|Prof|Dr|dr|Ing|Mgr|Bc)"
# A name is up to three words with capitals or initials, and academic degrees behind them.
_NAME = re.compile(
    rf"\b{_TITLES}\b\.?(?:\s*{_TITLES}\b\.?)*(?:\s+[^\W\d_a-záäčďéíĺľňóôŕšťúýž][\w'\u2019-]*\.?){{0,3}}"
    r"(?:,?\s*(?:PhD|CSc|DrSc|MPH|MBA|MD)\b\.?)*"
)
_HIDDEN = "[name]"
# A stem as long as this is not an everyday word by chance.
_LEAST_STEM = 4

# What a dot behind ends no sentence.
_SHORT = frozenset(
    (
        *("v", "s", "dif", "dg", "susp", "st", "p", "t", "c", "č", "tzv", "napr", "cca", "ca"),
        *("resp", "obj", "r", "tj", "bil", "dx", "sin", "kl", "l", "str", "vpr", "vľ"),
        *("vs", "approx", "e", "g", "i", "eg", "ie", "ev"),
        *("mudr", "mddr", "phdr", "dr", "doc", "prof", "mgr", "ing"),
    )
)
_END = re.compile(r"([.!?;])\s+|\n+")


def sentences(text: str) -> Iterator[str]:
    """Sentences, and half sentences at semicolons, without the sign at their end.

    A line that goes on in small letters is the same sentence; dots of abbreviations end none.
    """
    text = re.sub(r"(?<![.!?:;\n])[ \t]*\n[ \t]*(?=[a-záäčďéíĺľňóôŕšťúýž])", " ", text)
    begin = 0
    for end in _END.finditer(text):
        if not _ends(text, begin, end):
            continue
        yield from _clean(text[begin : end.end()])
        begin = end.end()
    yield from _clean(text[begin:])


def _ends(text: str, begin: int, end: re.Match[str]) -> bool:
    mark, following = end[1], text[end.end() : end.end() + 1]
    if mark is None or mark in "!;":
        return True
    before = re.search(r"(\w+)$", text[begin : end.start()])
    if mark == "." and before and before[1].lower() in _SHORT:
        return False
    # Who dictates in small letters ends sentences with words longer than an abbreviation.
    return not following.islower() or (before is not None and len(before[1]) > 4)


def _clean(piece: str) -> Iterator[str]:
    told = re.sub(r"\s+", " ", piece).strip(" .;!\t\n")
    if told:
        yield told


def hide_names(text: str, physician: str = "") -> str:
    """A quotation without physicians: titles with the names behind them, and words of a field.

    Args:
        text: what is quoted.
        physician: what the report's own field on the physician says; its words are taken out in
            whatever case they stand.
    """
    text = _NAME.sub(_HIDDEN, text)
    stems = [_stem(word) for word in fold(physician).split() if len(word) >= _LEAST_STEM]
    if not stems:
        return text

    def hide(found: re.Match[str]) -> str:
        folded = fold(found[0])
        return _HIDDEN if any(folded.startswith(stem) for stem in stems) else found[0]

    return re.sub(r"[^\W\d_]+", hide, text)


def _stem(word: str) -> str:
    """A word without the ending that a Slovak case changes."""
    return word[: max(_LEAST_STEM, len(word) - 2)]
