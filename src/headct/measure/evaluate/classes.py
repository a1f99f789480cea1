"""The hemorrhage paper's table of one system: of each subtype, how many slices are found."""

import numpy as np

from headct.core.labels import HEMORRHAGE_SUBTYPES
from headct.measure.counts.paper_table import PaperTable, Side, paper_table
from headct.measure.evaluate.settings import Settings
from headct.measure.outcomes import UNKNOWN, Level, Outcomes


def count_classes(outcomes: Outcomes, settings: Settings) -> PaperTable | None:
    """Subtypes of slices at the stated threshold, as the test side of the paper's table.

    None where rows are no slices, or fewer than two subtypes have any slice.
    """
    if outcomes.level is not Level.SLICE:
        return None
    given = np.where(np.isnan(outcomes.scores), UNKNOWN, outcomes.truth)
    columns = [
        column
        for column, label in enumerate(outcomes.labels)
        if label in HEMORRHAGE_SUBTYPES and (given[:, column] == 1).any()
    ]
    if len(columns) < 2:
        return None
    called = np.nan_to_num(outcomes.scores[:, columns], nan=0.0) >= settings.threshold
    return paper_table(
        [outcomes.labels[column] for column in columns],
        None,
        Side(given[:, columns].astype(np.int8), called, outcomes.patients),
        rng=np.random.default_rng(settings.seed),
        samples=settings.samples,
        level=settings.confidence,
    )
