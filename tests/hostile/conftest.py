"""A head as files that tests may break, and the command that must take it."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pydicom
import pytest

from headct.cli import main
from headct.core.volume import Volume
from headct.dicom.write import Header, write
from headct.phantom.body.anatomy import Head
from headct.phantom.lesions.bleed import bleed
from headct.phantom.scanner.protocol import Block, Protocol
from headct.phantom.scanner.scan import scan_head

HEADCT = Path(sys.executable).with_name("headct")
# Words that stand nowhere else: whoever prints one has leaked it.
NAME, PATIENT_ID, BORN = "Quisling^Xaverine", "MRN-739163", "19370519"
SECRETS = ("quisling", "xaverine", PATIENT_ID.lower(), BORN)
SLICES = 30


@dataclass(frozen=True)
class Told:
    """What a run of the command gave."""

    code: int
    text: str

    @property
    def words(self) -> str:
        """Everything said, on one line."""
        return " ".join(self.text.split())


@pytest.fixture(scope="session")
def head(person: Head) -> Volume:
    """A head with 30 mL of blood in the brain, 30 slices of 128 x 128 pixels."""
    lesions = [bleed(person, "intraparenchymal", 30.0, seed=3)]
    return scan_head(person, lesions, Protocol((Block(SLICES, 5.0, 5.0),), matrix=128), 1).volume


@pytest.fixture(scope="session")
def head_files(head: Volume, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The head as a folder of files, with a patient to be kept secret; not to be changed."""
    folder = tmp_path_factory.mktemp("hostile") / "scan"
    write(head, folder, Header(patient_name=NAME, patient_id=PATIENT_ID))
    for file in folder.iterdir():
        dataset = pydicom.dcmread(file)
        dataset.PatientBirthDate = BORN
        dataset.StudyDate = "20200101"
        dataset.save_as(file)
    return folder


@pytest.fixture
def scan(head_files: Path, tmp_path: Path) -> Path:
    """A copy of the head that a test may break."""
    return Path(shutil.copytree(head_files, tmp_path / "scan"))


@pytest.fixture
def headct(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Told]:
    """Run the command in this process; whatever it does, it prints no patient."""

    def run(*arguments: object) -> Told:
        monkeypatch.setattr(sys, "argv", ["headct", *map(str, arguments)])
        capsys.readouterr()
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        told = Told(int(str(code)), "".join(capsys.readouterr()))
        check_told(told)
        return told

    return run


@pytest.fixture
def refused(headct: Callable[..., Told], tmp_path: Path) -> Callable[..., str]:
    """Analyze, and see it refused: exit code 1, words, and nothing written."""

    def run(path: Path, *options: str) -> str:
        before = names(tmp_path)
        told = headct("analyze", path, "--out", tmp_path / "answer", *options)
        assert told.code == 1, told.text
        assert "refused" in told.text
        assert names(tmp_path) == before
        return told.words

    return run


@pytest.fixture
def answered(headct: Callable[..., Told], tmp_path: Path) -> Callable[..., str]:
    """Analyze, and see it answered."""

    def run(path: Path, *options: str) -> str:
        told = headct("analyze", path, "--out", tmp_path / "answer", *options)
        assert told.code == 0, told.text
        assert (tmp_path / "answer" / "findings.json").is_file()
        return told.words

    return run


def check_told(told: Told) -> None:
    """No traceback, and no patient."""
    assert "Traceback" not in told.text
    assert [secret for secret in SECRETS if secret in told.text.lower()] == []


def names(folder: Path) -> list[str]:
    """What a folder holds, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def edit() -> Callable[..., None]:
    """Change the headers of some files (all, where not said which)."""

    def run(folder: Path, change: Callable[..., None], indices: range | None = None) -> None:
        files = sorted(folder.iterdir())
        for index in range(len(files)) if indices is None else indices:
            dataset = pydicom.dcmread(files[index])
            with pydicom.config.disable_value_validation():
                change(dataset)
                dataset.save_as(files[index])

    return run


@pytest.fixture
def start() -> Callable[..., subprocess.Popen[str]]:
    """Start the command as a process of its own."""

    def run(*arguments: object, **options: object) -> subprocess.Popen[str]:
        # Started in a shell's background, tests ignore Ctrl-C, and their children would as well.
        ours = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            return subprocess.Popen(
                [HEADCT, *map(str, arguments)],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                **options,
            )
        finally:
            signal.signal(signal.SIGINT, ours)

    return run


@pytest.fixture
def end() -> Callable[[subprocess.Popen[str]], Told]:
    """Wait for a process; whatever it did, it printed no patient."""

    def run(process: subprocess.Popen[str]) -> Told:
        text, _ = process.communicate(timeout=120)
        told = Told(process.returncode, text)
        check_told(told)
        return told

    return run
