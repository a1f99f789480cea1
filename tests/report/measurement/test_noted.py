from headct.measure.estimate import Estimate
from headct.report.measurement.noted import noted
from headct.report.measurement.tables import Table


def table(*estimates):
    rows = tuple((f"label {i}", one) for i, one in enumerate(estimates))
    return Table("", ("label", "AUC"), rows, ("first",))


def test_a_note_of_a_whole_column_names_it_once():
    one = Estimate(0.5, 0.4, 0.6, "DeLong", "by hand")

    assert noted(table(one, one, None)).notes == ("first", "AUC: by hand.")


def test_a_note_of_some_rows_names_them():
    has, other = Estimate(1.0, note="no interval: odd"), Estimate(0.5, 0.4, 0.6, "DeLong")

    assert noted(table(has, other, has)).notes[1:] == (
        "AUC of label 0; label 2: no interval: odd.",
    )


def test_no_interval_and_no_reason_is_said():
    assert noted(table(Estimate(0.5))).notes[1:] == ("AUC: no interval is made.",)


def test_of_many_notes_the_first_are_told_and_the_others_counted():
    many = [Estimate(0.5, note=f"chance gives {i}") for i in range(20)]

    notes = noted(table(*many)).notes[1:]

    assert len(notes) == 13
    assert notes[-1] == "AUC: 8 more notes stand in the table as CSV."


def test_how_an_interval_was_made_is_left_to_its_method():
    how = "rows of 3 of 20 patients are wrong, too few to draw anew: exact, of the effective rows"
    one = Estimate(0.5, 0.4, 0.6, "exact", f"at a prevalence of 0.1; {how}")

    assert noted(table(one)).notes[1:] == ("AUC: at a prevalence of 0.1.",)
    assert noted(table(Estimate(0.5, 0.4, 0.6, "exact", how))).notes == ("first",)
