"""The verb that learns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headct.train.run import Trained


def check_installed() -> None:
    """Refuse to train where that is not installed.

    Raises:
        TrainError: a library is missing.
    """
    from importlib.util import find_spec

    from headct.core.errors import TrainError

    if not all(find_spec(name) for name in ("torch", "lightning", "timm")):
        raise TrainError("training needs PyTorch, Lightning and timm: pip install 'headct[train]'")


def train(
    task: Path | str,
    store: Path | str,
    out: Path | str,
    *,
    split: Path | str,
    fold: str = "",
    round_name: str = "",
    network: str = "",
    others: Sequence[tuple[Path | str, float]] = (),
    plan: Mapping[str, int | float | str] | None = None,
    pretrained: bool = True,
    resume: bool = False,
    watch: bool = False,
) -> "Trained":
    """Train a network on a prepared cohort, predict validation and test, write its graph.

    Args:
        task: its name, as ``headct tasks`` lists it, or the path of a Python file that declares
            one; that file is run.
        store: folder that ``prepare`` has made.
        out: a folder to make: weights.pt, network.onnx, validation.csv, test.csv, truth.csv,
            history.csv, learning_curve.png, run.json, last.ckpt.
        split: the split.json of that cohort.
        fold: "2/5" for the second of five folds.
        round_name: which round of the split, in its place; empty where there is one. "all" trains
            on every patient of the split, for a bundle whose figures come from folds.
        network: by name: "multitask", "efficientnet-lite0", "unet", or one of timm; empty for
            that of the task's recipe.
        others: more stores to learn from, each with its share of a batch.
        plan: what differs from the recipe's plan, by field of ``headct.train.plan.Plan``:
            ``{"epochs": 5, "seed": 1}``.
        pretrained: begin with ImageNet weights where a package brings them.
        resume: go on from the last epoch of the run in ``out``.
        watch: show a progress bar.

    Raises:
        TrainError: this cannot be learned from, not by this network, or PyTorch is not there.
        CohortError: store or split cannot be read, or do not belong together.
        OutputError: ``out`` holds another run, or cannot be written.
        ValueError: a value of the plan that is none.
    """
    check_installed()

    from dataclasses import replace

    from headct.train.gather import Order
    from headct.train.recipes.find import find_recipe
    from headct.train.recipes.own_file import is_own_file
    from headct.train.run import train as run

    recipe = find_recipe(str(task))
    changes: dict[str, object] = dict(plan or {})
    recipe = replace(
        recipe,
        network=network or recipe.network,
        plan=replace(recipe.plan, **changes),  # type: ignore[arg-type]
    )
    return run(
        Order(
            recipe,
            Path(store),
            Path(split),
            Path(out),
            fold=fold,
            round_name=round_name,
            others=tuple((Path(folder), share) for folder, share in others),
            is_pretrained=pretrained,
            task_file=Path(task) if is_own_file(str(task)) else None,
            resumes=resume,
            is_watched=watch,
        )
    )
