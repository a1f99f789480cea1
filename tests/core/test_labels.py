import pytest

from headct.core.labels import HEMORRHAGE_SUBTYPES, LABELS, check_label


def test_the_fixed_labels_are_these():
    assert set(LABELS) == {
        "any_hemorrhage",
        "epidural",
        "intraparenchymal",
        "intraventricular",
        "subarachnoid",
        "subdural",
        "leukoencephalopathy",
    }
    assert set(HEMORRHAGE_SUBTYPES) == set(LABELS) - {"any_hemorrhage", "leukoencephalopathy"}


@pytest.mark.parametrize("name", LABELS)
def test_a_fixed_label_is_given_back(name):
    assert check_label(name) == name


@pytest.mark.parametrize("name", ["", "Subdural", "stroke"])
def test_any_other_label_is_refused(name):
    with pytest.raises(ValueError, match="expected one of any_hemorrhage"):
        check_label(name)
