import json
from math import cos, inf, radians

import jsonschema
import numpy as np
import pytest

from headct.core.finding import Finding
from headct.core.volume import Volume
from headct.report.findings import as_findings, schema

SCANS = ["even", "uneven", "unmeasured", "clear"]


def properties(part):
    """Every described name below a part of the schema, as (name, its schema)."""
    if isinstance(part, dict):
        yield from part.get("properties", {}).items()
        for value in part.values():
            yield from properties(value)
    elif isinstance(part, list):
        for value in part:
            yield from properties(value)


def objects(part):
    if isinstance(part, dict):
        if part.get("type") == "object":
            yield part
        for value in part.values():
            yield from objects(value)


@pytest.mark.parametrize("which", SCANS)
def test_findings_follow_the_published_schema(which, request):
    said = as_findings(request.getfixturevalue(which))

    text = json.dumps(said, allow_nan=False)

    jsonschema.validate(json.loads(text), schema(), cls=jsonschema.Draft202012Validator)


def test_the_schema_is_valid_describes_every_name_and_allows_no_other():
    jsonschema.Draft202012Validator.check_schema(schema())

    undescribed = [name for name, part in properties(schema()) if "description" not in part]

    assert undescribed == []
    assert all("additionalProperties" in part for part in objects(schema()))
    assert schema()["$id"].endswith(schema()["properties"]["schema_version"]["const"])


@pytest.mark.parametrize("name", ["series", "findings", "warnings", "research_use_only"])
def test_findings_without_a_required_name_are_refused_by_the_schema(even, name):
    said = as_findings(even)

    del said[name]

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(said, schema())


def test_distances_are_along_the_normal_and_the_table_moved_further(uneven):
    series = as_findings(uneven)["series"]

    expected = [4.0, 4.0, 4.0, 1.08, 7.0, 7.0, 7.0]
    assert series["slices"] == 8
    assert series["tilt_deg"] == 18.5
    assert series["slice_distances_mm"] == pytest.approx(expected, abs=1e-3)
    moved = [mm / cos(radians(18.5)) for mm in expected]
    assert series["table_increments_mm"] == pytest.approx(moved, abs=1e-3)


def test_a_finding_says_what_was_measured_and_that_it_is_no_probability(even):
    (finding,) = as_findings(even)["findings"]

    # 187 pixels of 3.5 x 3.0 mm, 5 mm high.
    assert finding["volume_ml"] == pytest.approx(187 * 3.5 * 3.0 * 5 / 1000, abs=0.01)
    assert finding["code"] == {
        "value": "1386000",
        "scheme": "SCT",
        "meaning": "Intracranial hemorrhage",
    }
    assert finding["probability"] is None
    assert (finding["score"], finding["threshold"], finding["present"]) == (0.875, 0.5, True)
    assert finding["slices"] == [2, 3, 4]


def test_what_was_seen_but_not_used_is_told_with_its_reason(even):
    said = as_findings(even)

    assert said["series"]["refused"] == [{"what": "series 1", "reason": "localizer"}]
    assert said["set_aside"] == [{"what": "bright spot, slice 3", "reason": "calcification"}]
    assert said["series"]["missing_after"] == [5]


def test_no_identifier_and_no_folder_goes_into_findings(even):
    text = json.dumps(as_findings(even))

    assert "1.2.826" not in text
    assert "DOE" not in text
    assert '"scan": "IM01"' in text


def test_without_spacing_nothing_is_given_in_mm_or_ml(unmeasured):
    said = as_findings(unmeasured)

    series = said["series"]

    assert series["pixel_spacing_mm"] is None
    assert series["tilt_deg"] is None
    assert series["slice_distances_mm"] == series["table_increments_mm"] == []
    assert said["findings"][0]["volume_ml"] is None


def test_a_number_that_is_not_finite_is_refused(make):
    findings = (Finding("subdural", True, score=inf),)

    with pytest.raises(ValueError, match="finite"):
        as_findings(make["tell"](make["head"](), findings=findings))


def test_a_lone_slice_has_no_distances(make):
    volume = make["head"]()
    lone = Volume(np.ascontiguousarray(volume.hu[:1]), volume.grid.slices([0]))

    series = as_findings(make["tell"](lone))["series"]

    assert series["slice_distances_mm"] == series["table_increments_mm"] == []
