"""What a script that computes with torch calls first of all, under Snakemake."""

from __future__ import annotations

import getpass
from pathlib import Path

from kdlens.gpus.lease import lease
from kdlens.script import begun


def take_gpus(log: str | Path, device: str, count: int = 1, key: str = "device") -> None:
    """Start the job's log, and lease its GPUs for as long as it runs; waits until they are free.

    Ends the job with status 1 on an error, as :func:`kdlens.script.logged` does, which goes on with
    the log.

    Args:
        device: auto, cpu or cuda; for cpu nothing is leased.
        count: how many GPUs; never what Snakemake says of ``resources.gpu``, which may be cut.
        key: of the config that asks for so many.
    """
    with begun(log):
        if device != "cpu":
            lease(count, key, f"{_user()}, {Path(log).absolute()}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in a container
        return "somebody"
