"""The bundle that comes with headct: what answers where no other is given."""

from pathlib import Path

SHIPPED = Path(__file__).with_name("hemorrhage.headct")
"""Its model card: ``headct bundle show default --card``."""

DEFAULT = "default"
"""What stands for it where a file is asked for."""


def bundle_path(said: Path | str) -> Path:
    """The file that is meant."""
    return SHIPPED if str(said) == DEFAULT else Path(said)
