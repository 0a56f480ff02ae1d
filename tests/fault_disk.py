"""A disk that can be full: a small file system in memory, mounted on a run's results."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_PAGE = 4096
_LARGE = 256 << 20


class SmallDisk:
    """Mounted on ``folder`` from the start to the end of a ``with`` block.

    Raises:
        OSError: on entering, where mounting is not possible or not permitted.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> SmallDisk:
        if not sys.platform.startswith("linux"):
            raise OSError("a file system in memory can be mounted on Linux only")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._mount(f"size={_LARGE}", "-t", "tmpfs", "kdlens-faults")
        return self

    def __exit__(self, *_: object) -> None:
        # Lazily, should a process that was killed still be on its way out.
        for options in ([], ["-l"]):
            if not subprocess.run(["umount", *options, str(self.folder)]).returncode:
                return
        raise OSError(f"{self.folder}: cannot be unmounted")

    def fill(self, left: int) -> None:
        """Leave about ``left`` bytes."""
        there = os.statvfs(self.folder)
        used = (there.f_blocks - there.f_bfree) * there.f_frsize
        self._mount(f"remount,size={max(_PAGE, used + left // _PAGE * _PAGE)}")

    def grow(self) -> None:
        self._mount(f"remount,size={_LARGE}")

    def _mount(self, options: str, *rest: str) -> None:
        try:
            done = subprocess.run(
                ["mount", *rest[:2], "-o", options, *rest[2:], str(self.folder)],
                capture_output=True,
                text=True,
            )
        except FileNotFoundError as error:
            raise OSError("there is no mount command") from error
        if done.returncode:
            raise OSError(done.stderr.strip() or f"mount ended with {done.returncode}")
