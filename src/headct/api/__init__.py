"""The verbs in Python, one function each.

Imports stay inside the functions: a verb pays only for what it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from headct.api.bundles import export_bundle, make_bundle, manifest_of, open_bundle, tasks
from headct.api.cohorts import cohort_check, cohort_split, leaky_slice_split, open_test, prepare
from headct.api.measures import measure, measure_masks
from headct.api.phantoms import insert, phantom, phantom_cohort
from headct.api.scans import analyze, analyze_studies, deidentify, inspect, is_work_list, schema
from headct.api.training import explain, train

if TYPE_CHECKING:
    from headct.cohort.splitting.divide import SplitPlan
    from headct.cohort.splitting.rounds import Scheme
    from headct.measure.evaluate.settings import Settings
    from headct.phantom.examination import Examination, Person
    from headct.phantom.lesions.disease import Disease, Hemorrhage
    from headct.phantom.scanner.protocol import Block, Protocol
    from headct.report.measurement.mask_folders import MaskReading

__all__ = [
    "Block",
    "Disease",
    "Examination",
    "Hemorrhage",
    "MaskReading",
    "Person",
    "Protocol",
    "Scheme",
    "Settings",
    "SplitPlan",
    "analyze",
    "analyze_studies",
    "cohort_check",
    "cohort_split",
    "deidentify",
    "explain",
    "export_bundle",
    "insert",
    "inspect",
    "is_work_list",
    "leaky_slice_split",
    "make_bundle",
    "manifest_of",
    "measure",
    "measure_masks",
    "open_bundle",
    "open_test",
    "phantom",
    "phantom_cohort",
    "prepare",
    "schema",
    "tasks",
    "train",
]

# What verbs take besides plain values, as ``api.Disease``: imported when first asked for.
_TAKEN = {
    "Block": "headct.phantom.scanner.protocol",
    "Disease": "headct.phantom.lesions.disease",
    "Examination": "headct.phantom.examination",
    "Hemorrhage": "headct.phantom.lesions.disease",
    "MaskReading": "headct.report.measurement.mask_folders",
    "Person": "headct.phantom.examination",
    "Protocol": "headct.phantom.scanner.protocol",
    "Scheme": "headct.cohort.splitting.rounds",
    "Settings": "headct.measure.evaluate.settings",
    "SplitPlan": "headct.cohort.splitting.divide",
}


def __getattr__(name: str) -> Any:
    if name not in _TAKEN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_TAKEN[name]), name)
