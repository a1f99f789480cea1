"""What to say where something broke that should not."""

import traceback
from pathlib import Path

import headct

_PACKAGE = Path(headct.__file__).parent


def unexpected(error: Exception) -> str:
    """Where something broke; never the error's words, which may quote a header."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _PACKAGE in Path(frame.filename).parents]
    place = Path(ours[-1].filename).relative_to(_PACKAGE) if ours else Path("?")
    line = ours[-1].lineno if ours else 0
    return f"an unexpected {type(error).__name__} in {place}, line {line}: please report it"
