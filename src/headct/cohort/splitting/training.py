"""The training patients of one round: the only ones that anything may be estimated from."""

from dataclasses import dataclass

from headct.cohort.splitting.rounds import TRAIN, Split
from headct.core.case import Case, Cohort
from headct.core.errors import CohortError


@dataclass(frozen=True)
class Training:
    """Cases of training patients, and of none else.

    Args:
        split: by patient.
        name: of the round.
        cases: all of them, or some.
    """

    split: Split
    name: str
    cases: tuple[Case, ...]

    def __post_init__(self) -> None:
        allowed = self.patients
        if not self.cases:
            raise CohortError("no training case is there: nothing can be estimated from none")
        for number, case in enumerate(self.cases, start=1):
            if case.patient not in allowed:
                raise CohortError(
                    f"case {number} of {len(self.cases)} is not of a training patient of "
                    f"{self.name}: what is estimated may see training patients alone"
                )

    @property
    def patients(self) -> frozenset[str]:
        """All training patients of the round."""
        return frozenset(self.split.round(self.name).parts[TRAIN])


def training(split: Split, cohort: Cohort, name: str = "") -> Training:
    """The training cases of a round.

    Args:
        split: by patient; a split by slice has no training patients.
        cohort: the one that was split.
        name: of the round; may be left out where there is one.

    Raises:
        CohortError: another cohort, or no such round.
    """
    return Training(split, split.round(name).name, split.cases(cohort, TRAIN, name))
