"""The names of what can be found in a head CT."""

from collections.abc import Mapping

ANY_HEMORRHAGE = "any_hemorrhage"
EPIDURAL = "epidural"
INTRAPARENCHYMAL = "intraparenchymal"
INTRAVENTRICULAR = "intraventricular"
SUBARACHNOID = "subarachnoid"
SUBDURAL = "subdural"
LEUKOENCEPHALOPATHY = "leukoencephalopathy"

HEMORRHAGE_SUBTYPES = (EPIDURAL, INTRAPARENCHYMAL, INTRAVENTRICULAR, SUBARACHNOID, SUBDURAL)
LABELS = (ANY_HEMORRHAGE, *HEMORRHAGE_SUBTYPES, LEUKOENCEPHALOPATHY)

Truth = Mapping[str, bool | None]
"""What is known, by label: None where it is not known, which is never the same as False."""

CLASSICAL = "classical"
"""No label, but as fixed: the method of the finder without learned weights."""


def check_label(name: str) -> str:
    """Give the name back if it is one of the fixed labels, else say which there are."""
    if name not in LABELS:
        raise ValueError(f"unknown label {name!r}: expected one of {', '.join(LABELS)}")
    return name
