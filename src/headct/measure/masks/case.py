"""Everything that is said of the masks of one case, class by class."""

from dataclasses import astuple, dataclass, field

from headct.core.volume import Mask
from headct.measure.masks.drawn import Drawn, classes, draw_class
from headct.measure.masks.lesions import LesionRule, Lesions, lesions
from headct.measure.masks.overlap import Overlap, overlap
from headct.measure.masks.surface import TOLERANCE_MM, surface_distances

SCORES = (
    *("dice", "iou", "precision", "recall"),
    *("surface_dice", "hausdorff_mm", "hd95_mm", "mean_distance_mm"),
    *("true_ml", "predicted_ml", "error_ml", "error_percent"),
    *("lesion_sensitivity", "lesion_precision", "lesion_f1"),
)
"""The scores of a case by name, in the order of tables."""


@dataclass(frozen=True)
class MaskRules:
    """What is a choice in scoring masks, and is stated with the scores.

    Args:
        tolerance_mm: how far apart two surfaces count as the same, in the surface Dice.
        by_area: whether a surface voxel counts by its area, or each alike as in other tools.
        lesion: when a lesion counts as found.
    """

    tolerance_mm: float = TOLERANCE_MM
    by_area: bool = True
    lesion: LesionRule = field(default_factory=LesionRule)

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance_mm < float("inf"):
            raise ValueError(f"a tolerance is at least 0 mm, got {self.tolerance_mm}")


@dataclass(frozen=True)
class SurfaceScores:
    """How far two surfaces lie apart; infinite where but one is there.

    Args:
        dice: share of both surfaces within the tolerance.
        hausdorff_mm: the largest distance.
        hd95_mm: the distance that holds 95 % of each.
        mean_mm: the average over both.
    """

    dice: float
    hausdorff_mm: float
    hd95_mm: float
    mean_mm: float


@dataclass(frozen=True, eq=False)
class ClassScore:
    """One class in one case.

    Args:
        label: which class.
        overlap: volumes, Dice and its like, and who has drawn the class.
        surface: None where neither mask has the class, or spacing is not known.
        lesions: its separate lesions.
    """

    label: str
    overlap: Overlap
    surface: SurfaceScores | None
    lesions: Lesions

    def values(self) -> dict[str, float | None]:
        """Every score by name, as in ``SCORES``; None where it is not defined."""
        surface = (None,) * 4 if self.surface is None else astuple(self.surface)
        values = (
            *(self.overlap.dice, self.overlap.iou, self.overlap.precision, self.overlap.recall),
            *surface,
            *(self.overlap.true_ml, self.overlap.predicted_ml),
            *(self.overlap.error_ml, self.overlap.error_percent),
            *(self.lesions.sensitivity, self.lesions.precision, self.lesions.f1),
        )
        return dict(zip(SCORES, values, strict=True))


@dataclass(frozen=True, eq=False)
class MaskCase:
    """The masks of one case, scored.

    Args:
        name: of the case, for lists that the user asked for, never for messages.
        patient: whose it is.
        classes: a score for each class that both masks tell of.
    """

    name: str
    patient: str
    classes: tuple[ClassScore, ...]


def score_masks(
    truth: Mask, predicted: Mask, rules: MaskRules | None = None
) -> tuple[ClassScore, ...]:
    """Score every class that both masks tell of.

    Args:
        truth: as it was drawn.
        predicted: on the same grid.
        rules: what is a choice.

    Raises:
        GeometryError: the masks lie on different grids; or lesions have a smallest size in mL and
            spacing is not known.
        ValueError: the masks have no class in common.
    """
    rules = MaskRules() if rules is None else rules
    names = classes(truth, predicted)
    if not names:
        raise ValueError(
            f"the masks have no class in common: the true one has {', '.join(truth.names)}, the "
            f"predicted one {', '.join(predicted.names)}; any_hemorrhage is made from subtypes "
            "only where a mask names all five"
        )
    return tuple(_score(name, draw_class(truth, predicted, name), rules) for name in names)


def _score(name: str, drawn: Drawn, rules: MaskRules) -> ClassScore:
    return ClassScore(
        label=name,
        overlap=overlap(drawn),
        surface=_surface(drawn, rules),
        lesions=lesions(drawn, rules.lesion),
    )


def _surface(drawn: Drawn, rules: MaskRules) -> SurfaceScores | None:
    distances = surface_distances(drawn)
    if distances is None:
        return None
    if not rules.by_area:
        distances = distances.each_alike()
    return SurfaceScores(
        dice=distances.dice(rules.tolerance_mm),
        hausdorff_mm=distances.hausdorff_mm,
        hd95_mm=distances.percentile_mm(95),
        mean_mm=distances.mean_mm,
    )
