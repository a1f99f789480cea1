"""split.json: written once, and read strictly, as a leak would come in by a slip in it."""

from dataclasses import asdict
from pathlib import Path

from headct.cohort.splitting.rounds import Locked, Round, Scheme, Split
from headct.cohort.strict_json import (
    check_format,
    kind_of,
    list_of,
    load,
    object_of,
    read_text,
    text_of,
    texts_of,
    whole_of,
    write_new,
)
from headct.core.errors import CohortError
from headct.core.labels import LABELS

FORMAT, VERSION = "headct split", 1
LEAKY_FORMAT = "headct slice split that leaks patients"

_KEYS = (
    *("format", "version", "level", "cohort", "cohort_sha256", "scheme", "seed", "stratified_on"),
    *("together", "locked", "rounds"),
)


def write_split(split: Split, path: Path) -> None:
    """Write split.json. It names patients: it is the cohort's own file, not for publication.

    Raises:
        OutputError: it cannot be written, or is there already.
    """
    write_new(
        path,
        {
            "format": FORMAT,
            "version": VERSION,
            "level": "patient",
            "cohort": split.cohort,
            "cohort_sha256": split.sha256,
            "scheme": asdict(split.scheme),
            "seed": split.seed,
            "stratified_on": split.labels,
            "together": split.together,
            "locked": asdict(split.locked) if split.locked else None,
            "rounds": [{"name": one.name, "parts": dict(one.parts)} for one in split.rounds],
        },
    )


def read_split(path: Path) -> Split:
    """Read split.json.

    Raises:
        CohortError: it cannot be read, or is not what it must be; with file and place.
    """
    return parse_split(read_text(path, "run headct cohort split"), path.name)


def parse_split(text: str, where: str = "split.json") -> Split:
    """The split that a text holds.

    Args:
        text: JSON, as ``write_split`` writes it.
        where: the file's name, for messages.

    Raises:
        CohortError: what was expected, what came, and where; patients by their entry's number.
    """
    content = load(text, where)
    if content.get("format") == LEAKY_FORMAT:
        raise CohortError(
            f"{where} is a split by slice, which leaks patients: it is read by "
            "parse_leaky_slice_split alone, to show what leaks do"
        )
    check_format(content, (FORMAT, VERSION), _KEYS, where)
    if content["level"] != "patient":
        raise CohortError(f"{where}: level: expected 'patient'; make the split again")
    labels = texts_of(content["stratified_on"], f"{where}: stratified_on")
    if not set(labels) <= set(LABELS):
        raise CohortError(f"{where}: stratified_on: expected labels, of {', '.join(LABELS)}")
    try:
        return Split(
            cohort=text_of(content["cohort"], f"{where}: cohort"),
            sha256=text_of(content["cohort_sha256"], f"{where}: cohort_sha256"),
            scheme=_scheme(content["scheme"], f"{where}: scheme"),
            seed=whole_of(content["seed"], f"{where}: seed"),
            labels=labels,
            rounds=_rounds(content["rounds"], where),
            together=tuple(
                texts_of(group, f"{where}: together, group {number}")
                for number, group in enumerate(
                    list_of(content["together"], f"{where}: together"), 1
                )
            ),
            locked=_locked(content["locked"], f"{where}: locked"),
        )
    except CohortError as error:
        told = str(error)
        raise CohortError(told if told.startswith(where) else f"{where}: {told}") from error


def _scheme(value: object, where: str) -> Scheme:
    given = object_of(value, ("shares", "folds", "inner"), where)
    shares = list_of(given["shares"], f"{where}.shares")
    if not all(isinstance(share, int | float) for share in shares):
        raise CohortError(f"{where}.shares: expected numbers")
    try:
        return Scheme(
            tuple(float(share) for share in shares if isinstance(share, int | float)),
            whole_of(given["folds"], f"{where}.folds"),
            whole_of(given["inner"], f"{where}.inner"),
        )
    except ValueError as error:
        raise CohortError(f"{where}: {error}") from error


def _rounds(value: object, where: str) -> tuple[Round, ...]:
    rounds = []
    for number, one in enumerate(list_of(value, f"{where}: rounds"), 1):
        at = f"{where}: rounds, entry {number}"
        given = object_of(one, ("name", "parts"), at)
        if not isinstance(given["parts"], dict):
            raise CohortError(f"{at}: expected parts as an object, got {kind_of(given['parts'])}")
        parts = {
            part: texts_of(patients, f"{at}, {part}") for part, patients in given["parts"].items()
        }
        rounds.append(Round(text_of(given["name"], f"{at}, name"), parts))
    return tuple(rounds)


def _locked(value: object, where: str) -> Locked | None:
    if value is None:
        return None
    given = object_of(value, ("file", "sha256", "patients"), where)
    return Locked(
        text_of(given["file"], f"{where}.file"),
        text_of(given["sha256"], f"{where}.sha256"),
        whole_of(given["patients"], f"{where}.patients"),
    )
