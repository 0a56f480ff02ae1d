"""Print the path of a `uv` to set up the environment with, fetching a private one if there is none.

Needs nothing but Python's standard library: no pip, no venv module, no write access outside the
project. Which uv is fetched, and its checksum, stand in uv.lock like those of every other package.
It lands in .bootstrap/.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 (this is what tells the user)
    sys.exit(
        "error: Python 3.11 or newer is needed, this is "
        + sys.version.split()[0]
        + "; name another one: make PYTHON=python3.12 ..."
    )

import hashlib
import http.client
import io
import os
import platform
import re
import shutil
import subprocess
import tempfile
import tomllib
import urllib.request
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PRIVATE = PROJECT / ".bootstrap" / "uv"
# The oldest uv that reads the lock file's format.
OLDEST = (0, 9)


def main() -> None:
    """Print the path of a uv that works; fetch one if there is none."""
    for candidate in (PRIVATE, shutil.which("uv")):
        if candidate and works(candidate):
            print(candidate)
            return
    package = locked_uv()
    wheel = wheel_for_this_machine(package)
    log(f"fetching uv {package['version']} into {PRIVATE.parent}")
    try:
        data = download(wheel["url"])
    except (OSError, http.client.HTTPException) as error:
        data = download_with_pip(package["version"], error)
    expected = {w["hash"].removeprefix("sha256:") for w in package["wheels"]}
    if hashlib.sha256(data).hexdigest() not in expected:
        sys.exit(f"error: {wheel['url']}: not the file that uv.lock names (sha256 differs)")
    install(data)
    print(PRIVATE)


def works(uv: str | Path) -> bool:
    """Whether this uv runs and is new enough."""
    try:
        run = subprocess.run([uv, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    version = re.search(r"(\d+)\.(\d+)", run.stdout)
    return version is not None and tuple(map(int, version.groups())) >= OLDEST


def locked_uv() -> dict:
    """Return the lock file's entry of uv itself."""
    lock = tomllib.loads((PROJECT / "uv.lock").read_text("utf-8"))
    return next(package for package in lock["package"] if package["name"] == "uv")


def wheel_for_this_machine(package: dict) -> dict:
    """Return the wheel whose platform tag fits, or exit with advice."""
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    if sys.platform == "darwin":
        fits = re.compile(rf"-macosx_\d+_\d+_{'arm64' if machine == 'aarch64' else machine}\.whl$")
    else:
        libc = "musllinux" if platform.libc_ver()[0] != "glibc" else "manylinux"
        fits = re.compile(rf"-{libc}[^-]*_{machine}[^-]*\.whl$")
    for wheel in package["wheels"]:
        if fits.search(wheel["url"]):
            return wheel
    sys.exit(
        f"error: no uv in uv.lock for {sys.platform} on {machine}; install uv yourself "
        "(https://docs.astral.sh/uv) and run make again"
    )


def download(url: str) -> bytes:
    """Fetch an address into memory."""
    with urllib.request.urlopen(url, timeout=60) as response:
        return response.read()


def download_with_pip(version: str, reason: Exception) -> bytes:
    """Let pip fetch the wheel: it may know of a mirror, a proxy or a certificate."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
        command += ["--dest", folder, f"uv=={version}"]
        try:
            subprocess.run(command, check=True, stdout=sys.stderr)
            return next(Path(folder).glob("uv-*.whl")).read_bytes()
        except (OSError, subprocess.CalledProcessError, StopIteration):
            sys.exit(
                f"error: uv could not be fetched ({reason}); check the network, or install uv "
                "yourself (https://docs.astral.sh/uv) and run make again"
            )


def install(wheel: bytes) -> None:
    """Put the wheel's uv program into place, whole or not at all."""
    PRIVATE.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        member = next(n for n in archive.namelist() if n.endswith("/scripts/uv"))
        program = archive.read(member)
    temporary = PRIVATE.with_name(f"uv.{os.getpid()}.tmp")
    temporary.write_bytes(program)
    temporary.chmod(0o755)
    temporary.replace(PRIVATE)


def log(text: str) -> None:
    """Say something without it being taken for the path."""
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
