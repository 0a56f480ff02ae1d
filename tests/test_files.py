"""Atomic files, checksums, and the log around a script."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from project import with_scripts

from kdlens.errors import InputError
from kdlens.files import (
    atomic_folder,
    atomic_path,
    read_json,
    sha256_of,
    verify_sha256,
    write_json,
    write_text,
)


def gone() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "a.txt"
    write_text(target, "old")
    with pytest.raises(RuntimeError), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_full_disk_is_said_and_changes_nothing(tmp_path, monkeypatch):
    target = tmp_path / "a.txt"
    write_text(target, "old")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"a\.txt: the disk is full .*Free some space"):
        write_text(target, "new")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_is_replaced_as_a_whole_or_not_at_all(tmp_path):
    target = tmp_path / "a"
    with atomic_folder(target, "wait") as temporary:
        (temporary / "old").touch()
    left = tmp_path / f".a.{gone()}.unfinished"
    left.mkdir()
    (left / "of a killed run").touch()
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    for error, seen in ((RuntimeError(), RuntimeError), (full, InputError)):
        with pytest.raises(seen), atomic_folder(target, "wait") as temporary:
            (temporary / "half").touch()
            raise error
        assert os.listdir(tmp_path) == ["a"]
        assert os.listdir(target) == ["old"]
    left.mkdir()
    (left / "of a killed run").touch()
    with atomic_folder(target, "wait") as temporary:
        (temporary / "new").touch()
    assert os.listdir(tmp_path) == ["a"]
    assert os.listdir(target) == ["new"]


def test_what_a_killed_process_left_is_swept_away_and_what_another_writes_is_not(tmp_path):
    living = [f".a.{os.getppid()}.tmp.txt", ".a.b.tmp.txt", ".ab.1.tmp.txt", f".a.{gone()}.tmp.csv"]
    for name in (*living, f".a.{gone()}.tmp.txt"):
        (tmp_path / name).touch()
    write_text(tmp_path / "a.txt", "new")
    assert set(os.listdir(tmp_path)) == {"a.txt", *living}
    living = f".a.{os.getppid()}.unfinished"
    for name in (living, f".a.{gone()}.unfinished"):
        (tmp_path / "folders" / name).mkdir(parents=True)
    with atomic_folder(tmp_path / "folders/a", "wait"):
        pass
    assert set(os.listdir(tmp_path / "folders")) == {"a", living}


def test_same_value_same_bytes(tmp_path):
    write_json(tmp_path / "a.json", {"b": 1, "a": [1.5, "é"]})
    write_json(tmp_path / "b.json", {"a": [1.5, "é"], "b": 1})
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert read_json(tmp_path / "a.json") == {"a": [1.5, "é"], "b": 1}


def test_json_that_is_missing_or_cut(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text('{"a": ')
    with pytest.raises(InputError, match="not valid JSON"):
        read_json(tmp_path / "a.json")


def test_checksums(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    whole = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of(path) == whole
    assert verify_sha256(path, whole[:8].upper()) == whole
    with pytest.raises(InputError, match=f"sha256 is {whole}, expected {'0' * 64}"):
        verify_sha256(path, "0" * 64)
    with pytest.raises(InputError, match="too short"):
        verify_sha256(path, whole[:7])


def run_code(folder: Path, code: str, *arguments: str) -> subprocess.CompletedProcess:
    """Run Python code in a process of its own that finds the library."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=with_scripts(),
        cwd=folder,
        capture_output=True,
        text=True,
    )


def run_logged(tmp_path: Path, body: str) -> tuple[subprocess.CompletedProcess, str]:
    code = f"from kdlens.script import logged\nwith logged({str(tmp_path / 'x.log')!r}) as log:\n"
    code += f"    {body}\n"
    return run_code(tmp_path, code), (tmp_path / "x.log").read_text()


def test_log_has_what_the_terminal_has(tmp_path):
    run, log = run_logged(tmp_path, "log.info('hello')")
    assert run.returncode == 0
    assert "hello" in log
    assert run.stderr == log


