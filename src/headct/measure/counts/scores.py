"""The scores that follow from four counts, with intervals for rows that are independent."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headct.measure.counts.combined import balanced_accuracy, f1, likelihood_ratio, mcc
from headct.measure.counts.confusion import Confusion
from headct.measure.counts.proportions import Interval, proportion
from headct.measure.estimate import Estimate

Numbers = NDArray[np.float64]

SCORES = (
    "accuracy",
    "sensitivity",
    "specificity",
    "ppv",
    "npv",
    "f1",
    "balanced_accuracy",
    "mcc",
    "lr_positive",
    "lr_negative",
)

NO_POSITIVES = "no positives"
NO_NEGATIVES = "no negatives"
NONE_CALLED = "nothing is called positive"
ALL_CALLED = "everything is called positive"


def score_values(counts: ArrayLike) -> Numbers:
    """Every score of any number of confusions at once, without intervals.

    Args:
        counts: (..., 4) true positives, false positives, false negatives, true negatives.

    Returns:
        (..., scores) in the order of ``SCORES``; NaN where a score is not defined, infinity for a
        likelihood ratio with a denominator of 0.
    """
    tp, fp, fn, tn = np.moveaxis(np.asarray(counts, dtype=np.float64), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        sensitivity, specificity = tp / (tp + fn), tn / (tn + fp)
        spread = np.sqrt((tp + fp) * (tp + fn)) * np.sqrt((tn + fp) * (tn + fn))
        # All wrong is -1 and all right is 1 to the last bit: samples that agree must be equal.
        mcc_values = np.where((tp + tn > 0) | (spread == 0), (tp * tn - fp * fn) / spread, -1.0)
        values = {
            "accuracy": (tp + tn) / (tp + fp + fn + tn),
            "sensitivity": sensitivity,
            "specificity": specificity,
            "ppv": tp / (tp + fp),
            "npv": tn / (tn + fn),
            "f1": 2 * tp / (2 * tp + fp + fn),
            "balanced_accuracy": (sensitivity + specificity) / 2,
            "mcc": mcc_values,
            "lr_positive": sensitivity / (fp / (fp + tn)),
            "lr_negative": (fn / (tp + fn)) / specificity,
        }
    return np.stack([values[name] for name in SCORES], axis=-1)


def scores(
    confusion: Confusion, *, level: float = 0.95, interval: Interval = "clopper-pearson"
) -> dict[str, Estimate]:
    """Every score with its interval, where rows are independent: where each is another patient's.

    Accuracy, sensitivity, specificity, PPV and NPV are proportions: their intervals are exact, or
    Wilson's by choice. PPV and NPV hold at the prevalence among these rows alone; see
    ``predictive_values``. The others are as ``combined`` says. A score that is not defined is
    None with the reason; scikit-learn gives 0 there.

    Args:
        confusion: the four counts.
        level: how much each interval covers.
        interval: of proportions, and of what is made from them.

    Returns:
        One for each of ``SCORES``, in that order.
    """
    tp, fp, fn, tn = confusion.tp, confusion.fp, confusion.fn, confusion.tn
    shares = {
        "accuracy": (tp + tn, confusion.rows),
        "sensitivity": (tp, confusion.positives),
        "specificity": (tn, confusion.negatives),
        "ppv": (tp, tp + fp),
        "npv": (tn, tn + fn),
    }
    found = {
        name: proportion(successes, of, level=level, interval=interval)
        for name, (successes, of) in shares.items()
    }
    found["f1"] = f1(confusion, level=level, interval=interval)
    found["balanced_accuracy"] = balanced_accuracy(found["sensitivity"], found["specificity"])
    found["mcc"] = mcc(confusion, level=level)
    for name in ("lr_positive", "lr_negative"):
        found[name] = likelihood_ratio(confusion, name, level=level, interval=interval)
    return {name: explained(name, found[name], confusion) for name in SCORES}


def explained(name: str, estimate: Estimate, confusion: Confusion) -> Estimate:
    """The same, with the reason where it is not defined."""
    return estimate if estimate.value is not None else Estimate(None, note=why(name, confusion))


def why(name: str, confusion: Confusion) -> str:
    """Why a score is not defined."""
    tp, fp, fn, tn = confusion.tp, confusion.fp, confusion.fn, confusion.tn
    lacking = {
        "no rows": confusion.rows == 0,
        NO_POSITIVES: confusion.positives == 0,
        NO_NEGATIVES: confusion.negatives == 0,
        NONE_CALLED: tp + fp == 0,
        ALL_CALLED: tn + fn == 0,
    }
    needs = {
        "sensitivity": {NO_POSITIVES},
        "specificity": {NO_NEGATIVES},
        "ppv": {NONE_CALLED},
        "npv": {ALL_CALLED},
        "f1": {NO_POSITIVES, NONE_CALLED},
        "balanced_accuracy": {NO_POSITIVES, NO_NEGATIVES},
        "mcc": {NO_POSITIVES, NO_NEGATIVES, NONE_CALLED, ALL_CALLED},
        "lr_positive": {NO_POSITIVES, NO_NEGATIVES, NONE_CALLED},
        "lr_negative": {NO_POSITIVES, NO_NEGATIVES, ALL_CALLED},
    }
    if lacking["no rows"]:
        return "no rows"
    told = [reason for reason in needs.get(name, ()) if lacking[reason]]
    return ", ".join(sorted(told))


def predictive_values(found: Mapping[str, Estimate], prevalence: float) -> dict[str, Estimate]:
    """PPV and NPV where a share of patients has the finding, from the two likelihood ratios.

    The odds of the finding after a call are those before it times the likelihood ratio. Prevalence
    is taken as known, so each interval is that of the ratio, carried over. Of independent rows this
    is the logit interval of Mercaldo et al., whose variance is that of the log ratio.

    Args:
        found: with "lr_positive" and "lr_negative", as of ``scores`` or ``clustered_scores``.
        prevalence: the share of patients with the finding where the test is to be used.

    Returns:
        "ppv_at" and "npv_at", not defined where the ratio is not.

    Raises:
        ValueError: prevalence outside (0, 1).

    Source:
        Mercaldo, Lau and Zhou, Stat Med 2007;26:2170-2183, equations 8 to 11.
    """
    if not 0 < prevalence < 1:
        raise ValueError(f"expected a prevalence between 0 and 1, got {prevalence}")
    odds = prevalence / (1 - prevalence)
    positive, negative = found["lr_positive"], found["lr_negative"]
    return {
        "ppv_at": _carried(positive, lambda ratio: 1 - 1 / (1 + odds * ratio), prevalence),
        "npv_at": _carried(negative, lambda ratio: 1 / (1 + odds * ratio), prevalence),
    }


def _carried(ratio: Estimate, to: Callable[[float], float], prevalence: float) -> Estimate:
    """A likelihood ratio taken to the predictive value that rises or falls with it."""
    at = f"at a prevalence of {prevalence:.4g}"
    if ratio.value is None:
        return Estimate(None, note=ratio.note)
    note = "; ".join(part for part in (at, ratio.note) if part)
    if ratio.low is None or ratio.high is None:
        return Estimate(to(ratio.value), note=note)
    low, high = sorted((to(ratio.low), to(ratio.high)))
    return Estimate(to(ratio.value), low, high, f"{ratio.method} of the likelihood ratio", note)
