import numpy as np

from headct.measure.outcomes import UNKNOWN, Level, Outcomes
from headct.measure.reading.pair import StatedTruth

STATED = StatedTruth(
    level=Level.STUDY,
    labels=("epidural",),
    by_study=np.array([[1], [0], [UNKNOWN]], np.int8),
    by_patient=np.array([[1], [UNKNOWN]], np.int8),
)


def outcomes(level, patients, studies):
    rows = len(patients)
    return Outcomes(
        level=level,
        labels=("epidural",),
        names=np.full((rows, 1), "", np.object_),
        patients=np.array(patients),
        studies=np.array(studies),
        scores=np.full((rows, 1), 0.5),
        truth=np.full((rows, 1), UNKNOWN, np.int8),
    )


def test_aggregated_rows_take_the_truth_of_their_study_or_patient():
    studies = STATED.of(outcomes(Level.STUDY, [1, 0, 0], [2, 1, 0]))
    patients = STATED.of(outcomes(Level.PATIENT, [1, 0], [2, 0]))

    assert studies.truth.tolist() == [[UNKNOWN], [0], [1]]
    assert patients.truth.tolist() == [[UNKNOWN], [1]]


def test_slices_keep_theirs():
    slices = outcomes(Level.SLICE, [0, 0, 1], [0, 1, 2])

    assert STATED.of(slices) is slices
