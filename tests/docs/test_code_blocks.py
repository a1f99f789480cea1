"""Every command and every line of Python in the documents is run, page by page, as printed.

On a page the blocks run in order, in one empty folder: Python blocks share their names, those with
``>>>`` also compare what is printed; of a console block the lines after ``$`` are run. Before a
block, ``<!-- not run: reason -->`` leaves it out; anywhere, ``<!-- slow page: reason -->`` leaves
the page to the slow tests, and ``<!-- needs PyTorch -->`` to machines that have it.
"""

import doctest
import os
import re
import subprocess
import sysconfig
import textwrap
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
PAGES = [CHECKOUT / "README.md", CHECKOUT / "CONTRIBUTING.md", *CHECKOUT.glob("docs/**/*.md")]
BLOCK = re.compile(
    r"(?:<!-- not run: (?P<why>[^>]+) -->\s*?\n\s*)?"
    r"^(?P<indent> *)```(?P<language>[\w-]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
RUN = {"python", "console", "bash"}
# Other names of the same languages: under these a block would look as if it were run.
OTHER_NAMES = {"py", "py3", "pycon", "sh", "shell", "zsh", "shell-session"}


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int
    not_run: str


def blocks(page: Path) -> list[Block]:
    text = page.read_text()
    return [
        Block(
            language=found["language"],
            text=textwrap.dedent(found["text"]),
            line=text.count("\n", 0, found.start("text")) + 1,
            not_run=found["why"] or "",
        )
        for found in BLOCK.finditer(text)
    ]


def as_parameter(page: Path):
    text = page.read_text()
    marks = [pytest.mark.slow] if "<!-- slow page:" in text else []
    if "<!-- needs PyTorch -->" in text and find_spec("torch") is None:
        marks.append(pytest.mark.skip("needs PyTorch: make test-train"))
    return pytest.param(page, marks=marks, id=str(page.relative_to(CHECKOUT)))


def run_python(block: Block, page: Path, names: dict[str, object]) -> None:
    if ">>>" not in block.text:
        # Blank lines in front, so that an error names the line of the page.
        exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), names)
        return
    test = doctest.DocTestParser().get_doctest(
        block.text, names, page.name, str(page), block.line - 1
    )
    said: list[str] = []
    failed, _ = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(
        test, out=said.append, clear_globs=False
    )
    names.update(test.globs)
    if failed:
        pytest.fail("".join(said), pytrace=False)


def script(block: Block) -> str:
    if block.language == "bash":
        return block.text
    return "\n".join(re.findall(r"^\$ ((?:.*\\\n)*.*)", block.text, re.MULTILINE))


def run_shell(block: Block, page: Path, folder: Path) -> None:
    tools = sysconfig.get_path("scripts")
    path = os.pathsep.join([tools, os.environ["PATH"]])

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script(block)],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )

    if done.returncode:
        where = f"{page.name}, line {block.line}: exit {done.returncode}"
        pytest.fail(f"{where}\n{done.stdout}{done.stderr}", pytrace=False)


@pytest.mark.parametrize("page", [as_parameter(page) for page in PAGES])
def test_every_block_of_a_page_runs(page, tmp_path, monkeypatch):
    to_run = [block for block in blocks(page) if block.language in RUN]
    if to_run and all(block.not_run for block in to_run):
        pytest.skip("; ".join(block.not_run for block in to_run))
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "__main__"}

    for block in to_run:
        if block.not_run:
            continue
        if block.language == "python":
            run_python(block, page, names)
        else:
            run_shell(block, page, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_no_block_slips_through_under_another_name(page):
    languages = {block.language for block in blocks(page)}
    fences = len(re.findall(r"^ *```", page.read_text(), re.MULTILINE))

    assert languages & OTHER_NAMES == set()
    assert fences == 2 * len(blocks(page)), "a fence is not closed, or not alone on its line"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_every_link_to_a_file_leads_somewhere(page):
    targets = re.findall(r"!?\[[^\]]*\]\(([^)\s#]+)[^)]*\)", page.read_text())
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]

    assert [target for target in local if not (page.parent / target).exists()] == []
