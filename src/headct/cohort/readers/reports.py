"""A report's text → whether it states a finding, denies it, or leaves it to a person.

The method is NegEx with scopes (Chapman et al., J Biomed Inform 2001;34:301; Harkema et al., J
Biomed Inform 2009;42:839): every mention of a finding is stated, denied, doubted or an aside, by
the terms around it. The terms are one table, ``report_rules.csv``, in Slovak and English.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from headct.cohort.readers.report_rules import (
    AHEAD,
    BEHIND,
    BOTH,
    NOMINATIVE,
    Mark,
    Role,
    Rules,
    Segment,
)
from headct.cohort.readers.sentences import sentences

_NEW_CLAUSE = (Role.AFFIRM, Role.TURN)
# Behind a comma, or behind "and".
_NEW_ITEM = (Role.GRADE, Role.QUALITY)
_NOR = ("nor", "ani")


class Says(Enum):
    """What one mention of a finding says."""

    STATED = "stated"
    DENIED = "denied"
    DOUBTED = "doubted"
    ASIDE = "said of something else than this scan"


@dataclass(frozen=True)
class Verdict:
    """What a report says of one label.

    Args:
        value: True stated, False denied, None for a person to decide.
        quoted: the sentences that decided it, or that could not; empty where it is not mentioned.
        reason: why it was not decided; safe to print.
    """

    value: bool | None
    quoted: str = ""
    reason: str = ""


@dataclass(frozen=True)
class _Mention:
    """A finding named in a segment; for one of a site the place of its sign."""

    segment: int
    mark: Mark
    is_normal: bool = False
    is_other: bool = False


def decide(text: str, label: str, rules: Rules) -> Verdict:
    """Read a report for one label.

    A report that states and denies it, only doubts it, or names it only aside, is not decided.
    """
    found: list[tuple[Says, str]] = []
    for sentence in sentences(text):
        said = _said(rules.segments(sentence), label)
        if said is not None:
            found.append((said, sentence))
    kinds = {said for said, _ in found}
    if not found:
        return Verdict(None, reason="the report does not mention it")
    if Says.STATED in kinds and Says.DENIED not in kinds:
        return Verdict(True, _quote(found, Says.STATED))
    if kinds <= {Says.DENIED, Says.ASIDE} and Says.DENIED in kinds:
        return Verdict(False, _quote(found, Says.DENIED))
    if kinds == {Says.ASIDE}:
        return Verdict(None, _quote(found), "the report names it only aside")
    if Says.STATED in kinds:
        return Verdict(None, _quote(found), "the report states it and denies it")
    return Verdict(None, _quote(found), "the report neither states nor denies it")


def _quote(found: Sequence[tuple[Says, str]], *kinds: Says) -> str:
    return ". ".join(sentence for said, sentence in found if not kinds or said in kinds)


def _said(segments: Sequence[Segment], label: str) -> Says | None:
    """What a sentence says of a label: of several mentions a doubt weighs most."""
    said = {_weigh(segments, mention) for mention in _mentions(segments, label)}
    if Says.DOUBTED in said or {Says.STATED, Says.DENIED} <= said:
        return Says.DOUBTED
    return next((one for one in (Says.STATED, Says.DENIED, Says.ASIDE) if one in said), None)


def _mentions(segments: Sequence[Segment], label: str) -> Iterator[_Mention]:
    site_before = False
    for index, segment in enumerate(segments):
        findings = [m for m in segment.marks if m.role is Role.FINDING and m.rule.label == label]
        yield from (_Mention(index, mark) for mark in findings)
        is_site = any(m.role is Role.SITE and m.rule.label == label for m in segment.marks)
        # "White matter: normal." - what follows a colon is said of what stands before it.
        if is_site or (segment.opened_by == ":" and site_before):
            for mark in segment.marks:
                if mark.role is Role.SIGN and not findings:
                    yield _Mention(index, mark, is_other=_has_cause(segment))
                elif mark.role is Role.NORMAL and not (findings or segment.has(Role.SIGN)):
                    yield _Mention(index, mark, is_normal=True)
        site_before = is_site


def _has_cause(segment: Segment) -> bool:
    """Whether another cause of the sign is stated beside it."""
    return any(
        mark.role is Role.CAUSE and not segment.has(Role.NOT, end=mark.start)
        for mark in segment.marks
    )


def _weigh(segments: Sequence[Segment], mention: _Mention) -> Says:
    own, mark = segments[mention.segment], mention.mark
    if _covered(own, mark, Role.ASIDE) or _is_headed_aside(segments, mention):
        return Says.ASIDE
    behind = _denied_by_later(own, mark)
    if _covered(own, mark, Role.DOUBT) and behind is not Says.DENIED:
        return Says.DOUBTED
    denied = (
        _denied_by_earlier(own, mark)
        or behind
        or _denied_before(segments, mention)
        or _denied_behind(segments, mention)
        or Says.STATED
    )
    if mention.is_other:
        return Says.DENIED if denied is Says.DENIED else Says.DOUBTED
    if mention.is_normal and denied is not Says.DOUBTED:
        return Says.DENIED if denied is Says.STATED else Says.DOUBTED
    return denied


def _covered(own: Segment, mark: Mark, role: Role) -> bool:
    """Whether a directed term of a role covers a mention of the same segment."""
    for term in own.marks:
        if term.role is not role:
            continue
        if term.end <= mark.start and term.rule.form != BEHIND:
            between = (term.end, mark.start)
        elif term.start >= mark.end and term.rule.form != AHEAD:
            between = (mark.end, term.start)
        else:
            continue
        if role is Role.ASIDE or not own.has(Role.TURN, start=between[0], end=between[1]):
            return True
    return False


def _is_headed_aside(segments: Sequence[Segment], mention: _Mention) -> bool:
    """Whether it stands under a heading such as "Indication:" or "Family history:"."""
    return any(
        later.opened_by == ":" and earlier.has(Role.ASIDE)
        for earlier, later in pairwise(segments[: mention.segment + 1])
    )


def _denied_by_earlier(own: Segment, mark: Mark) -> Says | None:
    """By a negation before it in the same segment; STATED where that speaks of something else."""
    for term in reversed(own.marks):
        if term.role is Role.NOT and term.end <= mark.start and term.rule.form != BEHIND:
            if own.has(*_NEW_CLAUSE, start=term.end, end=mark.start):
                return None
            return _between(own, term, mark)
    return None


def _denied_by_later(own: Segment, mark: Mark) -> Says | None:
    """By a negation behind it in the same segment."""
    for term in own.marks:
        if term.role is Role.NOT and term.start >= mark.end and term.rule.form != AHEAD:
            if own.has(*_NEW_CLAUSE, start=mark.end, end=term.start):
                return None
            is_list = _is_list(own, mark.end, term.start)
            return Says.DOUBTED if is_list and own.has(*_NEW_ITEM, end=mark.start) else Says.DENIED
    return None


def _between(own: Segment, term: Mark, mark: Mark) -> Says:
    """What a negation does to a mention behind it: words between them may begin something new."""
    follows = own.words[mark.end :].strip()
    course = next((m for m in own.marks if m.role is Role.COURSE and m.start > mark.end), None)
    if course is not None and own.words[mark.end : course.start].strip() == "":
        return Says.STATED
    joints = [m for m in own.marks if m.role is Role.LIST and term.end <= m.start < mark.start]
    last = joints[-1].end if joints else term.end
    is_new = own.has(*_NEW_ITEM, start=last, end=mark.start)
    if joints and term.rule.form == BOTH and own.words[: term.start].strip():
        return Says.STATED  # the verb has denied what stands before it
    if joints and (is_new or mark.rule.form == NOMINATIVE) and not _denies(joints[-1]):
        return Says.STATED
    if own.has(Role.GRADE, start=last, end=mark.start):
        # "No significant leukoaraiosis" may leave a slight one.
        return Says.DOUBTED
    if joints and joints[-1].rule.term in {"and", "a"} and own.has(Role.AFFIRM, start=mark.end):
        return Says.DOUBTED if follows else Says.DENIED
    return Says.DENIED


def _is_list(segment: Segment, start: int = 0, end: int | None = None) -> bool:
    """Whether items are joined between two characters; "nor" joins and denies at once."""
    last = len(segment.words) if end is None else end
    return any(
        start <= m.start and m.end <= last and (m.role is Role.LIST or m.rule.term in _NOR)
        for m in segment.marks
    )


def _denies(joint: Mark) -> bool:
    """Whether a joint goes on with a negation: "or" and "nor" do, "and" may begin a clause."""
    return joint.rule.term in {"or", "alebo", "ci", "and or"}


def _denied_before(segments: Sequence[Segment], mention: _Mention) -> Says | None:
    """By a negation of an earlier segment, where a list goes on over the commas."""
    mark = mention.mark
    for index in range(mention.segment - 1, -1, -1):
        later = segments[index + 1 : mention.segment + 1]
        if any(s.opened_by != "," or s.has(*_NEW_CLAUSE, *_NEW_ITEM) for s in later):
            return None
        earlier = segments[index]
        for term in reversed(earlier.marks):
            if term.role is not Role.NOT or term.rule.form == BEHIND:
                continue
            if term.rule.form == BOTH and " " in earlier.words[: term.start].strip():
                return None  # the verb has denied what stands before it
            if earlier.has(*_NEW_CLAUSE, start=term.end) or mark.rule.form == NOMINATIVE:
                return None
            if term.rule.language == "sk":
                return Says.DENIED
            rest = segments[index : mention.segment + 2]
            return Says.DENIED if any(_is_list(s) for s in rest) else Says.DOUBTED
    return None


def _denied_behind(segments: Sequence[Segment], mention: _Mention) -> Says | None:
    """By a negation of a later segment, where a list or an insertion leads up to it."""
    own = segments[mention.segment]
    if own.has(*_NEW_CLAUSE, start=mention.mark.end) or own.has(*_NEW_ITEM, end=mention.mark.start):
        return None
    is_list = False
    for later in segments[mention.segment + 1 :]:
        term = next((m for m in later.marks if m.role is Role.NOT and m.rule.form != AHEAD), None)
        end = len(later.words) if term is None else term.start
        if later.has(*_NEW_CLAUSE, *_NEW_ITEM, end=end):
            return None
        is_list = is_list or _is_list(later, 0, end)
        if term is not None:
            return Says.DENIED if is_list or term.start == 0 else None
    return None
