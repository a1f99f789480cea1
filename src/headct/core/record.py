"""How an output came about, so that it can be made again."""

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import headct

_LIBRARIES = ("numpy", "scipy", "opencv-python-headless", "connected-components-3d", "pydicom")

Argument = str | int | float | bool | None


@dataclass(frozen=True)
class Record:
    """Versions, seeds, hashes and arguments of a run; written beside every output."""

    command: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    seed: int | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=lambda: installed_versions())

    def as_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON."""
        return asdict(self)


def installed_versions() -> dict[str, str]:
    """Versions of headct, Python, and the libraries whose numbers end up in an answer."""
    found = {"headct": headct.__version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def file_sha256(path: Path) -> str:
    """What a file holds, as a hash that tells whether another is the same."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
