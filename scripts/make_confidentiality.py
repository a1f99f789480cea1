"""Make src/headct/dicom/confidentiality.csv from the copy that dicom-anonymizer carries.

The table is DICOM PS3.15 Table E.1-1, edition 2026c, column "Basic Profile", as the package
dicom-anonymizer (BSD-3-Clause) has it. That package is not a dependency of headct:
``pip install dicom-anonymizer==2.1.0`` in an environment where headct is installed, then
``python scripts/make_confidentiality.py``.

It leaves out the columns of the options. Those for dates ("Retain Longitudinal Temporal
Information") mark every date and time of the table but the patient's birth and the GPS time
stamp, and besides them the offset from UTC; so they are written here by that rule.
"""

import csv
from pathlib import Path

from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c
from pydicom.datadict import dictionary_has_tag, dictionary_keyword, dictionary_VR

OUT = Path(__file__).parents[1] / "src" / "headct" / "dicom" / "confidentiality.csv"
CODES = {
    "D_TAGS": "D",
    "Z_TAGS": "Z",
    "X_TAGS": "X",
    "U_TAGS": "U",
    "Z_D_TAGS": "Z/D",
    "X_Z_TAGS": "X/Z",
    "X_D_TAGS": "X/D",
    "X_Z_D_TAGS": "X/Z/D",
    "X_Z_U_STAR_TAGS": "X/Z/U*",
}
DATES = {"DA", "DT", "TM"}
NO_DATE_OPTION = {"PatientBirthDate", "PatientBirthTime", "GPSTimeStamp"}


def rows() -> list[tuple[str, str, str, str]]:
    """Tag, keyword, action code, and "date" where the date options apply; sorted by tag."""
    found = []
    for name, code in CODES.items():
        for tag in getattr(dicomfields_2026c, name):
            if len(tag) > 2:
                continue  # overlays and curves, whose groups repeat: the code drops them whole
            number = tag[0] << 16 | tag[1]
            known = dictionary_has_tag(number)
            keyword = dictionary_keyword(number) if known else ""
            dated = known and dictionary_VR(number) in DATES and keyword not in NO_DATE_OPTION
            dated = dated or keyword == "TimezoneOffsetFromUTC"
            found.append((f"{number:08X}", keyword, code, "date" if dated else ""))
    return sorted(found)


if __name__ == "__main__":
    with OUT.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("tag", "keyword", "basic_profile", "date_options"))
        writer.writerows(rows())
