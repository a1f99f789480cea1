"""A reader study: every reader, and a network, against the truth and against each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headct.measure.agreement.kappa import Agreement, cohen_kappa, fleiss_kappa
from headct.measure.counts.clustered import clustered_scores
from headct.measure.counts.confusion import Confusion, count
from headct.measure.counts.scores import scores
from headct.measure.estimate import Estimate
from headct.measure.outcomes import UNKNOWN, Flags, Indices
from headct.measure.resampling.draws import SAMPLES, numbered
from headct.measure.runs.calls import mcnemar
from headct.measure.runs.correction import adjust
from headct.measure.runs.paired import PairedTest

Calls = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Readings:
    """What each reader called of each row, and what is true.

    Args:
        names: of the readers.
        truth: (rows,) bool.
        calls: (rows, readers) int8: 1 yes, 0 no, ``UNKNOWN`` where one did not read it.
        patients: (rows,) whose each row is, counted from 0.
    """

    names: tuple[str, ...]
    truth: Flags
    calls: Calls
    patients: Indices

    @classmethod
    def of(
        cls,
        truth: ArrayLike,
        calls: ArrayLike,
        names: Sequence[str],
        *,
        patients: ArrayLike | None = None,
    ) -> "Readings":
        """From columns, of which ``truth`` is bool, and ``calls`` 1, 0 or ``UNKNOWN``.

        Raises:
            ValueError: columns that do not fit, or another call.
        """
        flags, given = np.asarray(truth, dtype=np.bool_), np.asarray(calls)
        if flags.ndim != 1 or given.shape != (len(flags), len(names)):
            raise ValueError(
                f"expected calls of {len(names)} readers for each truth, got {given.shape} "
                f"and {flags.shape}"
            )
        if not np.isin(given, (UNKNOWN, 0, 1)).all():
            raise ValueError(f"a call is 1, 0 or {UNKNOWN} (not read)")
        if len(set(names)) < len(names) or not names:
            raise ValueError("expected a reader or more, each with a name of their own")
        return cls(tuple(names), flags, given.astype(np.int8), numbered(patients, len(flags))[0])

    @property
    def rows_are_patients(self) -> bool:
        """No patient has two rows: exact intervals hold."""
        return len(np.unique(self.patients)) == len(self.patients)


@dataclass(frozen=True)
class Consensus:
    """One reader against what most of the others called.

    Args:
        rows: with a majority and a call.
        tied: rows without a majority, left out.
        scores: sensitivity and specificity as if the majority were the truth, among others.
        kappa: agreement with the majority.
    """

    rows: int
    tied: int
    scores: Mapping[str, Estimate]
    kappa: Agreement


@dataclass(frozen=True)
class Beside:
    """A reader and the network on the rows that both called.

    Args:
        score: "sensitivity" or "specificity".
        test: McNemar's; its difference is reader less network.
        adjusted_p: by Holm, for all readers and both scores.
    """

    score: str
    test: PairedTest
    adjusted_p: float | None


@dataclass(frozen=True)
class Reader:
    """One reader, or the network.

    Args:
        name: as given.
        confusion: calls against truth; ``scores``: from it, as of ``counts.scores``.
        left_out: rows not read.
        consensus: None with fewer than two other readers.
        network: sensitivity and specificity beside the network's; empty without one.
    """

    name: str
    confusion: Confusion
    scores: Mapping[str, Estimate]
    left_out: int
    consensus: Consensus | None = None
    network: tuple[Beside, ...] = ()


@dataclass(frozen=True)
class PairKappa:
    """How far two readers agree, whatever the truth."""

    first: str
    second: str
    kappa: Agreement


@dataclass(frozen=True)
class ReaderStudy:
    """All of them.

    Args:
        readers: in the order given.
        network: None without one.
        pairs: every two of the readers and the network.
        fleiss: agreement of all readers, without the network; None with one reader.
    """

    readers: tuple[Reader, ...]
    network: Reader | None
    pairs: tuple[PairKappa, ...]
    fleiss: Agreement | None


def reader_study(
    readings: Readings,
    *,
    rng: np.random.Generator,
    network: ArrayLike | None = None,
    samples: int = SAMPLES,
    level: float = 0.95,
) -> ReaderStudy:
    """Compare readers with the truth, with the others, and with a network at its threshold.

    Sensitivity and specificity are exact where no patient repeats, and by drawing patients anew
    otherwise. These are readings of these readers: an interval covers other cases, not other
    readers; see ``multireader`` for those.

    Args:
        readings: of the readers.
        rng: draws the patients, where they repeat.
        network: (rows,) its calls, 1, 0 or ``UNKNOWN``.
        samples: how many times.
        level: how much each interval covers.

    Raises:
        ValueError: a network's calls of other rows.
    """
    study = _Study(readings, rng, samples, level)
    readers = [study.reader(name, readings.calls[:, i]) for i, name in enumerate(readings.names)]
    consensus = [study.consensus(i) for i in range(len(readers))]
    machine, columns = None, dict(zip(readings.names, readings.calls.T, strict=True))
    beside: list[tuple[Beside, ...]] = [()] * len(readers)
    if network is not None:
        calls = Readings.of(readings.truth, np.asarray(network)[:, None], (NETWORK,)).calls[:, 0]
        machine, columns = study.reader(NETWORK, calls), {**columns, NETWORK: calls}
        beside = study.beside(calls)
    return ReaderStudy(
        readers=tuple(
            Reader(one.name, one.confusion, one.scores, one.left_out, most, tests)
            for one, most, tests in zip(readers, consensus, beside, strict=True)
        ),
        network=machine,
        pairs=tuple(
            PairKappa(one, other, study.kappa(columns[one], columns[other]))
            for one, other in combinations(columns, 2)
        ),
        fleiss=study.fleiss() if len(readers) > 1 else None,
    )


NETWORK = "network"


@dataclass(frozen=True, eq=False)
class _Study:
    readings: Readings
    rng: np.random.Generator
    samples: int
    level: float

    def reader(self, name: str, calls: Calls) -> Reader:
        read = calls != UNKNOWN
        truth, called = self.readings.truth[read], calls[read] == 1
        left_out = int(np.count_nonzero(~read))
        return Reader(name, count(truth, called), self._scores(truth, called, read), left_out)

    def consensus(self, reader: int) -> Consensus | None:
        """What most others called, where more called one thing than the other."""
        others = np.delete(self.readings.calls, reader, axis=1)
        if others.shape[1] < 2:
            return None
        lean = np.count_nonzero(others == 1, axis=1) - np.count_nonzero(others == 0, axis=1)
        calls = self.readings.calls[:, reader]
        read = calls != UNKNOWN
        used = read & (lean != 0)
        truth, called = lean[used] > 0, calls[used] == 1
        return Consensus(
            rows=int(np.count_nonzero(used)),
            tied=int(np.count_nonzero(read & (lean == 0))),
            scores=self._scores(truth, called, used),
            kappa=cohen_kappa(
                truth, called, patients=self.readings.patients[used], level=self.level
            ),
        )

    def beside(self, network: Calls) -> list[tuple[Beside, ...]]:
        tests = [
            (name, self._tested(calls, network, self.readings.truth == is_ill))
            for calls in self.readings.calls.T
            for name, is_ill in (("sensitivity", True), ("specificity", False))
        ]
        adjusted = adjust([test.p for _, test in tests], "holm")
        found = [Beside(*named, p) for named, p in zip(tests, adjusted, strict=True)]
        return [(found[i], found[i + 1]) for i in range(0, len(found), 2)]

    def kappa(self, one: Calls, other: Calls) -> Agreement:
        columns = (np.where(calls == UNKNOWN, np.nan, calls) for calls in (one, other))
        return cohen_kappa(*columns, patients=self.readings.patients, level=self.level)

    def fleiss(self) -> Agreement:
        calls = np.where(self.readings.calls == UNKNOWN, np.nan, self.readings.calls)
        return fleiss_kappa(calls, patients=self.readings.patients, level=self.level)

    def _tested(self, calls: Calls, network: Calls, rows: Flags) -> PairedTest:
        used = rows & (calls != UNKNOWN) & (network != UNKNOWN)
        return mcnemar(
            self.readings.truth[used],
            calls[used] == 1,
            network[used] == 1,
            patients=self.readings.patients[used],
            level=self.level,
        )

    def _scores(self, truth: Flags, called: Flags, rows: Flags) -> dict[str, Estimate]:
        if self.readings.rows_are_patients:
            return scores(count(truth, called), level=self.level)
        whose = self.readings.patients[rows]
        return clustered_scores(
            truth, called, whose, rng=self.rng, samples=self.samples, level=self.level
        )
