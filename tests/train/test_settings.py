from dataclasses import asdict, replace

import pytest

from headct.core.errors import OutputError, TrainError
from headct.train.plan import Plan
from headct.train.settings import RUN_JSON, check_same, plan_of, read_run, write_run

PLAN = Plan(precision="bf16-mixed", threads=3)


def test_where_nothing_was_begun_there_is_no_run(tmp_path):
    assert read_run(tmp_path) is None


def test_what_was_found_out_where_a_run_began_is_kept(tmp_path):
    write_run({"plan": asdict(PLAN)}, tmp_path)

    there = read_run(tmp_path)

    assert plan_of(there, Plan(seed=4)) == replace(PLAN, seed=4)
    assert plan_of(there, Plan(threads=1, precision="32-true")).threads == 1


def test_the_same_goes_on(tmp_path):
    asked = {"task": "hemorrhage", "labels": ["a", "b"], "plan": asdict(PLAN), "record": {"at": 1}}
    write_run(asked, tmp_path)

    check_same(read_run(tmp_path), {**asked, "record": {"at": 2}})


def test_another_task_or_plan_is_refused_with_what_differs(tmp_path):
    asked = {"task": "hemorrhage", "plan": asdict(PLAN)}
    write_run(asked, tmp_path)
    other = {"task": "hemorrhage_volume", "plan": asdict(replace(PLAN, epochs=7))}

    with pytest.raises(OutputError) as refused:
        check_same(read_run(tmp_path), other)

    assert "task hemorrhage there, hemorrhage_volume here" in str(refused.value)
    assert "epochs 20 there, 7 here" in str(refused.value)


@pytest.mark.parametrize("text", ["", "[]", '{"format": "other", "version": 1}', '{"plan": 1}'])
def test_a_file_that_is_no_run_is_refused(tmp_path, text):
    (tmp_path / RUN_JSON).write_text(text)

    with pytest.raises(TrainError, match="give a new folder"):
        read_run(tmp_path)
