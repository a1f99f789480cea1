"""Which columns a file of predictions or of truth has, by their names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from headct.core.errors import MeasureError, Refusal
from headct.core.labels import ANY_HEMORRHAGE, LABELS
from headct.measure.outcomes import Level
from headct.measure.reading.files import File

LEVELS = (Level.SLICE, Level.STUDY, Level.PATIENT)
"""From fine to coarse; identifier columns are named by them."""
IDENTIFIERS = ("patient", "study", "slice")
SYSTEM = ("model", "run")
VOLUMES = {f"{label}_ml": label for label in LABELS}
"""Columns of volumes, and the label of each."""
ABC2 = "abc2_ml"

NUMBERS = (*LABELS, *VOLUMES, ABC2)
# Of difflib's measure: "Patient" and "patient_id" are near "patient", "study_date" is not near
# "study", nor "epidural" near "subdural".
_NEAR = 0.8


@dataclass(frozen=True)
class Columns:
    """What to read of a file.

    Args:
        texts: identifiers, model and run, subgroups.
        numbers: labels, volumes, ABC/2.
        unused: the others.
    """

    texts: tuple[str, ...]
    numbers: tuple[str, ...]
    unused: tuple[Refusal, ...]


def columns_of(file: File, texts: Sequence[str]) -> Columns:
    """Sort the columns of a file by what they hold.

    Args:
        file: opened, in the wide form.
        texts: what may be there besides identifiers: model and run, subgroups.

    Raises:
        MeasureError: there is no identifier or nothing to measure, or a column's name is so near
            one that is lacking that it is most likely meant as it.
    """
    known = (*IDENTIFIERS, *texts, *NUMBERS)
    lacking = [name for name in known if name not in file.header]
    unknown = [name for name in file.header if name not in known]
    for place, name in enumerate(file.header, start=1):
        meant = _meant(name, lacking) if name in unknown else ""
        if meant:
            raise MeasureError(
                f"{file.file}: column {place} seems to be meant as {meant}: name it so, or rename "
                "it if it is something else"
            )
    # Without these the first line may be no header: nothing of it is told.
    if not set(IDENTIFIERS) & set(file.header):
        raise MeasureError(
            f"{file.file} has no column {', '.join(IDENTIFIERS[:-1])} or {IDENTIFIERS[-1]}: its "
            "first line must name the columns"
        )
    if not set(NUMBERS) & set(file.header):
        raise MeasureError(
            f"{file.file} has no column of a label or a volume: expected some of "
            f"{', '.join(LABELS)}, or of these with _ml"
        )
    unused = Refusal(
        f"{len(unknown)} columns of {file.file}",
        f"not used: {', '.join(unknown)}",
        len(unknown),
    )
    return Columns(
        tuple(name for name in (*IDENTIFIERS, *texts) if name in file.header),
        tuple(name for name in NUMBERS if name in file.header),
        (unused,) if unknown else (),
    )


def _meant(name: str, lacking: Sequence[str]) -> str:
    """The lacking column that a name is most likely meant as; empty where none is."""
    words = re.findall(r"[^\W_]+", name.casefold())
    plain = "_".join(words)
    near = get_close_matches(plain, lacking, 1, _NEAR)
    if near:
        return near[0]
    if plain == "any" and ANY_HEMORRHAGE in lacking:
        return ANY_HEMORRHAGE
    # Such as epidural_probability, or subdural_volume_ml.
    endings = VOLUMES if "ml" in words else LABELS
    within = (column for column in endings if column.removesuffix("_ml") in plain)
    return next((column for column in within if column in lacking), "")
