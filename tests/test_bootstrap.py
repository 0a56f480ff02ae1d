"""The bootstrap that fetches uv: the right wheel for the machine, and never an unverified one."""

from __future__ import annotations

import importlib.util
import io
import platform
import sys
import zipfile

import pytest
from project import ROOT


@pytest.fixture
def bootstrap(tmp_path, monkeypatch):
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "envs/bootstrap.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "PRIVATE", tmp_path / ".bootstrap" / "uv")
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    return module


@pytest.mark.parametrize(
    ("system", "machine", "libc", "expected"),
    [
        ("linux", "x86_64", "glibc", "manylinux"),
        ("linux", "aarch64", "glibc", "manylinux"),
        ("linux", "x86_64", "", "musllinux"),
        ("darwin", "arm64", "", "macosx"),
    ],
)
def test_wheel_fits_the_machine(bootstrap, monkeypatch, system, machine, libc, expected):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(platform, "libc_ver", lambda: (libc, ""))
    url = bootstrap.wheel_for_this_machine(bootstrap.locked_uv())["url"]
    assert expected in url
    assert machine in url


def test_a_machine_without_a_wheel_is_told_what_to_do(bootstrap, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "z80")
    with pytest.raises(SystemExit, match="install uv yourself"):
        bootstrap.wheel_for_this_machine(bootstrap.locked_uv())


def test_a_file_that_is_not_the_locked_one_is_refused(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap, "download", lambda url: b"something else")
    with pytest.raises(SystemExit, match=r"not the file that uv\.lock names"):
        bootstrap.main()
    assert not bootstrap.PRIVATE.exists()


def test_the_program_is_put_into_place_and_used_again(bootstrap, monkeypatch, capsys):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as wheel:
        wheel.writestr("uv-99.data/scripts/uv", "#!/bin/sh\necho uv 99.0.0\n")
    bootstrap.install(buffer.getvalue())
    monkeypatch.setattr(bootstrap, "download", lambda url: pytest.fail("fetched again"))
    bootstrap.main()
    assert capsys.readouterr().out.strip() == str(bootstrap.PRIVATE)
