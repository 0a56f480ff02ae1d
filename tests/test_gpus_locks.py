"""The files that all users of a machine lock: nobody's links are followed, and modes are right."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kdlens.errors import InputError
from kdlens.gpus import locks
from kdlens.gpus.lease import lease


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv(locks.FOLDER, str(tmp_path / "locks"))
    return tmp_path / "locks"


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that others can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def open_and_close(name: str = "gate") -> None:
    with locks.opened_folder() as folder:
        os.close(locks.open_lock(folder, name))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_every_user_can_lock_and_nobody_can_remove(folder):
    old = os.umask(0o077)
    try:
        open_and_close()
        assert os.umask(0o077) == 0o077
    finally:
        os.umask(old)
    assert mode(folder) == 0o1777
    assert mode(folder / "gate") == 0o666
    open_and_close()


def test_the_folder_is_the_same_whatever_tmpdir_is(monkeypatch, tmp_path):
    monkeypatch.delenv(locks.FOLDER, raising=False)
    usual = locks.lock_folder()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert locks.lock_folder() == usual == Path("/tmp/kdlens-gpus")


def test_a_link_in_place_of_the_folder_is_refused(folder, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    folder.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"locks: cannot be used.*\(it is a link\); have it remov"):
        open_and_close()
    assert not list((tmp_path / "elsewhere").iterdir())


def put_link(path, victim):
    path.symlink_to(victim)


def put_hard_link(path, victim):
    path.hardlink_to(victim)


def put_dangling_link(path, victim):
    path.symlink_to(victim.with_name("new"))


def put_pipe(path, victim):
    os.mkfifo(path)


def put_folder(path, victim):
    path.mkdir()


@pytest.mark.parametrize("put", [put_link, put_hard_link, put_dangling_link, put_pipe, put_folder])
@pytest.mark.parametrize("name", ["gate", "GPU-pretended-0.0"])
def test_nothing_but_a_file_of_its_own_is_opened(folder, tmp_path, monkeypatch, put, name):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    open_and_close("other")
    put(folder / name, victim)
    monkeypatch.setenv("KDLENS_PRETEND_GPUS", "1")
    with pytest.raises(InputError, match=rf"{name}: cannot be used to share GPUs among jobs"):
        lease(1, "device", "a test")
    assert victim.read_text() == "mine"
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_two_users_share_the_locks_or_are_told_why_not(monkeypatch, open_to_all):
    folder = open_to_all / "locks"
    monkeypatch.setenv(locks.FOLDER, str(folder))

    def as_nobody(name: str) -> str:
        read, write = os.pipe()
        if (child := os.fork()) == 0:
            try:
                os.setuid(65534)
                open_and_close(name)
                os.write(write, b"opened")
            except InputError as error:
                os.write(write, str(error).encode())
            finally:
                os._exit(0)
        os.close(write)
        os.waitpid(child, 0)
        with os.fdopen(read) as told:
            return told.read()

    open_and_close("first")
    assert as_nobody("first") == as_nobody("second") == "opened"
    open_and_close("second")
    (folder / "first").chmod(0o600)
    assert "first: cannot be used to share GPUs among jobs (Permission denied)" in as_nobody(
        "first"
    )
    folder.chmod(0o700)
    assert "locks: cannot be used to share GPUs among jobs (Permission den" in as_nobody("second")


def test_what_others_write_is_shown_as_one_short_line(folder):
    with locks.opened_folder() as opened:
        file = locks.open_lock(opened, "gate")
        assert locks.read_holder(file) == "somebody who gives no name"
        os.pwrite(file, b"\x1b[31mred\nnext\xff" + b"x" * 1000, 0)
        told = locks.read_holder(file)
        assert told.startswith("[31mrednext") and len(told) <= 300 and told.isprintable()
        locks.write_holder(file, "pid 1")
        assert locks.read_holder(file) == "pid 1"
        os.close(file)
