import json

import pytest
from tests.train.bundling.written_run import edited

from headct.core.errors import BundleError
from headct.predict.bundle.manifest import Source
from headct.train.bundling.finished import read_finished
from headct.train.bundling.sources import NOT_STATED, read_sources, sources_of

TOML = """
[[source]]
name = "balls"
use = "training"
licence = "CC0-1.0"
attribution = "nobody"
"""
BALLS = Source("balls", "training", "CC0-1.0", "nobody")


def test_sources_are_read_from_toml_and_from_json(tmp_path):
    (tmp_path / "s.toml").write_text(TOML)
    entry = {"name": "balls", "use": "training", "licence": "CC0-1.0", "attribution": "nobody"}
    (tmp_path / "s.json").write_text(json.dumps({"source": [entry]}))

    assert read_sources(tmp_path / "s.toml") == (BALLS,)
    assert read_sources(tmp_path / "s.json") == (BALLS,)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "something else"),
        ("[[source]]\nname = 'x'\n", "source 1.*keys"),
        (TOML.replace("CC0-1.0", ""), "licence: expected a text"),
        (TOML + "more = 1\n", "keys"),
        ("more = 1\n" + TOML, "something else"),
        ("source = 1\n", "expected a list"),
        ("[[source\n", "TOML"),
    ],
)
def test_sources_that_are_none_are_refused_with_the_place(tmp_path, text, told):
    (tmp_path / "s.toml").write_text(text)

    with pytest.raises(BundleError, match=told) as refused:
        read_sources(tmp_path / "s.toml")
    assert "s.toml" in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BundleError, match="No such file"):
        read_sources(tmp_path / "none.toml")


def test_a_cohort_of_which_nothing_is_said_is_listed_as_not_stated(everybody):
    (source,) = sources_of(read_finished(everybody), ())

    assert (source.name, source.licence) == ("balls", NOT_STATED)


def test_what_is_given_takes_the_place_of_what_is_known(everybody):
    assert sources_of(read_finished(everybody), (BALLS,)) == (BALLS,)


def test_ct_ich_and_imagenet_weights_are_known_by_name(everybody, tmp_path):
    kinds = {"cohort": {"name": "ct", "kind": "ct-ich"}}
    other = {"name": "more", "folder": "m", "kind": "nifti", "slices": 5, "share": 0.5}
    run = edited(
        *(everybody, tmp_path / "run"),
        network={"name": "multitask", "pretrained": True},
        data=kinds | {"others": [other]},
    )

    found = {source.name: source for source in sources_of(read_finished(run), ())}

    assert list(found) == ["CT-ICH", "more", "ImageNet weights of EfficientNet-lite0"]
    assert found["CT-ICH"].licence == "CC-BY-4.0"
    assert "10.3390/data5010014" in found["CT-ICH"].attribution
    assert found["more"].licence == NOT_STATED


def test_a_network_without_weights_to_begin_with_owes_nothing_to_imagenet(everybody, tmp_path):
    by_chance = edited(everybody, tmp_path / "a", network={"name": "unet", "pretrained": True})
    unwanted = edited(
        everybody, tmp_path / "b", network={"name": "efficientnet-lite0", "pretrained": False}
    )

    for run in (by_chance, unwanted):
        assert [source.name for source in sources_of(read_finished(run), ())] == ["balls"]
