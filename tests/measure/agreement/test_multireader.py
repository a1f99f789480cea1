import numpy as np
import pytest

from headct.measure.agreement.multireader import (
    multireader,
    obuchowski_rockette,
    reader_covariances,
)
from headct.measure.curves.delong import delong, delong_test
from headct.measure.resampling.obuchowski import obuchowski_test

# Spin-echo and cine MRI for aortic dissection, 5 readers of 114 patients: Van Dyke et al., Cine MRI
# in the diagnosis of thoracic aortic dissection, RSNA 1993. Areas, and their covariances by
# jackknife, as R's RJafroc prints them for its dataset02 (StSignificanceTesting, method "OR").
VAN_DYKE = np.array(
    [
        [0.91964573, 0.85877617, 0.90386473, 0.97310789, 0.82979066],
        [0.94782609, 0.90531401, 0.92173913, 0.99935588, 0.92995169],
    ]
)
VARIANCES = (0.00101410277, 0.00059047376)
COV1, COV2, COV3 = 0.00034661371, (0.00048396180, 0.00020418785), 0.00023902837


def van_dyke():
    treatment, reader = np.divmod(np.arange(10), 5)
    same = (treatment[:, None] == treatment, reader[:, None] == reader)
    inside = np.where(same[1], np.take(VARIANCES, treatment), np.take(COV2, treatment))
    return np.where(same[0], inside, np.where(same[1], COV1, COV3))


def ends(one):
    return one.value, one.low, one.high


