"""What must be known of single figures of a table: why there is no interval, what chance does."""

from dataclasses import replace

from headct.measure.estimate import Estimate
from headct.report.measurement.tables import Table, shown

# Words for notes of single methods that a reader of tables does not know.
_PLAIN = {
    "no interval: no case pulls, so the method sees no error": (
        "no interval: positives and negatives are fully apart, or all scores are the same"
    ),
}
# How an interval was made, which the method of its cell says too: the page's tips and CSV have it.
_OF_METHODS = ("too few to draw anew", "a count is 0")
_MOST = 12


def noted(table: Table) -> Table:
    """The table with the notes of its figures below it, each once.

    A note that holds for a whole column names the column; others name their rows. Of more than a
    few in one column the first are told, and the CSV has them all.
    """
    found: list[str] = []
    for place, column in enumerate(table.full_columns):
        by_note: dict[str, list[str]] = {}
        estimates = 0
        for row in table.rows:
            cell = row[place]
            if not isinstance(cell, Estimate):
                continue
            estimates += 1
            if note := note_of(cell):
                heads = dict.fromkeys(shown(one) for one in row[: table.row_heads])
                by_note.setdefault(note, []).append(", ".join(heads))
        told = [
            f"{column}: {note}."
            if len(rows) == estimates
            else f"{column} of {'; '.join(dict.fromkeys(rows))}: {note}."
            for note, rows in by_note.items()
        ]
        found += told[:_MOST]
        if len(told) > _MOST:
            found.append(f"{column}: {len(told) - _MOST} more notes stand in the table as CSV.")
    return replace(table, notes=(*table.notes, *found))


def note_of(estimate: Estimate) -> str:
    """Its note; or that it has no interval, where nothing says so."""
    parts = _PLAIN.get(estimate.note, estimate.note).split("; ")
    note = "; ".join(part for part in parts if not any(how in part for how in _OF_METHODS))
    if not note and estimate.value is not None and estimate.low is None:
        return "no interval is made"
    return note
