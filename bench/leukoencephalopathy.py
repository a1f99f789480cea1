"""Leukoencephalopathy on digital heads: learned, voted, measured; and what atrophy does to it.

Half of 300 heads have it, in grades 1 to 4; 85 % of both halves have wide ventricles and sulci.
The network learns from labels of patients and from masks of what was thinned: from labels alone it
hardly learned anything in as many steps (docs/model-log.md). Thresholds are chosen on validation
patients, and so was the mean of the three highest slices; every figure is of test patients, of
whom the network never saw a slice.
"""

import shutil
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from scipy.stats import spearmanr

from bench.attention import REGIONS, attention
from bench.study import Facts, Study, facts_of, make, read_rows, write_rows
from headct import api
from headct.core.labels import LEUKOENCEPHALOPATHY
from headct.measure.counts.proportions import proportion
from headct.measure.evaluate.measurement import LabelResult, Measurement
from headct.measure.levels.choices import Aggregation
from headct.measure.levels.slices import ranked
from headct.phantom.examination import Examination, Person, examine
from headct.phantom.lesions.disease import Disease
from headct.phantom.scanner.protocol import Protocol
from headct.predict.bundle.bundle import open_bundle
from headct.predict.infer import Runner

STUDY = Study(
    name="leukoencephalopathy",
    task="leukoencephalopathy",
    cohort="leukoencephalopathy",
    pipeline="A",
    patients=300,
    shares=(50, 15, 35),
    network="multitask",
    plan={"epochs": 4, "steps": 100, "batch_size": 32, "precision": "bf16-mixed"},
    aggregation="top-mean:3",
)
NARROW, WIDE, GRADE = 0.15, 0.95, 3
FIRST_TWIN, TWINS = 90_000, 16
SCORES = ("sensitivity", "specificity")


def main(study: Study = STUDY, twins: int = TWINS) -> None:
    """Print all tables."""
    if find_spec("torch") is None:
        print("(left out: needs PyTorch, pip install 'headct[train]')")
        return
    make(study)
    print(f"{study.patients} heads, matrix {study.matrix}, pipeline {study.pipeline},")
    print(f"{study.network}, slices to patients by {study.aggregation}; test patients.")
    print(f"In {study.folder}.\n")
    tell_measured(measured(study))
    tell_atrophy(study)
    tell_twins(study, twins)


def measured(study: Study) -> Measurement:
    """Test patients by ``headct measure``; validation patients choose votes and thresholds."""
    facts = facts_of(study)
    truth = [{**row, **described(facts[row["patient"]])} for row in truth_of(study)]
    path = write_rows(study.folder / "truth.csv", truth)
    out = study.folder / "measured"
    shutil.rmtree(out, ignore_errors=True)
    return api.measure(
        study.run / "test.csv",
        path,
        out,
        api.Settings(aggregation=study.aggregation),
        validation=study.run / "validation.csv",
        subgroups=("atrophy", "also", "lacunes"),
    )


def truth_of(study: Study) -> list[Facts]:
    """What the run knew of validation and test patients."""
    return read_rows(study.run / "truth.csv")


def described(facts: Facts) -> Facts:
    """What a head has that is not the disease."""
    return {
        "atrophy": "wide" if float(facts["atrophy"]) >= 0.5 else "narrow",
        "also": "look-alike" if facts["lookalike"] else "no look-alike",
        "lacunes": "lacunes" if int(facts["lacunes"]) else "no lacunes",
    }


def tell_measured(found: Measurement) -> None:
    """Figures by patient, and among kinds of patients."""
    (system,) = found.systems
    level = next(one for one in system.levels if one.level == "patient")
    (label,) = level.labels
    print(f"patients {label.rows}, {label.positives} diseased; slices speak by {level.how}")
    for name in ("auc", "average_precision", "brier"):
        print(f"  {name:<24}{label.areas[name]}")
    tell_points(label)
    print("\namong                     diseased     AUC, sensitivity, specificity")
    for group in label.groups:
        told = ", ".join(f"{name} {value}" for name, value in group.scores.items())
        name = f"{group.column} {group.value}"
        print(f"  {name:<24}{group.positives:>4} of {group.rows:<5}{told}")


def tell_points(label: LabelResult) -> None:
    """Sensitivity and specificity of every operating point."""
    for point in label.points:
        told = ", ".join(f"{name} {point.scores[name]}" for name in SCORES)
        where = "" if point.chosen.threshold is None else f" ({point.chosen.threshold:.3f})"
        print(f"  {point.chosen.rule + where:<44}{told}")


