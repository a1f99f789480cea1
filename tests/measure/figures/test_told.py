import pytest

from headct.measure.estimate import Estimate
from headct.measure.figures.told import ml_digits, told


@pytest.mark.parametrize(
    ("estimate", "expected"),
    [
        (Estimate(-1.5, -2.25, 0.5), "\N{MINUS SIGN}1.500 (\N{MINUS SIGN}2.250 to 0.500)"),
        (Estimate(-0.0001, -0.0002, 0.1), "0.000 (0.000 to 0.100)"),
        (Estimate(-2e7), "\N{MINUS SIGN}2e+07"),
        (Estimate(None), "not defined"),
    ],
)
def test_minus_is_a_minus_sign_and_nothing_is_minus_nothing(estimate, expected):
    assert told(estimate) == expected


@pytest.mark.parametrize(
    ("estimate", "expected"),
    [
        (Estimate(0.0123, -0.004, 0.02), "0.012 (\N{MINUS SIGN}0.004 to 0.020)"),
        (Estimate(0.3, 0.1, 0.55), "0.30 (0.10 to 0.55)"),
        (Estimate(31.25, 20.0, 42.5), "31.2 (20.0 to 42.5)"),
        (Estimate(0.0), "0.0"),
    ],
)
def test_a_volume_has_the_digits_that_tell(estimate, expected):
    assert told(estimate, ml_digits(estimate)) == expected
