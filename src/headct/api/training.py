"""The verb that learns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headct.core.finding import Progress
    from headct.train.explaining.explain import Explained
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


def explain(
    run: Path | str,
    store: Path | str,
    out: Path | str,
    *,
    labels: Sequence[str] = (),
    part: str = "",
    cohort: Path | str | None = None,
    layout: str = "",
    threshold: float = 0.5,
    rows: int = 6,
    seed: int = 0,
    progress: "Progress | None" = None,
) -> "Explained":
    """Say where a trained network looks: Grad-CAM figures, and its attention by region.

    Args:
        run: folder of a finished run of ``train``.
        store: that it was trained on, or another of the same pipeline.
        out: a folder to make: figures, attention.csv, mean_attention.csv.
        labels: whose heatmaps to make; empty for the task's first.
        part: "test", "validation" or "all"; empty for test patients, or else validation.
        cohort: that was prepared, where skull and ventricles cannot be found in frames of its
            pipeline, and are looked for in the scans.
        layout: how the cohort is filed; empty to find out.
        threshold: from which score of its highest slice on a study is called, for the figures.
        rows: of a figure, at most, drawn by chance; 0 for no figures.
        seed: draws the rows, and the samples of intervals.
        progress: told after each study.

    Raises:
        TrainError: the run is not finished, does not fit the store, or PyTorch is not there.
        CohortError: store or cohort cannot be read, or regions cannot be found in the frames.
        OutputError: ``out`` holds something, or cannot be written.
        ValueError: a label or part that there is none of.
    """
    check_installed()

    from headct.train.explaining.explain import Wish
    from headct.train.explaining.explain import explain as run_it

    wish = Wish(
        Path(run),
        Path(store),
        Path(out),
        labels=tuple(labels),
        part=part,
        cohort=None if cohort is None else Path(cohort),
        layout=layout,
        threshold=threshold,
        rows=rows,
        seed=seed,
    )
    return run_it(wish, progress)
