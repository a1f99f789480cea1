"""Text from outside, in whatever encoding it came, and where in it something stands."""

from collections.abc import Sequence

_BOMS = (b"\xff\xfe", b"\xfe\xff")
_FORMULA = ("=", "+", "-", "@", "\t")


def encoding_of(stored: bytes) -> str:
    """The encoding of a text: UTF-8, UTF-16 with its mark, or else the Windows code page 1250.

    Slovak and Czech systems write the last: it is what is left where the others do not fit.
    """
    if stored.startswith(_BOMS):
        return "utf-16"
    try:
        stored.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "cp1250"
    return "utf-8-sig"


def decode(stored: bytes) -> str:
    """Text of unknown encoding, see ``encoding_of``.

    Raises:
        UnicodeDecodeError: none of them fits.
    """
    return stored.decode(encoding_of(stored))


def delimiter_of(header: str) -> str:
    """What separates the cells of a table: commas, semicolons as in much of Europe, or tabs."""
    return max((",", ";", "\t"), key=header.count)


def lines(numbers: Sequence[int], most: int = 3, word: str = "line") -> str:
    """``line 7``, or ``lines 7, 9, 12, …``: examples of where."""
    told = ", ".join(map(str, numbers[:most])) + (", …" if len(numbers) > most else "")
    return f"{word if len(numbers) == 1 else word + 's'} {told}"


def no_formula(text: str) -> str:
    """Text that no spreadsheet takes for a formula: a name in a table must not run there."""
    return f"'{text}" if text.startswith(_FORMULA) else text
