"""New names for what must not be known: the same key and the same old name give the same new one.

Every new name is a keyed hash (HMAC-SHA-256) of the old one: without the key nobody can go back,
not even by trying all old names there could be.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from headct.core.errors import ScanError

# As many bits as the UIDs made from it have; less could be tried out.
KEY_BYTES = 16
# Far enough that the true date cannot be guessed from what was in use then.
_MOST_DAYS = 3650
# UIDs under DICOM's own root name classes, syntaxes and reference frames: no one's secret.
_STANDARD_ROOT = "1.2.840.10008."


@dataclass(frozen=True)
class Pseudonyms:
    """Draws new names with a secret key.

    Args:
        key: secret; a fresh random one unless given.
    """

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < KEY_BYTES:
            raise ValueError(f"expected a key of {KEY_BYTES} bytes or more, got {len(self.key)}")

    def uid(self, old: str) -> str:
        """The UID that stands for another everywhere; empty and standard ones stay as they are.

        Source:
            DICOM PS3.5 B.2: a UUID as a decimal number under the root 2.25.
        """
        if not old or old.startswith(_STANDARD_ROOT):
            return old
        return f"2.25.{UUID(bytes=self._hash('uid', old)[:16], version=4).int}"

    def patient(self, old: str) -> str:
        """The name and ID of a patient."""
        return f"HEADCT{self.short('patient', old)}"

    def short(self, kind: str, old: str) -> str:
        """Sixteen characters that tell things of one kind apart."""
        return self._hash(kind, old).hex()[:16].upper()

    def days(self, patient: str) -> int:
        """By how many days the dates of a patient move: always back, one day to ten years."""
        return -1 - int.from_bytes(self._hash("days", patient)[:8], "big") % _MOST_DAYS

    def _hash(self, kind: str, old: str) -> bytes:
        return hmac.digest(self.key, f"{kind}:{old}".encode("utf-8", "surrogateescape"), "sha256")


def read_key(path: Path) -> Pseudonyms:
    """Pseudonyms drawn with the key in a file, whatever bytes it holds.

    Raises:
        ScanError: it cannot be read, or is too short to be a secret.
    """
    advice = "make one: python -c 'import secrets; print(secrets.token_hex(32))' > key.txt"
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise ScanError(f"the key cannot be read ({error.strerror}); {advice}") from error
    if len(key) < KEY_BYTES:
        raise ScanError(f"expected a key of {KEY_BYTES} bytes or more, got {len(key)}; {advice}")
    return Pseudonyms(key)
