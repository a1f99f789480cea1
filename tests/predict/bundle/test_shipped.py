from pathlib import Path

import pytest

from headct.core.labels import ANY_HEMORRHAGE
from headct.predict.bundle.bundle import open_bundle
from headct.predict.bundle.shipped import SHIPPED, bundle_path
from headct.tasks.hemorrhage import TASK


@pytest.fixture(scope="module")
def shipped():
    return open_bundle(SHIPPED)


def test_it_fits_into_the_package():
    assert SHIPPED.stat().st_size <= 25_000_000


def test_it_opens_and_does_what_pytorch_did(shipped):
    assert shipped.difference <= 1e-4
    assert shipped.manifest.task.labels == TASK.labels


def test_it_decides_on_hemorrhage(shipped):
    assert shipped.manifest.threshold(ANY_HEMORRHAGE, "patient").threshold is not None


def test_licences_and_limits_are_stated(shipped):
    assert {"CC-BY-4.0", "Apache-2.0"} <= {one.licence for one in shipped.manifest.sources}
    assert "research use only" in shipped.card.lower()
    assert "What it is bad at" in shipped.card


def test_the_word_stands_for_it_and_a_path_for_itself():
    assert bundle_path("default") == SHIPPED
    assert bundle_path("mine.headct") == Path("mine.headct")
