"""How figures of a measurement are named: for page, tables and figures."""

import re
from collections.abc import Mapping

from headct.core.labels import ANY_HEMORRHAGE
from headct.measure.evaluate.settings import CHOSEN_VOTE, LEARNED
from headct.measure.outcomes import Level
from headct.report.words import NAMES

LEVELS: Mapping[Level, str] = {
    Level.SLICE: "By slice",
    Level.STUDY: "By study",
    Level.PATIENT: "By patient",
}

SCORES: Mapping[str, str] = {
    "auc": "AUC",
    "partial_auc": "partial AUC",
    "average_precision": "average precision",
    "brier": "Brier score",
    "cross_entropy": "cross-entropy",
    "calibration_error": "calibration error",
    "calibration_slope": "slope",
    "calibration_intercept": "intercept",
    "observed_to_expected": "observed to expected",
    "accuracy": "accuracy",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "ppv": "PPV",
    "npv": "NPV",
    "f1": "F1",
    "balanced_accuracy": "balanced accuracy",
    "mcc": "MCC",
    "lr_positive": "LR+",
    "lr_negative": "LR\N{MINUS SIGN}",
    "ppv_at": "PPV at the stated prevalence",
    "npv_at": "NPV at the stated prevalence",
    "dice": "Dice",
    "iou": "IoU",
    "surface_dice": "surface Dice",
    "hausdorff_mm": "Hausdorff, mm",
    "hd95_mm": "HD95, mm",
    "mean_distance_mm": "mean distance, mm",
    "pearson": "Pearson r",
    "spearman": "Spearman rho",
    "lin": "Lin's concordance",
    "icc": "ICC(2,1)",
    "bias_ml": "bias, mL",
    "mae_ml": "mean absolute error, mL",
    "rmse_ml": "RMSE, mL",
    "median_error_ml": "median absolute error, mL",
    "bias_percent": "bias, %",
    "percent_error": "mean absolute error, %",
    "median_percent_error": "median absolute error, %",
}


_AGGREGATED = {
    CHOSEN_VOTE: "as many slices must agree as served validation best, label by label",
    LEARNED: "a logistic regression on the highest scores of its slices, fitted on validation",
    "max": "the highest score of its slices",
    "noisy-or": "1 less the product of 1 less the score, over its slices (noisy-or)",
}


def label(name: str) -> str:
    """A label for people; one that is not of the fixed names stays as it is."""
    return NAMES.get(name, name.replace("_", " "))


def score(name: str) -> str:
    """A score for people: "AUC", "micro sensitivity", "temperature Brier score"."""
    first, _, rest = name.partition(" ")
    if rest:
        return f"{first} {score(rest)}"
    return SCORES.get(name, name.replace("_", " "))


def aggregated(how: str) -> str:
    """How slices became the score of a study or patient, for people."""
    if how in _AGGREGATED:
        return _AGGREGATED[how]
    kind, _, said = how.partition(":")
    if kind == "vote" and said:
        slices, _, threshold = said.partition("@")
        needed = f"{slices} slices" if slices != "1" else "1 slice"
        return f"by vote: {needed} of a score of {threshold or '0.5'} or more"
    if kind == "top-mean":
        return f"the mean of the {said} highest scores of its slices"
    if kind == "learned":
        return f"a logistic regression on the highest scores of its slices: {said}"
    return how


def counted(number: int, one: str, many: str = "") -> str:
    """Such as "1 case" and "1,200 cases"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def leading_label(names: Mapping[str, object] | tuple[str, ...]) -> str:
    """The label that a page speaks of first: any hemorrhage, or else the first there is."""
    return ANY_HEMORRHAGE if ANY_HEMORRHAGE in names else next(iter(names), "")


def file_words(title: str) -> list[str]:
    """The words of a title as file names may have them."""
    return re.findall(r"[a-z0-9]+", title.lower())
