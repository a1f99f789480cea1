"""One bleed and its scans for all tests of the folder."""

import pytest

from headct.phantom.body.anatomy import Head
from headct.phantom.lesions.bleed import Lesion, bleed
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import Phantom, scan_head


@pytest.fixture(scope="session")
def clot(person: Head) -> Lesion:
    return bleed(person, "intraparenchymal", 30.0, seed=3)


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
