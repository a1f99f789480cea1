"""A bundle and the classical finder: one answers, the other is the cross-check."""

from collections.abc import Iterator
from dataclasses import replace

from headct.core.finding import Finding, Prediction
from headct.core.labels import ANY_HEMORRHAGE


def together(
    classical: Prediction, asked: Prediction | None
) -> tuple[Prediction, Prediction | None]:
    """The answer, and what is set beside it.

    Args:
        classical: of the finder.
        asked: of a bundle, whose answer counts; None where none was asked.
    """
    return (classical, None) if asked is None else (measured_by(asked, classical), classical)


def measured_by(asked: Prediction, classical: Prediction) -> Prediction:
    """The answer of a network that draws no masks, with outlines and mL of the classical finder.

    Where the two differ on whether there is blood, the outlines stay to be looked at, and the
    answer has no mL.
    """
    if asked.mask is not None or not _is_of_blood(asked):
        return asked
    findings = tuple(_measured(one, classical) for one in asked.findings)
    return replace(asked, findings=findings, mask=classical.mask)


def disagreement(answer: Prediction, other: Prediction) -> Iterator[str]:
    """That two methods differ on whether there is blood: one of them is wrong."""
    if not (_is_of_blood(answer) and _is_of_blood(other)):
        return
    said, checked = answer.finding(ANY_HEMORRHAGE), other.finding(ANY_HEMORRHAGE)
    if None not in (said.present, checked.present) and said.present != checked.present:
        finds, misses = (answer, other) if said.present else (other, answer)
        yield f"{finds.method} finds hemorrhage and {misses.method} does not: look at the scan"


def _measured(said: Finding, classical: Prediction) -> Finding:
    if said.label != ANY_HEMORRHAGE or not said.present:
        return said
    checked = classical.finding(ANY_HEMORRHAGE)
    if not checked.present:
        return said
    return replace(
        said,
        volume_ml=checked.volume_ml,
        volume_interval_ml=checked.volume_interval_ml,
        abc2_ml=checked.abc2_ml,
        evidence=(*said.evidence, "outlined and measured by the classical finder"),
    )


def _is_of_blood(asked: Prediction) -> bool:
    return ANY_HEMORRHAGE in {finding.label for finding in asked.findings}
