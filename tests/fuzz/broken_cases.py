"""Break files at random and read them: a program that test_fuzz.py watches from outside.

Each case breaks some files of one series and takes it through scan, select and stack; some go
through ``headct analyze`` as a whole. What is found is printed as JSON at the end; the case at work
stands in a file, so that one that hangs or kills the process is known.

Run one case alone: python broken_cases.py CORPUS WORK --seed 1 --first 1234 --count 1
"""

import argparse
import contextlib
import io
import json
import logging
import random
import re
import resource
import shutil
import signal
import struct
import sys
import time
import traceback
import warnings
from collections import Counter
from functools import cache
from pathlib import Path

import pydicom

from headct.cli import main as command
from headct.core.errors import HeadctError
from headct.dicom.scan import scan
from headct.dicom.select import select
from headct.dicom.stack import stack

SECRET = re.compile(r"quisling|xaverine|739163", re.IGNORECASE)
MOST_SECONDS = 10
ANALYZED_ONE_IN = 20
TEXTS = [
    b"",
    b"\0",
    b"NaN",
    b"-inf",
    b"1e308\\1e308\\1e308",
    b"1e-320\\1\\1",
    b"9" * 5000,
    b"\\" * 60,
    b"-0\\-0\\-0\\-0\\-0\\-0",
    b"\xff\xfe\x80\x1b$B\x1b(J",
    b"ISO 2022 IR 87\\ISO_IR 999",
    b"\x1b[31mred\x1b[0m [bold]",
    b"1.2.3",
    b"CT",
]
LENGTHS = [0, 1, 3, 255, 0x7FFF, 0xFFFE, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF]
LONG = {b"OB", b"OW", b"SQ", b"UN", b"UT", b"OF", b"UC", b"UR"}
VRS = [b"SQ", b"UN", b"OB", b"OW", b"US", b"DS", b"IS", b"LO", b"PN", b"UI", b"FD", b"??", b"\0\0"]


@cache
def elements(content: bytes) -> list[tuple[int, int]]:
    """Where the elements of a sound file begin, and where the next one does."""
    header = pydicom.dcmread(io.BytesIO(content))
    stored = [header.get_item(tag, keep_deferred=True) for tag in list(header._dict)]
    # pydicom converts the character set as it reads; others are as stored.
    values = [
        one.value_tell if isinstance(one, pydicom.dataelem.RawDataElement) else one.file_tell
        for one in stored
    ]
    # A value begins 8 bytes after its tag, or 12 where its length has 32 bits.
    begins = sorted(at - (12 if content[at - 8 : at - 6] in LONG else 8) for at in values)
    return list(zip(begins, [*begins[1:], len(content)], strict=True))


def flip(content: bytearray, chance: random.Random, low: int, high: int) -> None:
    for _ in range(chance.choice([1, 1, 2, 4, 16])):
        content[chance.randrange(low, high)] = chance.randrange(256)


def break_bytes(content: bytes, spans: list[tuple[int, int]], chance: random.Random) -> bytes:
    """Bytes of header or pixels changed, or the rest of the file gone."""
    broken = bytearray(content)
    pixels = spans[-1][0]
    match chance.randrange(3):
        case 0:
            flip(broken, chance, 132, pixels)
        case 1:
            flip(broken, chance, pixels, len(broken))
        case _:
            del broken[chance.randrange(len(broken)) :]
    return bytes(broken)


def break_element(content: bytes, spans: list[tuple[int, int]], chance: random.Random) -> bytes:
    """The length, type or value of an element is not what it should be."""
    broken = bytearray(content)
    at, until = chance.choice(spans)
    match chance.randrange(4):
        case 0:
            struct.pack_into("<H", broken, at + 6, chance.choice(LENGTHS) & 0xFFFF)
        case 1:
            struct.pack_into("<L", broken, min(at + 8, len(broken) - 4), chance.choice(LENGTHS))
        case 2:
            broken[at + 4 : at + 6] = chance.choice(VRS)
        case _:
            text = chance.choice(TEXTS)
            text += b" " * (len(text) % 2)
            struct.pack_into("<H", broken, at + 6, len(text))
            broken[at + 8 : until] = text
    return bytes(broken)


def break_order(content: bytes, spans: list[tuple[int, int]], chance: random.Random) -> bytes:
    """Elements twice, missing, nested or in place of others."""
    broken = bytearray(content)
    at, until = chance.choice(spans)
    match chance.randrange(4):
        case 0:
            broken[at:at] = content[at:until]
        case 1:
            del broken[at:until]
        case 2:
            broken[at:at] = nested(chance.choice([1, 3, 50, 400]), closed=chance.random() < 0.5)
        case _:
            other, end = chance.choice(spans)
            broken[at:until] = content[other : min(end, other + 4000)]
    return bytes(broken)


WAYS = (break_bytes, break_element, break_element, break_order)


