import json

import pytest

from headct.measure.outcomes import Level
from headct.report.measurement.as_json import as_json, plain


def label(told, level, name):
    (at,) = (one for one in told["systems"][0]["levels"] if one["level"] == level)
    return next(one for one in at["labels"] if one["label"] == name)


def test_every_figure_comes_with_its_interval_and_how_it_was_made(measured, record):
    told = json.loads(as_json(measured, record))

    auc = label(told, "patient", "any_hemorrhage")["areas"]["auc"]

    expected = measured.systems[0].levels[1].labels[0].areas["auc"]
    assert auc == {
        "value": expected.value, "low": expected.low, "high": expected.high,
        "method": "DeLong", "note": expected.note,
    }  # fmt: skip


def test_counts_settings_and_record_are_there(measured, record):
    told = json.loads(as_json(measured, record))

    one = label(told, "patient", "epidural")

    assert (one["rows"], one["positives"], one["is_few"]) == (40, 3, True)
    assert told["settings"]["prevalence"] == 0.1
    assert told["record"]["inputs"] == {"predictions": "ab" * 32}


def test_no_identifier_gets_into_it(measured, measured_masks, record):
    texts = [as_json(one, record) for one in (measured, measured_masks)]

    assert not any("Novak" in text for text in texts)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("inf"), "inf"),
        (float("nan"), None),
        (Level.SLICE, "slice"),
        ({Level.SLICE: (True, 1.5)}, {"slice": [True, 1.5]}),
    ],
)
def test_what_json_has_no_number_for_is_a_text_or_null(value, expected):
    told = plain(value)

    assert told == expected


def test_a_value_that_no_measurement_holds_is_refused():
    with pytest.raises(TypeError, match="set"):
        plain({1, 2})
