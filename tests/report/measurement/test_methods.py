from headct.report.measurement.methods import methods, methods_used


def test_methods_tell_the_draws_the_seed_and_how_intervals_are_made(measured):
    told = " ".join(methods(measured))

    assert "240 rows of 40 patients" in told
    assert "20 times (seed 0)" in told
    assert "exact (Clopper-Pearson)" in told
    assert "at a prevalence of 0.1" in told
    assert "Bland and Altman" in told


def test_thresholds_chosen_on_the_test_are_said_to_be(measured, lone):
    both = [" ".join(methods(one)) for one in (measured, lone)]

    assert "were chosen on validation" in both[0]
    assert "were chosen on these very data" in both[1]


def test_masks_are_not_told_of_thresholds(measured_masks):
    told = " ".join(methods(measured_masks))

    assert "threshold" not in told


def test_each_way_of_making_an_interval_is_told_once(measured):
    used = methods_used(measured)

    assert len(used) == len(set(used))
    assert {"DeLong", "Clopper-Pearson"} <= set(used)