def tell_atrophy(study: Study) -> None:
    """Whether scores of test patients follow their atrophy, in each class and by grade."""
    bundle = open_bundle(study.bundle)
    together = bundle.manifest.task.to_patient
    point = bundle.manifest.threshold(LEUKOENCEPHALOPATHY, "patient")
    slices: dict[str, list[float]] = {}
    for row in read_rows(study.run / "test.csv"):
        slices.setdefault(row["patient"], []).append(float(row[LEUKOENCEPHALOPATHY]))
    facts = facts_of(study)
    score = {name: _together(together, values) for name, values in slices.items()}
    print("\nscore of the patient against atrophy (0 to 1), rank correlation")
    for grades, told in (((0,), "not diseased"), ((1, 2, 3, 4), "diseased")):
        some = [name for name in score if int(facts[name]["grade"]) in grades]
        scores = [score[name] for name in some]
        if len(set(scores)) == 1:
            print(f"  {told:<24}not defined: every score is {scores[0]:.3f}")
            continue
        found = spearmanr([float(facts[name]["atrophy"]) for name in some], scores)
        print(f"  {told:<24}{found.statistic:+.2f} (p {found.pvalue:.2f}, {len(some)} patients)")
    if point is None or point.threshold is None:
        print("  (validation patients gave no threshold)")
        return
    print(f"\ncalled at the bundle's threshold ({point.rule}, {point.threshold:.3f})")
    for grade in range(5):
        for wide in (False, True):
            called = [
                score[name] >= point.threshold
                for name in score
                if int(facts[name]["grade"]) == grade
                and (float(facts[name]["atrophy"]) >= 0.5) == wide
            ]
            name = f"grade {grade}, {'wide' if wide else 'narrow'}"
            if called:
                print(f"  {name:<24}{sum(called)} of {len(called)}: {_share(called)}")


def _together(together: Aggregation, scores: list[float]) -> float:
    one = np.zeros(len(scores), np.int64)
    return float(together(ranked(np.array(scores), one))[0])


def _share(called: list[bool]) -> str:
    return proportion(sum(called), len(called)).show()


@dataclass(frozen=True)
class Twin:
    """One head, scanned more than once: what a score owes to atrophy, and what to disease."""

    atrophy: float
    grade: int

    def scan(self, seed: int, matrix: int) -> Examination:
        """The same head, scan and noise in each."""
        person = Person(seed, atrophy=self.atrophy)
        return examine(person, Disease(grade=self.grade), Protocol(matrix=matrix))


ALL_TWINS = tuple(Twin(atrophy, grade) for grade in (0, GRADE) for atrophy in (NARROW, WIDE))


def tell_twins(study: Study, count: int) -> None:
    """Heads that no cohort holds, each with narrow and wide ventricles, well and diseased."""
    ask = Runner(open_bundle(study.bundle))
    print(f"\n{count} more heads, each scanned four times with nothing else changed")
    looked: dict[str, list[dict[str, tuple[float, float]]]] = {}
    for twin in ALL_TWINS:
        name = f"grade {twin.grade}, atrophy {twin.atrophy:g}"
        findings = []
        for number in range(count):
            made = twin.scan(FIRST_TWIN + number, study.matrix)
            said = ask(made.scan.volume)
            findings.append(said.findings[0])
            if twin.grade and said.heatmap is not None and said.heatmap.raw_peak > 0:
                looked.setdefault(name, []).append(attention(said.heatmap, made))
        scores = np.array([finding.score for finding in findings])
        called = [bool(finding.present) for finding in findings]
        print(
            f"  {name:<26}score {np.median(scores):.3f} ({scores.min():.3f} to "
            f"{scores.max():.3f}), called {sum(called)} of {count}: {_share(called)}"
        )
    tell_attention(looked)


def tell_attention(looked: dict[str, list[dict[str, tuple[float, float]]]]) -> None:
    """Mean share of the heatmap by region, beside the region's share of what the skull holds."""
    if not looked:
        print("\n(the bundle gives no heatmap)")
        return
    print("\nshare of the heatmap, and of the pixels, inside the skull (mean over heads)")
    for name, heads in looked.items():
        print(f"  {name}, {len(heads)} heads")
        for region in REGIONS:
            heat, area = np.array([head[region] for head in heads]).T
            low, high = np.percentile(heat, (0, 100))
            print(
                f"    {region:<24}{heat.mean():.2f} ({low:.2f} to {high:.2f}) of the heatmap, "
                f"{area.mean():.2f} of the pixels: {heat.mean() / max(area.mean(), 1e-9):.1f} times"
            )
