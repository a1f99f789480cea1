import pytest

from headct.phantom.insertion.background import Background, make_background


@pytest.fixture(scope="session")
def background(healthy) -> Background:
    """A digital head without a bleed, treated as any scan: nothing of its truth is used."""
    made = make_background(healthy.volume)
    assert isinstance(made, Background), made
    return made
