"""Archives that try to reach beyond themselves: read in memory, never unpacked."""

import stat
import zipfile

import pytest


@pytest.fixture
def pack(tmp_path):
    """A ZIP of files, under names of one's choice."""

    def make(files, name_of, compression=zipfile.ZIP_STORED):
        with zipfile.ZipFile(tmp_path / "scan.zip", "w", compression) as archive:
            for index, file in enumerate(files):
                archive.writestr(name_of(index), file.read_bytes())
        return tmp_path / "scan.zip"

    return make


def tree(folder):
    return sorted(str(path) for path in folder.rglob("*"))


@pytest.mark.parametrize(
    "name", ["../../escaped_{}.dcm", "/tmp/escaped_{}.dcm", "..\\..\\escaped_{}.dcm", "a/../../{}"]
)
def test_names_that_climb_out_write_nothing_outside(head_files, pack, headct, tmp_path, name):
    archive = pack(sorted(head_files.iterdir()), name.format)
    before = tree(tmp_path.parent)

    told = headct("inspect", archive)

    assert told.code == 0
    assert "would be used" in told.words
    assert tree(tmp_path.parent) == before


def test_an_archive_is_answered_as_its_folder_is(head_files, pack, answered):
    archive = pack(sorted(head_files.iterdir()), "{}.dcm".format, zipfile.ZIP_DEFLATED)

    assert "hemorrhage found" in answered(archive)


def test_links_in_an_archive_are_not_followed(tmp_path, refused):
    (tmp_path / "secret.txt").write_text("Quisling")
    with zipfile.ZipFile(tmp_path / "links.zip", "w") as archive:
        for index, target in enumerate(("/etc/passwd", str(tmp_path / "secret.txt"))):
            link = zipfile.ZipInfo(f"{index}.dcm")
            link.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(link, target)

    assert "2 files (.dcm): not DICOM" in refused(tmp_path / "links.zip")


def test_a_member_that_unfolds_too_far_is_refused(tmp_path, refused):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.dcm", bytes(50_000_000))

    said = refused(tmp_path / "bomb.zip")

    assert "1 file (bomb.dcm): a member of 50 MB" in said
    assert "up to 1000 MB and 200 times are read: unpack it yourself if you trust it" in said


def test_a_member_that_lies_about_its_size_is_refused(tmp_path, refused):
    with zipfile.ZipFile(tmp_path / "liar.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.dcm", bytes(128) + b"DICM" + bytes(50_000_000))
    content = (tmp_path / "liar.zip").read_bytes()
    true_size = (50_000_132).to_bytes(4, "little")
    assert content.count(true_size) == 2
    (tmp_path / "liar.zip").write_bytes(content.replace(true_size, (5000).to_bytes(4, "little")))

    assert "1 file (bomb.dcm)" in refused(tmp_path / "liar.zip")


def test_a_locked_archive_is_refused(head_files, pack, refused):
    archive = pack(sorted(head_files.iterdir())[:1], "{}.dcm".format)
    content = bytearray(archive.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + at] |= 1
    archive.write_bytes(content)

    assert "it cannot be read (RuntimeError)" in refused(archive)


def test_an_archive_within_an_archive_is_not_opened(head_files, pack, refused, tmp_path):
    inner = pack(sorted(head_files.iterdir()), "{}.dcm".format)
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.write(inner, "inner.zip")

    assert "1 file (.zip): not DICOM" in refused(tmp_path / "outer.zip")


def test_a_cut_archive_is_refused(head_files, pack, refused):
    archive = pack(sorted(head_files.iterdir()), "{}.dcm".format)
    archive.write_bytes(archive.read_bytes()[:-500])

    assert "not DICOM" in refused(archive) or "damaged" in refused(archive)


def test_an_archive_with_a_broken_index_is_refused(head_files, pack, refused):
    archive = pack(sorted(head_files.iterdir()), "{}.dcm".format)
    content = archive.read_bytes()
    archive.write_bytes(content.replace(b"PK\x01\x02", b"PK\x00\x00"))

    assert "the ZIP archive is damaged: make or fetch it again" in refused(archive)


def test_an_empty_archive_is_refused(refused, tmp_path):
    zipfile.ZipFile(tmp_path / "empty.zip", "w").close()

    assert "no axial non-contrast head CT was found" in refused(tmp_path / "empty.zip")
