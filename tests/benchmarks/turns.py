"""What benchmarks share: each case runs in processes of its own, and the cases take turns.

So its peak memory is its own, and a busy moment of the machine does not hit one case alone. The
library can be imported once this module has been.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "workflow_scripts"))


def in_turns(cases: Iterable[str], turns: int, run: Callable[[str], Any]) -> dict[str, list]:
    """Run every case once a turn; return each one's results, turn by turn."""
    found: dict[str, list] = {case: [] for case in cases}
    for turn in range(turns):
        for case, results in found.items():
            results.append(run(case))
            print(f"turn {turn + 1}: {case}: {results[-1]}", file=sys.stderr)
    return found


def in_processes(case: str, arguments: list[str], processes: int = 1) -> list:
    """Run this benchmark with ``--case`` in as many processes at once; return what each found.

    A process prints it as JSON, in its last line; one that fails ends the benchmark.
    """
    command = [sys.executable, sys.argv[0], *arguments, "--case", case]
    children = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)
    ]
    outputs = [child.communicate()[0] for child in children]
    if any(child.returncode for child in children):
        sys.exit(f"{case}: failed")
    return [json.loads(output.splitlines()[-1]) for output in outputs]


def named(device: str) -> str:
    """Return a device's name, a GPU's with its model."""
    cuda = torch.device(device).type == "cuda"
    return f"{device} ({torch.cuda.get_device_name()})" if cuda else device


def machine() -> str:
    """Return the processor and the version of torch."""
    return f"{platform.processor() or platform.machine()}, torch {torch.__version__}"
