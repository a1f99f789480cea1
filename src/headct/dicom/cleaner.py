"""The attributes of a CT image, cleaned one by one and through all sequences."""

import re
from collections import Counter
from dataclasses import dataclass, field

from pydicom.datadict import dictionary_has_tag, dictionary_keyword, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.valuerep import VR

from headct.dicom.confidentiality import Action, Dates, Rule, action_of, table
from headct.dicom.datetimes import is_plain, shifted
from headct.dicom.pseudonyms import Pseudonyms

Changes = Counter[tuple[str, str]]
"""How often each action was taken, by (attribute, words for the action)."""

Element = DataElement | RawDataElement

_KNOWN_VRS = {str(vr) for vr in VR if len(vr) == 2}
_DATE_VRS = {"DA", "DT", "TM"}
# What the table does not list may still name someone, or say where from and by what machine.
_TELLING_VRS = {"PN", "AE", "UR"}
_FREE_TEXT_VRS = {"LO", "LT", "SH", "ST", "UC", "UT"}
# UIDs of vocabularies, not of anything in a hospital.
_VOCABULARY = {"CodingSchemeUID", "ContextUID", "MappingResourceUID"}
# Groups that repeat: 50xx curves, 60xx overlays, wholly removed.
_GRAPHICS = {0x5000: "curve", 0x6000: "overlay"}
_DUMMIES: dict[str, str | int | float | bytes] = {
    **dict.fromkeys(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"), "REMOVED"),
    **dict.fromkeys(("DS", "IS"), "0"),
    **dict.fromkeys(("SL", "SS", "SV", "UL", "US", "UV"), 0),
    **dict.fromkeys(("FD", "FL"), 0.0),
    **dict.fromkeys(("OB", "UN"), b"\0\0"),
    "AS": "000Y",
    "DA": "00010101",
    "DT": "00010101000000",
    "TM": "000000",
    "UR": "http://removed.invalid",
}


@dataclass(frozen=True)
class Cleaner:
    """Cleans the data set of one object, and counts what it changes.

    Args:
        sop_class: of the object, one of CT images.
        patient: the name and ID from now on.
        pseudonyms: for UIDs.
        dates: what becomes of dates and times.
        days: by how many they are shifted.
        identity: what else must not stand in any text: finds it in bytes in capitals.
        changes: how often each action was taken; is added to.
    """

    sop_class: str
    patient: str
    pseudonyms: Pseudonyms
    dates: Dates
    days: int
    identity: re.Pattern[bytes]
    changes: Changes = field(default_factory=Counter)

    def clean(self, dataset: Dataset) -> None:
        """Clean a data set in place, and the items of its sequences."""
        for tag in list(dataset.keys()):
            element = dataset.get_item(tag, keep_deferred=True)
            if element is None:
                continue
            vr = vr_of(element)
            name, action = self._fate(element, vr)
            if action is Action.KEEP and vr == "SQ":
                action = self._enter(dataset, tag)
            if action is not Action.KEEP:
                if action is Action.REMOVE or not _is_empty(element):
                    self.changes[name, action.value] += 1
                self._apply(action, dataset, element, vr)

    def _fate(self, element: Element, vr: str) -> tuple[str, Action]:
        """What to call an attribute in the report, and what to do with it."""
        tag = element.tag
        if tag.is_private:
            return "private attributes", Action.REMOVE
        for first, name in _GRAPHICS.items():
            if first <= tag.group < first + 0x100:
                return f"{name} attributes", Action.REMOVE
        keyword = dictionary_keyword(tag) if dictionary_has_tag(tag) else ""
        rule = table().get(tag)
        if not keyword or vr not in _KNOWN_VRS:
            is_ambiguous = bool(keyword) and " or " in vr
            return keyword or "unknown attributes", Action.KEEP if is_ambiguous else Action.REMOVE
        if rule is not None:
            return keyword, self._by_rule(rule, keyword, element, vr)
        return keyword, self._by_vr(keyword, element, vr)

    def _by_rule(self, rule: Rule, keyword: str, element: Element, vr: str) -> Action:
        action = action_of(rule, keyword, self.sop_class)
        return self._by_date(element, vr, action) if rule.is_date else action

    def _by_date(self, element: Element, vr: str, otherwise: Action) -> Action:
        written = _ascii(element)
        if self.dates is Dates.KEEP and is_plain(written, vr):
            return Action.KEEP
        if self.dates is Dates.SHIFT and shifted(written, vr, self.days) is not None:
            return Action.SHIFT
        return otherwise

    def _by_vr(self, keyword: str, element: Element, vr: str) -> Action:
        """What to do with an attribute that the table does not list."""
        if vr in _TELLING_VRS:
            return Action.REMOVE
        if vr in _DATE_VRS:
            return self._by_date(element, vr, Action.REMOVE)
        if vr == "UI" and keyword not in _VOCABULARY:
            old = _ascii(element)
            return Action.KEEP if self._new_uids(old) == old else Action.NEW_UID
        if vr in _FREE_TEXT_VRS and self.identity.search(_bytes(element).upper()):
            return Action.EMPTY
        return Action.KEEP

    def _enter(self, dataset: Dataset, tag: BaseTag) -> Action:
        """Clean the items of a sequence; REMOVE where it turns out to be none."""
        items = dataset[tag].value
        if not isinstance(items, Sequence):
            return Action.REMOVE
        for item in items:
            self.clean(item)
        return Action.KEEP

    def _apply(self, action: Action, dataset: Dataset, element: Element, vr: str) -> None:
        tag = element.tag
        if action is Action.REMOVE:
            del dataset[tag]
        elif action is Action.EMPTY:
            dataset[tag] = DataElement(tag, vr, None)
        elif action is Action.PSEUDONYM:
            dataset[tag] = DataElement(tag, vr, self.patient)
        elif action is Action.SHIFT:
            dataset[tag] = DataElement(tag, vr, shifted(_ascii(element), vr, self.days))
        elif vr == "SQ":
            self._renew(dataset, tag, is_dummy=action is Action.DUMMY)
        elif vr == "UI":
            dataset[tag] = DataElement(tag, vr, self._new_uids(_ascii(element)).split("\\"))
        elif vr in _DUMMIES:
            dataset[tag] = DataElement(tag, vr, _DUMMIES[vr])
        else:
            del dataset[tag]

    def _renew(self, dataset: Dataset, tag: BaseTag, *, is_dummy: bool) -> None:
        """Clean the items of a sequence; then put dummies for all that is left but UIDs."""
        if self._enter(dataset, tag) is Action.REMOVE:
            del dataset[tag]
        elif is_dummy:
            for item in dataset[tag].value:
                for inner in list(item.elements()):
                    vr = vr_of(inner)
                    if vr != "UI":
                        self._apply(Action.DUMMY, item, inner, vr)

    def _new_uids(self, written: str) -> str:
        parts = (part.strip(" \0") for part in written.split("\\"))
        return "\\".join(self.pseudonyms.uid(part) for part in parts)


def vr_of(element: Element) -> str:
    """What an attribute holds: by the dictionary, for files may call it anything; else as said."""
    return dictionary_VR(element.tag) if dictionary_has_tag(element.tag) else str(element.VR or "")


def _is_empty(element: Element) -> bool:
    return element.value is None or element.value in (b"", "")


def _bytes(element: Element) -> bytes:
    value = element.value
    if isinstance(value, bytes):
        return value
    if isinstance(value, MultiValue):
        value = "\\".join(map(str, value))
    return str(value or "").encode("utf-8", "surrogateescape")


def _ascii(element: Element) -> str:
    """The text of an attribute of plain characters (UI, DA, TM, DT), without its padding."""
    return _bytes(element).decode("ascii", "replace").strip(" \0")
