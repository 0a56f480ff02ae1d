"""Starts the processes of a training that uses several GPUs, and reports how they ended.

A script that is to run in several processes is started again by torch's elastic launcher, the one
behind ``torchrun``, once for each GPU, on this machine. If one process fails, the launcher ends the
others, and the error of the first to fail is raised here, those that a user can act on before all
others (a process whose neighbour has died fails too). Processes also end when their launcher is
killed. On a CPU they work in the same way, and talk to each other by way of gloo.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from torch import distributed
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from kdlens.errors import InputError
from kdlens.gpus.lease import held_locks, hold_too
from kdlens.script import log_settings, use_log_settings
from kdlens.training.devices import resolve_device

# Within this time the slowest process must have read its images.
_PATIENCE = timedelta(minutes=60)
# That the launcher takes over.
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


def launch(script: str | Path, gpus: int, arguments: Mapping[str, Any]) -> None:
    """Run ``script`` in ``gpus`` processes, each of which calls :func:`run_worker`.

    Args:
        arguments: what ``main`` is called with; plain data and paths. ``name`` is the model's entry
            in the config, ``device`` where to compute.

    Raises:
        InputError: if there are fewer GPUs, or if a process raised it.
        RuntimeError: if a process failed in another way; with its traceback.
    """
    key = f"models.{arguments['name']}.gpus"
    _require_gpus(gpus, arguments["device"], key)
    # It writes what is said better below.
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        told = {
            "arguments": dict(arguments),
            "log": log_settings(),
            "reports": folder,
            "locks": held_locks(),
        }
        config = LaunchConfig(
            min_nodes=1,
            max_nodes=1,
            nproc_per_node=gpus,
            run_id=uuid.uuid4().hex,
            rdzv_backend="c10d",
            rdzv_endpoint="localhost:0",
            local_addr="localhost",
            max_restarts=0,
            logs_specs=DefaultLogsSpecs(log_dir=folder),
        )
        handlers = {number: signal.getsignal(number) for number in _SIGNALS}
        try:
            elastic_launch(config, sys.executable)(
                str(script), json.dumps({**told, "launcher": os.getpid()}, default=str)
            )
        except ChildFailedError as error:
            raise _first_failure(Path(folder), error, key) from None
        except SignalException as error:
            if error.sigval == signal.SIGINT:
                raise KeyboardInterrupt from None
            sys.exit(128 + error.sigval)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)


def run_worker(main: Callable[..., None]) -> None:
    """Call ``main`` as one of the processes; ends the process with status 1 if it fails."""
    told = json.loads(sys.argv[1])
    # Where the launcher is killed, its GPUs are not free before its processes have ended.
    hold_too(told["locks"])
    threading.Thread(target=_end_with, args=(told["launcher"],), daemon=True).start()
    rank = int(os.environ["RANK"])
    if rank == 0:
        use_log_settings(told["log"])
    else:
        logging.disable()
    try:
        device = resolve_device(told["arguments"]["device"])
        if device.type == "cuda":
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        backend = "nccl" if device.type == "cuda" else "gloo"
        distributed.init_process_group(backend, timeout=_PATIENCE)
        main(**told["arguments"])
        distributed.destroy_process_group()
    except Exception as error:
        expected = isinstance(error, InputError)
        message = str(error) if expected else traceback.format_exc()
        report = {"expected": expected, "time": time.time(), "message": message}
        Path(told["reports"], f"process{rank}.json").write_text(json.dumps(report))
        # At once: an orderly end would wait for processes that wait for this one.
        os._exit(1)


def _require_gpus(gpus: int, device: str, key: str) -> None:
    if resolve_device(device).type == "cuda":
        there = torch.cuda.device_count()
        if there < gpus:
            raise InputError(
                f"{key}: {gpus} GPUs were asked for, but torch sees {there} here; write at most "
                f"{there}, or run where there are {gpus} (CUDA_VISIBLE_DEVICES hides GPUs, and "
                f"--resources gpu=... must be at least {gpus})"
            )


def _end_with(launcher: int) -> None:
    while os.getppid() == launcher:
        time.sleep(0.5)
    os._exit(1)


def _first_failure(folder: Path, error: ChildFailedError, key: str) -> Exception:
    reports = [json.loads(path.read_text()) for path in folder.glob("process*.json")]
    if reports:
        first = min(reports, key=lambda report: (not report["expected"], report["time"]))
        return (InputError if first["expected"] else RuntimeError)(first["message"])
    rank, failure = error.get_first_failure()
    if failure.exitcode == -signal.SIGKILL:
        return InputError(
            f"{key}: process {rank} was killed, most likely since memory ran out; give the job "
            "more (jobs.training.mem_mb), or write a smaller number"
        )
    return RuntimeError(f"process {rank} of the training ended with exit code {failure.exitcode}")
