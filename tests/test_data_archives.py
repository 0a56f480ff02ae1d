"""Archives: what is unpacked is whole and inside its folder, or nothing is there at all."""

from __future__ import annotations

import errno
import gc
import io
import shutil
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from kdlens.data import archives
from kdlens.data.archives import unpack
from kdlens.errors import InputError

Files = list[tuple[str, bytes]]
FILES = [("top/a/1.txt", b"one"), ("top/a/2.txt", b"two" * 5000), ("top/b/3.txt", b"")]
TARS = {".tar": "w:", ".tar.gz": "w:gz", ".tar.bz2": "w:bz2", ".tar.xz": "w:xz"}


def make_zip(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in files:
            zipped.writestr(name, data)
    return path


def make_tar(path: Path, files: Files, mode: str = "w:", *special: tarfile.TarInfo) -> Path:
    with tarfile.open(path, mode) as tar:
        for name, data in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
        for entry in special:
            tar.addfile(entry)
    return path


def contents(tree: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(tree)): path.read_bytes()
        for path in sorted(tree.rglob("*"))
        if path.is_file()
    }


def nothing_is_left(folder: Path, *archives: Path) -> bool:
    return sorted(folder.iterdir()) == sorted(archives)


@pytest.fixture(params=[".zip", *TARS])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"archive{request.param}"
    if request.param == ".zip":
        return make_zip(path, FILES)
    return make_tar(path, FILES, TARS[request.param])


def test_the_content_of_a_single_top_folder_lands_in_the_tree(archive: Path, tmp_path: Path):
    tree = unpack(archive, tmp_path / "data" / "tree")
    assert contents(tree) == {name.removeprefix("top/"): data for name, data in FILES}
    assert nothing_is_left(tree.parent, tree)


def test_only_what_lies_below_the_subfolder_lands_in_the_tree(archive: Path, tmp_path: Path):
    assert contents(unpack(archive, tmp_path / "tree", "top/b")) == {"3.txt": b""}
    assert contents(unpack(archive, tmp_path / "tree", ".")) == dict(FILES), (
        "replaced, and as it is"
    )


def test_a_wrong_subfolder_lists_the_folders_that_are_there(archive: Path, tmp_path: Path):
    with pytest.raises(InputError, match=r"below the folder 'tip'; at its top are: top\. Correct"):
        unpack(archive, tmp_path / "tree", "tip")
    assert nothing_is_left(tmp_path, archive)