def nested(depth: int, *, closed: bool) -> bytes:
    item = struct.pack("<HHL", 0xFFFE, 0xE000, 0xFFFFFFFF)
    sequence = struct.pack("<HH2sHL", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    ends = struct.pack("<HHLHHL", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    return (sequence + item) * depth + (ends * depth if closed else b"")


def break_series(files: list[bytes], chance: random.Random) -> list[bytes]:
    """Break one file in several ways, or all files in the same way."""
    seed = chance.random()
    count = chance.choice([1, 1, 2, 4])
    hit = {chance.randrange(len(files))} if chance.random() < 0.4 else set(range(len(files)))
    broken = []
    for index, sound in enumerate(files):
        alike = random.Random(seed)
        content = sound
        for _ in range(count if index in hit else 0):
            spans = elements(sound)
            # Elements are looked for where the sound file has them.
            content = content.ljust(spans[-1][0] + 16, b"\0")
            content = alike.choice(WAYS)(content, spans, alike)
        broken.append(content)
    return broken


def read(folder: Path, chance: random.Random) -> tuple[str, list[str]]:
    """What became of a series, and everything said of it."""
    found = scan(folder)
    said = [*map(str, found.refused)]
    result = "refused by scan"
    for study in found.studies:
        chosen = select(study)
        said += [*map(str, chosen.refused), *chosen.warnings, *chosen.ranking]
        result = "refused by select"
        # What select refuses is stacked all the same: a caller may.
        series = (*chosen.candidates, *study.series)[0]
        said.append(series.name)
        signal.alarm(MOST_SECONDS)
        try:
            volume = stack(series, allow_gaps=chance.random() < 0.5)
        except HeadctError as error:
            said.append(str(error))
            result = "refused by stack" if chosen.candidates else result
        else:
            said += volume.history
            result = "stacked"
    return result, said


def analyze(folder: Path, out: Path) -> tuple[str, list[str]]:
    """The whole command; what it wrote is all there, or nothing is."""
    told = io.StringIO()
    sys.argv = ["headct", "analyze", str(folder), "--out", str(out)]
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        try:
            command()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
    said = [told.getvalue()]
    if code not in (0, 1):
        raise AssertionError(f"exit code {code}")
    if (code == 0) != (out / "report.html").is_file():
        raise AssertionError("an answer without its report, or a refusal with one")
    if code == 0:
        said += [(out / name).read_text() for name in ("findings.json", "report.html")]
        shutil.rmtree(out)
    if left := [path.name for path in out.parent.iterdir() if path != folder]:
        raise AssertionError(f"left behind: {left}")
    return ("answered" if code == 0 else "not answered"), said


def run_case(number: int, seed: int, corpus: dict[str, list[bytes]], work: Path) -> str:
    """One case; raises where headct does what it must not."""
    chance = random.Random(f"{seed} {number}")
    # Compressed pixels take a process for each series: one case in ten has them.
    plain = [name for name in sorted(corpus) if "compressed" not in name]
    packed = [name for name in sorted(corpus) if "compressed" in name]
    name = chance.choice(packed if packed and chance.random() < 0.1 else plain)
    files = break_series(corpus[name], chance)
    folder = work / "scan"
    folder.mkdir()
    for index, content in enumerate(files):
        (folder / f"{index:02d}.dcm").write_bytes(content)
    try:
        if chance.randrange(ANALYZED_ONE_IN):
            result, said = read(folder, chance)
        else:
            result, said = analyze(folder, work / "answer")
        if leaked := [line[:200] for line in said if SECRET.search(line)]:
            raise AssertionError(f"a patient was named: {leaked[0]}")
    finally:
        shutil.rmtree(folder)
        shutil.rmtree(work / "answer", ignore_errors=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("work", type=Path)
    for name in ("seed", "first", "count"):
        parser.add_argument(f"--{name}", type=int, required=True)
    asked = parser.parse_args()
    corpus = {
        folder.name: [file.read_bytes() for file in sorted(folder.iterdir())]
        for folder in asked.corpus.iterdir()
    }
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    warnings.simplefilter("always")
    warnings.filterwarnings("error", category=RuntimeWarning, module="headct")
    # By default this signal kills, even where compiled code does not come back.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    results: Counter[str] = Counter()
    failures, slowest_s = [], 0.0
    for number in range(asked.first, asked.first + asked.count):
        (asked.work.parent / "at_work").write_text(str(number))
        signal.alarm(MOST_SECONDS)
        begun = time.perf_counter()
        try:
            results[run_case(number, asked.seed, corpus, asked.work)] += 1
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            failures.append({"case": number, "error": traceback.format_exc()})
        slowest_s = max(slowest_s, time.perf_counter() - begun)
        signal.alarm(0)
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = {
        "results": results,
        "failures": failures,
        "slowest_s": slowest_s,
        "peak_mb": peak_kb / 1000,
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
