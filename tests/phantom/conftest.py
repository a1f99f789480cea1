"""One bleed and its scans for all tests of the folder."""

import pytest

from headct.phantom.body.anatomy import Head
from headct.phantom.examination import Examination, Person, examine
from headct.phantom.lesions.bleed import Lesion, bleed
from headct.phantom.lesions.disease import Disease, Hemorrhage
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import Phantom, scan_head


@pytest.fixture(scope="session")
def clot(person: Head) -> Lesion:
    return bleed(person, "intraparenchymal", 30.0, seed=3)


@pytest.fixture(scope="session")
def examined() -> Examination:
    """An old head with all that one can ask for, scanned in thick slices that overlap."""
    bleeds = (
        Hemorrhage("subdural", 60.0, age_days=10.0, site="left convexity"),
        Hemorrhage("intraventricular", 2.0, form="layering"),
    )
    disease = Disease(grade=2, lacunes=1, lookalike="dense falx", bleeds=bleeds, is_fractured=True)
    protocol = Protocol((Block(32, 5.0, 8.0),), matrix=64, tilt_deg=10.0, kernel="soft")
    return examine(Person(6, age_years=70), disease, protocol, "Siemens")


PROTOCOLS = {
    "straight": Protocol((Block(30, 5.0, 5.0),), matrix=128),
    "tilted": Protocol((Block(32, 5.0, 5.0),), matrix=128, tilt_deg=20.0),
    "mixed": Protocol((Block(18, 2.5, 2.5), Block(16, 7.5, 7.0)), matrix=128),
    "tilted back, mixed": Protocol(
        (Block(24, 2.5, 2.5), Block(20, 7.5, 7.0)), matrix=128, tilt_deg=-20.0, start_mm=-115.0
    ),
}


@pytest.fixture(scope="session", params=list(PROTOCOLS))
def scanned(request: pytest.FixtureRequest, person: Head, clot: Lesion) -> Phantom:
    return scan_head(person, [clot], PROTOCOLS[request.param], seed=1)