def test_a_truncated_archive_leaves_no_tree(archive: Path, tmp_path: Path):
    whole = archive.read_bytes()
    for size in (len(whole) // 2, len(whole) - 1, 700):
        archive.write_bytes(whole[: min(size, len(whole) - 1)])
        if archive.suffix == ".tar" and size == len(whole) - 1:
            continue  # only one of its many blocks of zeros is cut: all files are whole
        with pytest.raises(InputError, match=f"{archive.name}: damaged or truncated .*fetch it"):
            unpack(archive, tmp_path / "tree")
        assert nothing_is_left(tmp_path, archive)


def test_a_plain_tar_cut_between_two_entries_is_truncated(tmp_path: Path):
    archive = make_tar(tmp_path / "a.tar", [("1", b"x" * 512), ("2", b"y" * 512)])
    archive.write_bytes(archive.read_bytes()[:1024])
    with pytest.raises(InputError, match="its end mark is missing"):
        unpack(archive, tmp_path / "tree")


# (A plain tar has no checksum for its files.)
@pytest.mark.parametrize("archive", [".zip", ".tar.gz", ".tar.bz2", ".tar.xz"], indirect=True)
def test_a_flipped_byte_is_noticed(archive: Path, tmp_path: Path):
    data = bytearray(archive.read_bytes())
    middle = data.index(b"top/a/2.txt") + 40 if archive.suffix == ".zip" else len(data) // 2
    data[middle] ^= 0xFF
    archive.write_bytes(data)
    with pytest.raises(InputError, match="damaged or truncated"):
        unpack(archive, tmp_path / "tree")


@pytest.mark.parametrize(
    "name", ["../outside.txt", "top/../../outside.txt", "/outside.txt", "C:/outside", "a\\..\\b"]
)
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_an_entry_that_would_leave_the_folder_is_refused(make, name: str, tmp_path: Path):
    folder = tmp_path / "deep"
    folder.mkdir()
    archive = make(folder / "evil", [("good.txt", b""), (name, b"bad")])
    with pytest.raises(InputError, match=r"evil: the name '.*' is unsafe"):
        unpack(archive, folder / "tree")
    assert nothing_is_left(folder, archive)
    assert nothing_is_left(tmp_path, folder)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_pipes_in_a_tar_are_refused(kind: bytes, tmp_path: Path):
    entry = tarfile.TarInfo("top/link")
    entry.type, entry.linkname = kind, "/etc/passwd"
    archive = make_tar(tmp_path / "evil.tar", FILES, "w:", entry)
    with pytest.raises(InputError, match="'top/link' is a link or a device"):
        unpack(archive, tmp_path / "tree")
    assert nothing_is_left(tmp_path, archive)


def test_a_link_in_a_zip_is_refused(tmp_path: Path):
    archive = make_zip(tmp_path / "evil.zip", FILES)
    entry = zipfile.ZipInfo("top/link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "a") as zipped:
        zipped.writestr(entry, "/etc")
    with pytest.raises(InputError, match="'top/link' is a link or a device"):
        unpack(archive, tmp_path / "tree")
    assert nothing_is_left(tmp_path, archive)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["top/a", "top//a", "./top/a", "top/a/below"])
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_two_entries_of_one_name_are_refused(make, second: str, tmp_path: Path):
    archive = make(tmp_path / "twice", [("top/a", b"1"), ("other", b""), (second, b"2")])
    with pytest.raises(InputError, match=f"twice: two entries would become .*'{second}'"):
        unpack(archive, tmp_path / "tree")


def test_a_full_disk_ends_the_extraction_with_advice(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(source, target, length):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archives.shutil, "copyfileobj", full)
    with pytest.raises(InputError, match=r"tree: the disk is full .*Free some space"):
        unpack(archive, tmp_path / "tree")
    assert nothing_is_left(tmp_path, archive)


def test_a_zip_too_large_for_the_disk_is_refused_before_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    archive = make_zip(tmp_path / "a.zip", FILES)
    with pytest.raises(InputError, match=r"needs 15,003 bytes and the disk has 1,000 bytes left"):
        unpack(archive, tmp_path / "tree")
    archive = make_zip(tmp_path / "b.zip", [("1", bytes(1_260_000))])
    with pytest.raises(InputError, match=r"needs 1\.3 MB and the disk has 1,000 bytes left"):
        unpack(archive, tmp_path / "tree")


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_a_name_longer_than_the_disk_allows_is_an_error_of_the_archive(make, tmp_path: Path):
    for name in ("x" * 300, f"{'x' * 300}/file"):
        archive = make(tmp_path / "long", [(name, b"")])
        with pytest.raises(
            InputError, match=r"long: the name 'x{60}\.\.\.' is longer than the disk"
        ):
            unpack(archive, tmp_path / "tree")
        assert nothing_is_left(tmp_path, archive)


@pytest.mark.parametrize("subfolder", ["../images", "a\\b", "/images", "C:/images"])
def test_a_subfolder_outside_of_the_archive_is_the_configs_fault(subfolder: str, tmp_path: Path):
    archive = make_zip(tmp_path / "good.zip", FILES)
    with pytest.raises(InputError, match=r"^subfolder: '.*' is not a folder inside the archive"):
        unpack(archive, tmp_path / "tree", subfolder)


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_memory_does_not_hold_a_path_or_an_entry_for_each_file(
    make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    archive = make(tmp_path / "many", [(f"{number}.txt", b"") for number in range(300)])
    kinds = (type(tmp_path), tarfile.TarInfo)
    held = []

    def living() -> int:
        return sum(type(thing) in kinds for thing in gc.get_objects())

    def count(source, target, length):
        # Looking through all objects takes a while: only at the last file.
        held.append(living() if len(held) == 299 else 0)

    gc.collect()
    before = living()
    monkeypatch.setattr(archives.shutil, "copyfileobj", count)
    unpack(archive, tmp_path / "tree")
    assert len(held) == 300
    assert held[-1] - before < 100


@pytest.mark.parametrize(
    ("data", "found"),
    [(b"<!DOCTYPE html><p>log in", "a web page"), (b"hello", "a file"), (b"", "a file")],
)
def test_a_file_that_is_no_archive_is_named_as_such(data: bytes, found: str, tmp_path: Path):
    path = tmp_path / "broden1_224.zip"
    path.write_bytes(data)
    with pytest.raises(InputError, match=f"expected a zip, tar, .*found {found}"):
        unpack(path, tmp_path / "tree")
    with pytest.raises(InputError, match="no such archive"):
        unpack(tmp_path / "none.zip", tmp_path / "tree")


def test_a_killed_extraction_is_swept_away_and_a_failed_one_keeps_the_old_tree(tmp_path: Path):
    good = make_zip(tmp_path / "good.zip", FILES)
    (tmp_path / ".tree.tmp").mkdir()
    (tmp_path / ".tree.tmp" / "half").write_bytes(b"?")
    tree = unpack(good, tmp_path / "tree")
    before = contents(tree)
    bad = make_zip(tmp_path / "bad.zip", [("../x", b"")])
    with pytest.raises(InputError):
        unpack(bad, tree)
    assert contents(tree) == before and "half" not in before
    assert nothing_is_left(tmp_path, good, bad, tree)


def test_what_a_mac_adds_is_left_out(tmp_path: Path):
    files = [("top/1.txt", b"1"), ("top/.DS_Store", b"?"), ("__MACOSX/top/._1.txt", b"?")]
    archive = make_zip(tmp_path / "mac.zip", files)
    assert contents(unpack(archive, tmp_path / "tree")) == {"1.txt": b"1"}