def study(cases=80, readers=4, gain=0.0, seed=1, repeats=1):
    """Scores of readers who share what is hard about a case, without and with an aid."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(rng.random(cases) < 0.5, repeats)
    case = np.repeat(rng.normal(0, 1, cases), repeats)
    skill = rng.normal(1.5, 0.2, readers)
    scores = [
        truth[:, None] * (skill + extra + rng.normal(0, 0.1, readers))
        + 0.7 * case[:, None]
        + rng.normal(0, 0.7, (len(truth), readers))
        for extra in (0.0, gain)
    ]
    return truth, *scores, np.repeat(np.arange(cases), repeats)


def test_the_comparison_of_van_dykes_readers_is_as_published():
    found = obuchowski_rockette(VAN_DYKE, van_dyke())

    # RRRC, random readers and cases, as RJafroc and MRMCaov print it.
    assert found.statistic**2 == pytest.approx(4.4563187, rel=1e-6)
    assert found.freedom == pytest.approx(15.259675, rel=1e-6)
    assert found.p == pytest.approx(0.051665686, rel=1e-6)
    assert ends(found.difference) == pytest.approx(
        (0.043800322, -0.00035885444, 0.087959499), abs=2e-8
    )
    assert ends(found.without) == pytest.approx((0.89703704, 0.82522360, 0.96885048))
    assert ends(found.aided) == pytest.approx((0.94083736, 0.89413783, 0.98753689))


def test_the_comparison_of_van_dykes_readers_as_fixed_ones_is_as_published():
    found = obuchowski_rockette(VAN_DYKE, van_dyke(), readers="fixed")

    # FRRC. (RJafroc takes t with 113 degrees of freedom for the means: 0.8494 to 0.9446.)
    assert found.statistic == pytest.approx(2.3400755, rel=1e-6)
    assert found.p == pytest.approx(0.019279843, rel=1e-6)
    assert ends(found.difference) == pytest.approx((0.043800322, 0.0071147303, 0.080485914))
    assert found.without.high - found.without.value == pytest.approx(1.959964 * 0.024289710)


def test_covariances_are_those_of_delong():
    truth, first, second, patients = study(readers=1)
    both = np.concatenate([first, second], axis=1)
    tested = delong_test(truth, first[:, 0], second[:, 0])

    areas, covariances = reader_covariances(truth, both, patients)
    variance = covariances[0, 0] + covariances[1, 1] - 2 * covariances[0, 1]

    assert areas == pytest.approx([tested.first.value, tested.second.value])
    reach = 1.959964 * np.sqrt(covariances[0, 0])
    assert delong(truth, first[:, 0]).low == pytest.approx(areas[0] - reach)
    assert (areas[0] - areas[1]) / np.sqrt(variance) == pytest.approx(tested.z)


def test_one_fixed_reader_is_delongs_test():
    truth, without, aided, _ = study(readers=1, gain=0.5)

    found = multireader(truth, without, aided, readers="fixed")
    expected = delong_test(truth, aided[:, 0], without[:, 0])

    assert found.p == pytest.approx(expected.p)
    assert found.difference.low == pytest.approx(expected.difference.low)
    assert found.difference.value == pytest.approx(expected.difference.value)


def test_one_fixed_reader_of_patients_with_several_rows_is_obuchowskis_test():
    truth, without, aided, patients = study(readers=1, gain=0.5, repeats=3)
    truth = truth ^ (np.arange(len(truth)) % 3 == 0)

    found = multireader(truth, without, aided, patients=patients, readers="fixed")
    expected = obuchowski_test(truth, aided[:, 0], without[:, 0], patients)

    assert found.statistic == pytest.approx(expected.z)
    assert found.p == pytest.approx(expected.p)


def test_fixed_readers_are_the_variance_of_the_mean_difference():
    # With the aid other cases are hard, so that readers share more within than across.
    truth, without, aided, patients = study()
    aided += np.random.default_rng(2).normal(0, 1, (len(truth), 1))
    _, covariances = reader_covariances(truth, np.concatenate([without, aided], axis=1), patients)
    weights = np.repeat([-0.25, 0.25], 4)

    found = multireader(truth, without, aided, readers="fixed")

    # Where no bound is met, the means of covariances are the quadratic form itself.
    assert found.difference.value / found.statistic == pytest.approx(
        np.sqrt(weights @ covariances @ weights)
    )


@pytest.mark.parametrize("readers", ["random", "fixed"])
def test_an_aid_that_does_nothing_is_seldom_called_one(readers):
    tested = [multireader(*study(seed=seed)[:3], readers=readers).p for seed in range(400)]

    # Random readers: 5 %, three standard errors of 400 trials. Fixed ones claim too often, since
    # each reader here gains or loses some by chance: that is what they leave out.
    called = np.mean(np.array(tested) < 0.05)
    assert called < 0.083 if readers == "random" else called > 0.02


def test_a_case_that_one_did_not_score_is_left_out_and_counted():
    truth, without, aided, _ = study(gain=0.5)
    without[3, 1] = np.nan

    found = multireader(truth, without, aided)
    expected = multireader(*(np.delete(each, 3, axis=0) for each in (truth, without, aided)))

    assert (found.cases, found.left_out) == (79, 1)
    assert (found.p, found.difference) == (expected.p, expected.difference)


@pytest.mark.filterwarnings("error")
def test_what_cannot_be_compared_says_why():
    truth, without, aided, _ = study(cases=20)
    lone = np.arange(20) == 0

    no_positive = multireader(np.zeros(20, bool), without, aided)
    one_positive = multireader(lone, without, aided)
    one_reader = multireader(truth, without[:, :1], aided[:, :1])
    same = multireader(truth, without, without)
    perfect = multireader(truth, *[np.tile(truth[:, None] * 1.0, (1, 3))] * 2)

    assert no_positive.difference.value is None
    assert one_positive.difference.value is not None
    assert (one_positive.difference.low, one_positive.p) == (None, None)
    assert one_reader.difference.note.startswith("no interval for other readers")
    assert same.difference.value == 0
    assert same.p == 1
    assert (perfect.difference.low, perfect.p) == (None, 1)


def test_tables_that_do_not_fit_are_refused():
    truth, without, aided, _ = study()

    with pytest.raises(ValueError, match="twice for each truth"):
        multireader(truth, without, aided[:, :2])
    with pytest.raises(ValueError, match="finite"):
        multireader(truth, without, np.full_like(aided, np.inf))
    with pytest.raises(ValueError, match="covariances of 10 areas"):
        obuchowski_rockette(VAN_DYKE, np.eye(4))
    with pytest.raises(ValueError, match="random or fixed"):
        obuchowski_rockette(VAN_DYKE, van_dyke(), readers="some")
