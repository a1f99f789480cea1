"""How makers of scanners write the same picture: stored values, padding, names of kernels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from headct.dicom.storage import Storage
from headct.dicom.write import Header


@dataclass(frozen=True)
class Vendor:
    """What a reader meets in the files of one maker.

    Args:
        manufacturer: how their files are signed.
        storage: slope, intercept, sign, bits and padding of the stored values.
        kernels: the maker's name for each of ``headct.phantom.scanner.kernels.KERNELS``.
        has_negative_zeros: whether zeros of the orientation are written "-0".
    """

    manufacturer: str
    storage: Storage
    kernels: Mapping[str, str]
    has_negative_zeros: bool = False

    def dress(self, header: Header, kernel: str) -> Header:
        """The header as this maker would write it, for a scan with one of our kernels."""
        return replace(
            header,
            manufacturer=self.manufacturer,
            kernel=self.kernels[kernel],
            storage=self.storage,
            has_negative_zeros=self.has_negative_zeros,
        )


def _named(soft: str, standard: str, bone: str) -> Mapping[str, str]:
    return {"soft": soft, "standard": standard, "bone": bone}


# Values as such files are usually met, names as in ``headct.dicom.kernels``. The older GE is
# that of a real series (HiSpeed Dual); which maker writes "-0" is an assumption: some do.
VENDORS: dict[str, Vendor] = {
    "GE": Vendor(
        "GE MEDICAL SYSTEMS",
        Storage(1, -1024, True, 16, padding=-2000),
        _named("SOFT", "STANDARD", "BONE"),
    ),
    "GE, older": Vendor(
        "GE MEDICAL SYSTEMS",
        Storage(1, 0, True, 16, padding=-1500),
        _named("SOFT", "STD+", "BONE"),
    ),
    "Siemens": Vendor(
        "SIEMENS", Storage(1, -1024, False, 12), _named("H21s", "H31s", "H60s"), True
    ),
    "Philips": Vendor("Philips", Storage(1, -1000, False, 12), _named("UA", "UB", "D")),
    "Toshiba": Vendor(
        "TOSHIBA", Storage(1, 0, True, 16, padding=-2048), _named("FC20", "FC21", "FC30")
    ),
}
