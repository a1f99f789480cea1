import re

from headct.report.measurement.checklist import AUTHORS, CLAIM, TRIPOD_AI, checklist_table


def test_the_items_are_all_there_in_order():
    tripod = [item.number for item in TRIPOD_AI.items]
    claim = [item.number for item in CLAIM.items]

    # 27 items of TRIPOD+AI are 52 with their parts; CLAIM 2024 has 44.
    assert list(dict.fromkeys(int(re.match(r"\d+", one)[0]) for one in tripod)) == [*range(1, 28)]
    assert len(set(tripod)) == 52
    assert claim == [str(number) for number in range(1, 45)]


def test_what_a_measurement_knows_is_filled_in_and_the_rest_is_left(measured):
    rows = {row[0]: row[2] for row in checklist_table(TRIPOD_AI, measured).rows}

    assert "20 of 40 have hemorrhage" in rows["20a"]
    assert "site" in rows["23b"]
    assert "AUC 0." in rows["23a"]
    assert rows["17"] == AUTHORS


def test_what_was_not_done_is_left_to_the_authors(lone, measured_masks):
    for one in (lone, measured_masks):
        rows = {row[0]: row[2] for row in checklist_table(CLAIM, one).rows}

        assert rows["20"] == AUTHORS
        assert rows["30"] == AUTHORS
