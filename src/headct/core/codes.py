"""One table of coded concepts, each with where the code was read.

A code that could not be sourced is not in the table: the concept then carries the nearest code
that could, and says the rest in text.
"""

from dataclasses import dataclass

SNOMED_CT = "SCT"
DICOM = "DCM"
UCUM = "UCUM"

_PS3_16 = "DICOM PS3.16, as carried by pydicom's dictionary of codes"
_NHS = "NHS code set"


@dataclass(frozen=True)
class Code:
    """A coded concept: value, coding scheme designator, meaning, and the source of the value."""

    value: str
    scheme: str
    meaning: str
    source: str


# pydicom's dictionary lists 1386000 twice: with this meaning, and (contexts 3413 and 3754) as the
# occlusion of an artery. No second source was at hand to say which is the slip.
INTRACRANIAL_HEMORRHAGE = Code("1386000", SNOMED_CT, "Intracranial hemorrhage", _PS3_16)
HEMORRHAGE = Code("50960005", SNOMED_CT, "Hemorrhage", _PS3_16)
HEMATOMA = Code("35566002", SNOMED_CT, "Hematoma", _PS3_16)
EDEMA = Code("79654002", SNOMED_CT, "Edema", _PS3_16)
BRAIN = Code("12738006", SNOMED_CT, "Brain", _PS3_16)
SUBARACHNOID_SPACE = Code("35951006", SNOMED_CT, "Subarachnoid space", _PS3_16)
WHITE_MATTER = Code("68523003", SNOMED_CT, "Cerebral white matter", _PS3_16)
ABNORMAL_STRUCTURE = Code("49755003", SNOMED_CT, "Morphologically abnormal structure", _PS3_16)
CEREBRAL_HEMORRHAGE = Code("274100004", SNOMED_CT, "Cerebral hemorrhage", _NHS)
SUBARACHNOID_HEMORRHAGE = Code(
    "21454007", SNOMED_CT, "Subarachnoid intracranial hemorrhage", "three public code bases"
)
SUBDURAL_HEMORRHAGE = Code(
    "35486000", SNOMED_CT, "Subdural intracranial hemorrhage", "one public code base"
)
LEUKOENCEPHALOPATHY = Code(
    "90099008", SNOMED_CT, "Subcortical leukoencephalopathy", "one public code base"
)
VOLUME = Code("118565006", SNOMED_CT, "Volume", _PS3_16)
PROBABILITY = Code("122157", DICOM, "Probability", _PS3_16)
FINDING = Code("121071", DICOM, "Finding", _PS3_16)
PROCEDURE_REPORTED = Code("121058", DICOM, "Procedure Reported", _PS3_16)
ALGORITHM_NAME = Code("111001", DICOM, "Algorithm Name", _PS3_16)
ALGORITHM_VERSION = Code("111003", DICOM, "Algorithm Version", _PS3_16)
ARTIFICIAL_INTELLIGENCE = Code("123110", DICOM, "Artificial Intelligence", _PS3_16)
CLASS_ACTIVATION = Code("130402", DICOM, "Class activation", _PS3_16)
GRAD_CAM = Code("130403", DICOM, "Gradient-weighted class activation", _PS3_16)
SALIENCY = Code("130404", DICOM, "Saliency", _PS3_16)
MILLILITER = Code("mL", UCUM, "milliliter", "UCUM")

FINDING_CODES = {
    "any_hemorrhage": INTRACRANIAL_HEMORRHAGE,
    # No source was found for codes of epidural and intraventricular hemorrhage:
    # the parent concept is used, and the label says which one is meant.
    "epidural": INTRACRANIAL_HEMORRHAGE,
    "intraparenchymal": CEREBRAL_HEMORRHAGE,
    "intraventricular": INTRACRANIAL_HEMORRHAGE,
    "subarachnoid": SUBARACHNOID_HEMORRHAGE,
    "subdural": SUBDURAL_HEMORRHAGE,
    "leukoencephalopathy": LEUKOENCEPHALOPATHY,
}
"""The code of each fixed label."""


def all_codes() -> tuple[Code, ...]:
    """Every concept of the table, in the order written."""
    return tuple(value for value in globals().values() if isinstance(value, Code))
