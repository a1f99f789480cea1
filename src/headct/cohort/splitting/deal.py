"""Deal patients to parts so that every part is like the whole, as exactly as whole patients can be.

The exact share of 7 patients at 70:15:15 is 4.9, 1.05 and 1.05. In every margin (all patients, a
label combination, a combination at a site) no part should lie outside the whole numbers around its
share. Where every patient may stand alone such a dealing always exists: rounding a table whose
margins are nested is a network flow. Bound patients may stand against it; then as few patients as
possible lie outside. Found by integer programming, not by drawing until it fits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from headct.core.errors import CohortError

Groups = Sequence[tuple[str, ...]]
Numbers = NDArray[np.float64]

# An empty part is worse than anything else.
_EMPTY = 1000.0
# A bound in nodes, unlike one in seconds, gives the same answer on every machine.
_MOST_NODES = 2000
# Enough for a cohort of 60 to forget where it began; those above 1000 have few rare patients.
_SWAPS_PER_GROUP, _LEAST_SWAPS, _MOST_SWAPS = 20, 1000, 20_000
# Shares are decimals: 4.9999999999 patients are 5.
_ROUNDING = 1e-9


@dataclass(frozen=True, order=True)
class Margin:
    """Patients who are counted together.

    Args:
        cost: of each patient that lies outside of the whole numbers around a part's share.
        name: tells it from others.
    """

    cost: float
    name: str


def deal(
    groups: Groups,
    margins: Mapping[str, Sequence[Margin]],
    shares: Sequence[float],
    chance: np.random.Generator,
) -> list[list[str]]:
    """Each part's patients, in order.

    Args:
        groups: patients that must not part; each patient in one group.
        margins: what each patient counts in.
        shares: of the parts; they sum to 1.
        chance: who goes where among those alike.

    Raises:
        CohortError: there are fewer groups than parts.
    """
    groups = sorted(groups)
    if len(groups) < len(shares):
        raise CohortError(
            f"{len(shares)} parts were asked for, but there are {len(groups)} patients (those that "
            "must stay together count as one): ask for fewer parts, or give more patients"
        )
    kinds = [tuple(sorted(tuple(margins[patient]) for patient in group)) for group in groups]
    distinct = sorted(set(kinds))
    number = {one: index for index, one in enumerate(distinct)}
    kind = np.array([number[one] for one in kinds])
    table = _table(distinct)
    counts = _solve(table, np.bincount(kind).astype(np.float64), np.array(shares))
    side = np.empty(len(groups), dtype=np.int64)
    for index, row in enumerate(counts):
        alike = np.flatnonzero(kind == index)
        side[chance.permutation(alike)] = np.repeat(np.arange(len(shares)), row)
    _shuffle(side, table, kind, np.array(shares), chance)
    parts: list[list[str]] = [[] for _ in shares]
    for group, part in zip(groups, side, strict=True):
        parts[part].extend(group)
    return [sorted(part) for part in parts]


@dataclass(frozen=True, eq=False)
class _Table:
    """Margins, and last the groups themselves.

    Args:
        patients: (margins, kinds) how many a group of each kind brings.
        costs: (margins,) of each patient outside of the bounds.
    """

    patients: Numbers
    costs: Numbers

    def bounds(self, sizes: Numbers, shares: Numbers) -> tuple[Numbers, Numbers]:
        """(margins, parts) the least and the most patients; of groups one, as no part is empty."""
        exact = (self.patients[:-1] @ sizes)[:, None] * shares
        one, any_number = np.ones((1, shares.size)), np.full((1, shares.size), np.inf)
        return (
            np.concatenate([np.floor(exact + _ROUNDING), one]),
            np.concatenate([np.ceil(exact - _ROUNDING), any_number]),
        )


def _table(kinds: Sequence[tuple[tuple[Margin, ...], ...]]) -> _Table:
    """Margins that hold the same patients are one, at the highest cost."""
    names = sorted({margin for kind in kinds for patient in kind for margin in patient})
    row = {margin: index for index, margin in enumerate(names)}
    patients = np.zeros((len(names), len(kinds)))
    for column, kind in enumerate(kinds):
        for margin in (margin for patient in kind for margin in patient):
            patients[row[margin], column] += 1
    costs = {tuple(held): margin.cost for margin, held in zip(names, patients, strict=True)}
    return _Table(
        np.concatenate([np.array(list(costs)), np.ones((1, len(kinds)))]),
        np.array([*costs.values(), _EMPTY]),
    )


def _solve(table: _Table, sizes: Numbers, shares: Numbers) -> NDArray[np.int64]:
    """(kinds, parts) how many groups of each kind each part gets."""
    dealt = (len(sizes), len(shares))
    least, most = table.bounds(sizes, shares)
    outside = np.repeat(table.costs, dealt[1])
    # Of each margin and part: patients + short >= least, and patients - beyond <= most.
    counted = np.kron(table.patients, np.eye(dealt[1]))
    slack = np.eye(counted.shape[0])
    none = np.zeros_like(slack)
    every = np.kron(np.eye(dealt[0]), np.ones((1, dealt[1])))
    unused = np.zeros((dealt[0], 2 * len(slack)))
    solved = milp(
        np.concatenate([np.zeros(counted.shape[1]), outside, outside]),
        integrality=np.repeat([1, 0], [counted.shape[1], 2 * len(slack)]),
        bounds=_bounds(sizes[:, None] * shares, table.patients.max(), 2 * len(slack)),
        constraints=[
            LinearConstraint(coo_array(np.hstack([counted, slack, none])), least.ravel(), np.inf),
            LinearConstraint(coo_array(np.hstack([counted, none, -slack])), -np.inf, most.ravel()),
            LinearConstraint(coo_array(np.hstack([every, unused])), sizes, sizes),
        ],
        options={"mip_rel_gap": 0.0, "node_limit": _MOST_NODES},
    )
    if solved.x is None:  # slack makes any dealing a solution, so this is a defect of the solver
        raise RuntimeError(f"no dealing was found: {solved.message}")
    return np.rint(solved.x[: counted.shape[1]]).astype(np.int64).reshape(dealt)


def _bounds(exact: Numbers, room: float, slack: int) -> Bounds:
    """Of each kind about its share, with room to make up for the largest group; it saves time."""
    low = np.maximum(np.floor(exact + _ROUNDING) - room, 0).ravel()
    high = np.ceil(exact - _ROUNDING).ravel() + room
    return Bounds(
        np.concatenate([low, np.zeros(slack)]), np.concatenate([high, np.full(slack, np.inf)])
    )


def _shuffle(
    side: NDArray[np.int64],
    table: _Table,
    kind: NDArray[np.int64],
    shares: Numbers,
    chance: np.random.Generator,
) -> None:
    """Swap groups between parts as long as the dealing stays as good, in place.

    Swaps are proposed evenly, so that in the end one of all such dealings is drawn; left as the
    solver finds it, a rare patient would lie in one part more often than is that part's share.
    """
    least, most = table.bounds(np.bincount(kind).astype(np.float64), shares)
    held = np.stack(
        [table.patients[:, kind[side == part]].sum(axis=1) for part in range(shares.size)], axis=1
    )

    def cost(parts: list[int], counts: Numbers) -> float:
        short = np.maximum(least[:, parts] - counts, 0) + np.maximum(counts - most[:, parts], 0)
        return float((table.costs @ short).sum())

    swaps = min(max(_SWAPS_PER_GROUP * side.size, _LEAST_SWAPS), _MOST_SWAPS)
    for one, other in chance.integers(side.size, size=(swaps, 2)):
        parts = [int(side[one]), int(side[other])]
        if parts[0] == parts[1]:
            continue
        moved = table.patients[:, kind[other]] - table.patients[:, kind[one]]
        after = held[:, parts] + np.stack([moved, -moved], axis=1)
        if cost(parts, after) <= cost(parts, held[:, parts]):
            held[:, parts] = after
            side[one], side[other] = parts[1], parts[0]
