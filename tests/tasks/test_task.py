from dataclasses import replace

import pytest

from headct.core.codes import FINDING_CODES
from headct.core.labels import ANY_HEMORRHAGE, HEMORRHAGE_SUBTYPES, LEUKOENCEPHALOPATHY
from headct.image.encoders import Gray
from headct.image.intensity import Rescale
from headct.image.pipeline import Pipeline
from headct.image.pipelines import PIPELINES
from headct.tasks.find import TASKS
from headct.tasks.task import Task

TASK = Task("t", "a task", (ANY_HEMORRHAGE,), "slice", "windows", "max", "youden")


def test_hemorrhage_asks_for_any_first_then_the_five_subtypes():
    labels = TASKS["hemorrhage"].labels

    assert labels == (ANY_HEMORRHAGE, *HEMORRHAGE_SUBTYPES)


def test_leukoencephalopathy_answers_patients_by_a_vote():
    task = TASKS["leukoencephalopathy"]

    assert task.labels == (LEUKOENCEPHALOPATHY,)
    assert task.level == "patient"
    assert str(task.to_patient).startswith("vote:")


def test_only_the_volume_task_measures_in_ml():
    measuring = [name for name, task in TASKS.items() if task.has_volume]

    assert measuring == ["hemorrhage_volume"]


@pytest.mark.parametrize("name", TASKS)
def test_codes_are_those_of_the_labels(name):
    task = TASKS[name]

    assert task.codes == tuple(FINDING_CODES[label] for label in task.labels)


def test_a_pipeline_may_be_named_or_given():
    own = Pipeline("own", (Rescale(0.0, 80.0), Gray()))

    assert TASK.steps is PIPELINES["windows"]
    assert replace(TASK, pipeline=own).steps is own


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"labels": ("bleed",)}, "unknown label 'bleed'"),
        ({"labels": ()}, "expected labels"),
        ({"labels": (ANY_HEMORRHAGE, ANY_HEMORRHAGE)}, "each once"),
        ({"level": "study"}, "slice or patient"),
        ({"pipeline": "D"}, "no pipeline 'D'"),
        ({"aggregation": "median"}, "expected vote"),
        ({"rule": "sensitivity>=2"}, "above 0 up to 1"),
        ({"rule": "best"}, "youden"),
        ({"has_volume": True}, "has_masks"),
        ({"title": ""}, "title"),
    ],
)
def test_what_does_not_fit_is_refused(change, told):
    with pytest.raises(ValueError, match=told):
        replace(TASK, **change)
