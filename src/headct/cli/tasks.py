"""``headct tasks``: what can be asked."""

from rich.console import Console
from rich.markup import escape

from headct import api


def tasks() -> None:
    """List the tasks: what a network can be trained for and a bundle asked."""
    console = Console(highlight=False, soft_wrap=True)
    for name, task in api.tasks().items():
        console.print(f"[bold]{escape(name)}[/]: {escape(task.title)}")
        for label, code in zip(task.labels, task.codes, strict=True):
            console.print(f"  {'label':<13}{label} ({code.scheme} {code.value}, {code.meaning})")
        level = "slices and patients" if task.level == "slice" else "patients"
        console.print(f"  {'answers':<13}{level}; slices to patients by {task.aggregation}")
        console.print(f"  {'pipeline':<13}{escape(task.steps.name)}")
        console.print(f"  {'threshold':<13}{escape(task.rule)}, chosen on validation patients")
        masks = "measured in mL" if task.has_volume else "learned from where they are there"
        console.print(f"  {'masks':<13}{masks if task.has_masks else 'none'}")
