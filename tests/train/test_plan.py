import pytest

from headct.train.plan import Plan


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("batch_size", 0),
        ("devices", 0),
        ("steps", -1),
        ("learning_rate", 0.0),
        ("ema", 1.0),
        ("optimizer", "sgd"),
        ("schedule", "steps"),
        ("precision", "8"),
    ],
)
def test_a_value_that_is_none_is_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"{field}: expected"):
        Plan(**{field: value})
