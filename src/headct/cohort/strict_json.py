"""JSON files of a cohort: written once, and read strictly; messages never show what they hold."""

import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path

from headct.core.errors import CohortError, OutputError


def write_new(path: Path, content: Mapping[str, object]) -> None:
    """Write JSON to a file that is not there yet.

    Raises:
        OutputError: it is there, or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    except FileExistsError as error:
        raise OutputError(
            f"{path.name} is there already, and nothing is overwritten: what was measured with it "
            "needs it; give another name"
        ) from error
    except OSError as error:
        raise OutputError(f"cannot write {path.name}: {error.strerror or error}") from error


def read_text(path: Path, instead: str) -> str:
    """A small text file.

    Raises:
        CohortError: it cannot be read; ``instead`` says how to make it.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise CohortError(f"{path.name} cannot be read ({told}): give it, or {instead}") from error


def load(text: str, where: str) -> Mapping[str, object]:
    """A JSON object in which no key stands twice.

    Raises:
        CohortError: it is none; with the line where JSON ends.
    """
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise CohortError(
            f"{where}, line {error.lineno}: it is not JSON ({error.msg}): the file is cut off or "
            "was edited; make it again"
        ) from error
    except ValueError as error:
        raise CohortError(f"{where}: {error}") from error
    if not isinstance(content, dict):
        raise CohortError(f"{where}: expected a JSON object, got {kind_of(content)}")
    return content


def check_format(
    content: Mapping[str, object], expected: tuple[str, int], keys: tuple[str, ...], where: str
) -> None:
    """Refuse another format or version, and keys that are missing or not known.

    Raises:
        CohortError: which.
    """
    name, version = expected
    if content.get("format") != name:
        raise CohortError(f"{where}: expected format {name!r}, got another: give the right file")
    if content.get("version") != version:
        raise CohortError(
            f"{where}: expected version {version}, got {content.get('version')!r}: make it again "
            "with this headct, or read it with the headct that wrote it"
        )
    missing, unknown = set(keys) - set(content), set(content) - set(keys)
    if missing or unknown:
        told = [f"no {key}" for key in sorted(missing)]
        told += [f"an unknown key (number {list(content).index(key) + 1})" for key in unknown]
        raise CohortError(f"{where}: expected the keys {', '.join(keys)}; there is {told[0]}")


def text_of(value: object, where: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        raise CohortError(f"{where}: expected a text, got {kind_of(value)}")
    return value


def whole_of(value: object, where: str) -> int:
    """A whole number, 0 or more."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise CohortError(f"{where}: expected a whole number, got {kind_of(value)}")
    return value


def kind_of(value: object) -> str:
    """What kind of JSON value it is; never the value, which may be a patient's identifier."""
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "nothing" if value in (None, "") else kinds.get(type(value), "a number")


def number_of(value: object, where: str) -> float:
    """A finite number."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value):
        raise CohortError(f"{where}: expected a number, got {kind_of(value)}")
    return float(value)


def list_of(value: object, where: str) -> list[object]:
    """A list."""
    if not isinstance(value, list):
        raise CohortError(f"{where}: expected a list, got {kind_of(value)}")
    return value


def texts_of(value: object, where: str) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(
        text_of(one, f"{where}, entry {number}")
        for number, one in enumerate(list_of(value, where), 1)
    )


def object_of(value: object, keys: tuple[str, ...], where: str) -> Mapping[str, object]:
    """An object that has these keys and no others."""
    if not isinstance(value, dict) or set(value) != set(keys):
        raise CohortError(f"{where}: expected an object with the keys {', '.join(keys)}")
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a key stands twice in one object; leave one of them")
    return content
