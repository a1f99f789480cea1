"""Run every measurement, or the ones named: ``python -m bench volume speed``."""

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from bench import (
    beside,
    bleed_volume,
    bleeds,
    bootstrap,
    cohort,
    coverage,
    ctich,
    discriminator,
    finder,
    intervals,
    kernel,
    leaks,
    leukoencephalopathy,
    measuring,
    pipelines,
    prepare,
    quality,
    reading,
    realism,
    scanner,
    speed,
    stages,
    volume,
)
from bench.traps.__main__ import compare
from headct.core.record import installed_versions


def with_torch(name: str) -> Callable[[], None]:
    """A section that needs PyTorch, or says that it is left out."""

    def run() -> None:
        if find_spec("torch") is None:
            print("(left out: needs PyTorch: make .venv/.train)")
        else:
            import_module(f"bench.{name}").main()

    return run


SECTIONS: dict[str, Callable[[], None]] = {
    "volume": volume.main,
    "finder": finder.main,
    "ctich": ctich.main,
    "cohort": cohort.main,
    "quality": quality.main,
    "leaks": leaks.main,
    "kernel": kernel.main,
    "pipelines": pipelines.main,
    "prepare": prepare.main,
    "intervals": intervals.main,
    "bootstrap": bootstrap.main,
    "coverage": coverage.main,
    "measuring": measuring.main,
    "reading": reading.main,
    "stages": stages.main,
    "speed": speed.main,
    "training": with_torch("training"),
    "answering": with_torch("answering"),
    "scanner": scanner.main,
    "realism": realism.main,
    "discriminator": discriminator.main,
    "traps": lambda: print("\n".join(compare())),
}


TRIALS: dict[str, Callable[[], None]] = {
    "bleeds": bleeds.main,
    "bleeds-shipped": bleeds.shipped,
    "bleeds-beside": beside.main,
    "bleeds-other": bleeds.other,
    "leukoencephalopathy": leukoencephalopathy.main,
    "bleed-volume": bleed_volume.main,
}
"""Sections that train, for half an hour or for hours, and run only where they are named."""


def main() -> int:
    """Run the sections asked for; 2 where one is not known."""
    known = {**SECTIONS, **TRIALS}
    wanted = sys.argv[1:] or list(SECTIONS)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"no section {', '.join(unknown)}: there are {', '.join(known)}", file=sys.stderr)
        return 2
    print(" ".join(f"{name} {version}" for name, version in installed_versions().items()))
    for name in wanted:
        print(f"\n## {name}")
        known[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
