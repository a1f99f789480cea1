"""Why cases of a cohort are not used, in counts alone."""

from collections import Counter

from headct.cohort.checking.decisions import Settled
from headct.core.errors import Refusal


def left_out(settled: Settled) -> tuple[Refusal, ...]:
    """Why cases of a cohort are not used: taken out by a person, or waiting for one."""
    waiting = Counter[str]()
    for doubt in settled.doubts:
        waiting[doubt.kind.value] += doubt.count if doubt.blocks else 0
    told = [
        Refusal(str(count), f"{kind}: a person has to decide (headct cohort check)", count)
        for kind, count in waiting.items()
        if count
    ]
    if excluded := len(settled.excluded):
        told.append(Refusal(str(excluded), "taken out by a decision", excluded))
    return tuple(told)