def test_input_error_is_one_line_and_a_bug_has_its_traceback(tmp_path):
    run, log = run_logged(
        tmp_path, "from kdlens.errors import InputError; raise InputError('x.csv: not there')"
    )
    assert run.returncode == 1
    assert log.count("\n") == 1
    assert "error: x.csv: not there" in log
    run, log = run_logged(tmp_path, "1 / 0")
    assert run.returncode == 1
    assert "ZeroDivisionError" in log
    assert run.stderr == log


def test_what_was_said_before_the_imports_stays_in_the_log(tmp_path):
    (tmp_path / "x.log").write_text("of an earlier run\n")
    code = (
        "from kdlens.script import begun, logged\n"
        "with begun('x.log') as log: log.info('first')\n"
        "with logged('x.log', goes_on=True) as log: log.info('second')\n"
    )
    environment = with_scripts()
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)
    lines = (tmp_path / "x.log").read_text().splitlines()
    assert [line.split(": ")[1].split()[0] for line in lines] == ["first", "second", "done"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_anywhere_is_one_line(tmp_path, code):
    run, log = run_logged(tmp_path, f"raise OSError({code}, 'no room', 'results/a.csv')")
    assert run.returncode == 1
    assert log.count("\n") == 1
    assert "error: results/a.csv: the disk is full (no room); free some space and start" in log


LIMITED = """
import resource, sys
from kdlens.files import write_text
from kdlens.script import logged
with logged(sys.argv[1]) as log:
    log.info("begins")
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
    write_text(sys.argv[2], "x" * 5000)
"""


@pytest.mark.parametrize("limit", [0, 1000])
def test_a_limit_on_files_is_said_on_the_terminal_though_the_log_cannot_grow(tmp_path, limit):
    log, target = tmp_path / "x.log", tmp_path / "a.txt"
    run = run_code(tmp_path, LIMITED, str(log), str(target), str(limit))
    assert run.returncode == 1
    assert run.stderr.count("\n") == 2, run.stderr
    assert f"error: {target}: is larger than a file may be here (File too large)" in run.stderr
    assert "raise the limit" in run.stderr
    assert os.listdir(tmp_path) == ["x.log"]


NO_LOG = """
import logging, sys
from kdlens.script import logged
def full(*_, **__):
    raise OSError(28, "No space left on device")
logging.FileHandler._open = full
with logged(sys.argv[1]):
    print("never")
"""


def test_a_log_that_cannot_be_made_is_one_line(tmp_path):
    run = run_code(tmp_path, NO_LOG, str(tmp_path / "x.log"))
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert f"error: {tmp_path / 'x.log'}: the disk is full" in run.stderr


def test_a_full_temporary_folder_is_one_line(tmp_path):
    code = "import resource, sys; from kdlens.script import logged\n"
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))\n"
    code += "with logged('x.log'): pass\n"
    run = run_code(tmp_path, code)
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1, run.stderr
    assert "error: no temporary folder can be written to (No usable temporary" in run.stderr
    assert "set TMPDIR" in run.stderr


WRITERS = """
import resource, sys
from dataclasses import dataclass, field
import numpy as np
from matplotlib.figure import Figure
from kdlens.npz import Record
from kdlens.paper import style
from kdlens.script import logged

@dataclass(frozen=True)
class Values(Record):
    values: object
    meta: dict = field(default_factory=dict)

def figure(kind):
    drawn = Figure()
    drawn.subplots().set_title("words")
    style.save(drawn, {kind: f"a.{kind}"}, title="title")

def npz(kind):
    Values(np.random.default_rng(0).random(5000)).save(f"a.{kind}")

with logged("x.log"):
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    (npz if sys.argv[1] == "npz" else figure)(sys.argv[1])
"""


@pytest.mark.parametrize("kind", ["svg", "pdf", "png", "npz"])
def test_no_package_hides_why_a_file_could_not_be_written(tmp_path, kind):
    run = run_code(tmp_path, WRITERS, kind)
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1, run.stderr
    assert f"error: a.{kind}: is larger than a file may be here" in run.stderr
    assert os.listdir(tmp_path) == ["x.log"]
