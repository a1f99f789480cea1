"""The house style as far as tools can see it. CONTRIBUTING.md tells the rest."""

import ast
import re
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import headct
from headct.cli import app

CHECKOUT = Path(__file__).parents[1]
PACKAGE = CHECKOUT / "src" / "headct"
PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
COMMANDS_PAGE = CHECKOUT / "docs" / "reference" / "commands.md"

MAX_MODULE_LINES = 300
# From "def" to the last line, less the docstring: a function that explains itself is not long.
MAX_FUNCTION_LINES = 50

FOLDERS = {
    *("core", "batch", "dicom", "image", "cohort", "measure", "phantom", "tasks"),
    *("predict", "report", "analyze", "serve", "train", "api", "cli"),
}
FILES = {"__init__.py", "__main__.py", "py.typed"}
NAMELESS = {"common", "handler", "helper", "helpers", "manager", "misc", "util", "utils"}
WORKSHOP = {"torch", "torchvision", "lightning", "pytorch-lightning", "timm", "monai"}


def modules() -> list[Path]:
    folders = (PACKAGE, CHECKOUT / "bench", CHECKOUT / "scripts")
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def shown(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        lines -= function.body[0].end_lineno - function.body[0].lineno + 1
    return lines


def imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names of what a module imports from headct, down to the name imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = "headct." if node.level else ""
            yield from (f"{here}{node.module}.{alias.name}" for alias in node.names)


def runtime() -> dict[str, Distribution]:
    """Every distribution that a plain `pip install headct` brings, by name."""
    found, wanted = {}, ["headct"]
    while wanted:
        name = canonicalize_name(wanted.pop())
        if name in found:
            continue
        found[name] = distribution(name)
        for line in found[name].requires or ():
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                wanted.append(requirement.name)
    return found


def licence(found: Distribution) -> str:
    """What a distribution says of itself: expression, else classifiers, else its first line."""
    expression = found.metadata.get("License-Expression", "")
    classifiers = found.metadata.get_all("Classifier") or []
    said = [line for line in classifiers if line.startswith("License ::")]
    text = found.metadata.get("License", "").strip()
    return expression or "; ".join(said) or text.partition("\n")[0]


def command_names(command, path: tuple[str, ...] = ("headct",)) -> Iterator[tuple[str, object]]:
    inner = getattr(command, "commands", {})
    if not inner:
        yield " ".join(path), command
    for name, one in inner.items():
        yield from command_names(one, (*path, name))


COMMANDS = dict(command_names(typer.main.get_command(app)))


@pytest.mark.parametrize(
    "call",
    [("ruff", "check"), ("ruff", "format", "--check"), ("mypy",), ("lint-imports",)],
    ids=" ".join,
)
def test_lint_is_clean(call):
    tool = Path(sysconfig.get_path("scripts")) / call[0]

    done = subprocess.run(
        [tool, *call[1:]], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )

    if done.returncode:
        pytest.fail(f"{' '.join(call)}:\n{done.stdout}{done.stderr}", pytrace=False)


def test_every_file_belongs_to_the_layout():
    there = {path.name for path in PACKAGE.iterdir()} - {"__pycache__"}

    assert there <= FOLDERS | FILES


def test_every_module_has_a_name_of_its_own():
    nameless = [shown(path) for path in modules() if NAMELESS & set(path.stem.split("_"))]

    assert nameless == []


def test_no_module_is_too_long():
    lengths = {shown(path): len(path.read_text().splitlines()) for path in modules()}

    assert {name: n for name, n in lengths.items() if n > MAX_MODULE_LINES} == {}


def test_no_function_is_too_long():
    too_long = [
        f"{shown(path)}:{function.lineno} {function.name}: {lines_of(function)} lines"
        for path in modules()
        for function in functions(ast.parse(path.read_text()))
        if lines_of(function) > MAX_FUNCTION_LINES
    ]

    assert too_long == []


def test_no_module_imports_an_underscore_name_of_another():
    private = [
        f"{shown(path)}: {name}"
        for path in modules()
        for name in imported(ast.parse(path.read_text()))
        if name.startswith("headct.") and re.search(r"\._(?!_)", name)
    ]

    assert private == []


def test_measure_imports_core_alone():
    allowed = re.compile(r"headct(\.(core|measure)\b|$)")
    others = [
        f"{shown(path)}: {name}"
        for path in (PACKAGE / "measure").rglob("*.py")
        for name in imported(ast.parse(path.read_text()))
        if name.split(".")[0] == "headct" and not allowed.match(name)
    ]

    assert others == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does(name):
    command = COMMANDS[name]

    assert command.help
    assert [parameter.name for parameter in command.params if not parameter.help] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_section_with_every_option(name):
    page = COMMANDS_PAGE.read_text()
    section = re.search(rf"^## `?{name}\b.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert section, f"{COMMANDS_PAGE} has no section '## {name}'"

    options = [parameter.opts[0] for parameter in COMMANDS[name].params]
    options = [option for option in options if option.startswith("--") and option != "--help"]

    assert [option for option in options if option not in section[0]] == []


def test_the_version_is_said_once_and_the_same():
    assert PROJECT["version"] == headct.__version__


def test_the_version_has_its_place_in_the_changelog():
    changelog = (CHECKOUT / "CHANGELOG.md").read_text()

    assert f"## [{headct.__version__}]" in changelog


def test_the_licence_is_apache_2_and_lies_beside():
    text = (CHECKOUT / "LICENSE").read_text()

    assert PROJECT["license"] == "Apache-2.0"
    assert re.match(r"\s*Apache License\s+Version 2\.0", text)
    assert all((CHECKOUT / name).is_file() for name in PROJECT["license-files"])


def test_a_plain_installation_brings_no_training_libraries():
    assert WORKSHOP & set(runtime()) == set()


def test_a_plain_installation_brings_no_gpl():
    # LGPL (connected-components-3d) is fine: it is used as a library, and may be replaced.
    said = {name: licence(found) for name, found in runtime().items()}

    assert [name for name, text in said.items() if not text] == []
    assert [name for name, text in said.items() if re.search(r"(?<!L)(?<!Lesser )GPL", text)] == []


def test_every_runtime_dependency_is_pinned_in_the_constraints():
    lines = (CHECKOUT / "constraints.txt").read_text().splitlines()
    pinned = {canonicalize_name(line.split("==")[0]) for line in lines if "==" in line}

    assert set(runtime()) - pinned - {"headct"} == set()
