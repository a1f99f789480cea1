"""The file of a bundle: a ZIP archive of known members, stored as they are.

Nothing is compressed, so that equal contents give equal bytes with any zlib, and a small file can
never unfold into a large one.
"""

from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from headct.core.errors import BundleError

_ENCRYPTED = 0x1  # PKWARE APPNOTE 4.4.4, general purpose bit 0
_READABLE = 0o100644 << 16  # a plain file that all may read, as Unix keeps it in a ZIP
# The earliest that the format can state: when something was written is no part of it.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3


def pack(members: Mapping[str, bytes]) -> bytes:
    """An archive of members in the order given; equal members give equal bytes."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_STORED) as archive:
        for name, content in members.items():
            info = ZipInfo(name, _NO_TIME)
            info.create_system, info.external_attr = _UNIX, _READABLE
            archive.writestr(info, content)
    return buffer.getvalue()


def unpack(stored: bytes, most_bytes: Mapping[str, int], where: str) -> dict[str, bytes]:
    """The members of an archive: these and no others, each once, stored, and not too large.

    Args:
        stored: the archive.
        most_bytes: the members that must be there, with the most that each may hold.
        where: what to call it in messages.

    Raises:
        BundleError: it is damaged, or holds something else.
    """
    try:
        with ZipFile(BytesIO(stored)) as archive:
            infos = archive.infolist()
            _check_names([info.filename for info in infos], set(most_bytes), where)
            return {
                info.filename: _read(archive, info, most_bytes[info.filename], where)
                for info in infos
            }
    # A damaged directory of a ZIP shows in as many ways as it has fields.
    except (BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise BundleError(
            f"{where} is no archive that can be read ({error}): it is cut off or damaged; "
            "copy it again"
        ) from error


def _check_names(names: list[str], expected: set[str], where: str) -> None:
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BundleError(f"{where} holds {_shown(twice)} twice, and which counts is not clear")
    for name in names:
        if name not in expected:
            # Names are never used as paths; one that tries to be is told as what it is.
            kind = "a path" if "/" in name or "\\" in name else "a member that is not known"
            raise BundleError(
                f"{where} holds {kind}, {_shown(name)}: expected {', '.join(sorted(expected))} "
                "and nothing else"
            )
    if missing := sorted(expected - set(names)):
        raise BundleError(f"{where} lacks {', '.join(missing)}: it was not written by headct")


def _read(archive: ZipFile, info: ZipInfo, most_bytes: int, where: str) -> bytes:
    if info.flag_bits & _ENCRYPTED:
        raise BundleError(f"{where}: {info.filename} is encrypted, and headct asks for no password")
    if info.compress_type != ZIP_STORED:
        raise BundleError(
            f"{where}: {info.filename} is compressed, and headct stores it as it is: the file was "
            "packed anew; give it as it was written"
        )
    if max(info.file_size, info.compress_size) > most_bytes:
        raise BundleError(
            f"{where}: {info.filename} holds {info.file_size} bytes, expected at most {most_bytes}"
        )
    with archive.open(info) as file:
        content = file.read(most_bytes + 1)
    if len(content) != info.file_size:
        raise BundleError(f"{where}: {info.filename} is cut off")
    return content


def _shown(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:60] + "…")
