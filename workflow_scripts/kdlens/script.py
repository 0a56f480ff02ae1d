"""What every script of the workflow does around its ``main``: logging and errors.

Log lines go to the rule's log file *and* to the terminal. An :class:`~kdlens.errors.InputError`
ends the job with its one line; any other exception keeps its traceback, in both places.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from kdlens.errors import InputError


@contextlib.contextmanager
def logged(log: str | Path, *, goes_on: bool = False) -> Iterator[logging.Logger]:
    """Run a script's body with its log set up; exits with status 1 on an error.

    Args:
        goes_on: the log was started before (:func:`begun`).
    """
    if not goes_on:
        _begin(Path(log))
    start = time.monotonic()
    with _errors_told(Path(log)) as logger:
        yield logger
    logger.info("done in %.1f s", time.monotonic() - start)
    for handler in logging.getLogger().handlers:
        handler.flush()


@contextlib.contextmanager
def begun(log: str | Path) -> Iterator[logging.Logger]:
    """Run what comes before a script's imports; errors as :func:`logged`, which goes on later."""
    _begin(Path(log))
    with _errors_told(Path(log)) as logger:
        yield logger


def _name(log: Path) -> str:
    # Jobs share the terminal, so every line says whose it is: "train_model kd/seed1".
    return f"{log.stem} {'/'.join(log.parts[-4:-2])}".strip()


def _begin(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    _start_log(str(log), f"%(asctime)s {_name(log).replace('%', '%%')}: %(message)s")
    # Says what it does to each glyph of a font that goes into a figure.
    logging.getLogger("fontTools").setLevel(logging.WARNING)


@contextlib.contextmanager
def _errors_told(log: Path) -> Iterator[logging.Logger]:
    logger = logging.getLogger("kdlens")
    try:
        yield logger
    except InputError as error:
        logger.error("error: %s", error)
        sys.exit(1)
    except KeyboardInterrupt:
        logger.error("interrupted; the same command, with --rerun-incomplete, goes on from here")
        sys.exit(130)
    except MemoryError:
        logger.exception("out of memory: lower the batch size or the image size in the config")
        sys.exit(1)
    except Exception:
        logger.exception("%s failed; this is a bug or a broken installation", _name(log))
        sys.exit(1)


def log_settings() -> dict[str, str | None]:
    """Return what a process needs to write to this process's log too: its file and its style."""
    for handler in logging.getLogger().handlers:
        if type(handler) is logging.FileHandler:
            return {"file": handler.baseFilename, "style": handler.formatter._fmt}
    return {"file": None, "style": "%(message)s"}


def use_log_settings(settings: Mapping[str, str | None]) -> None:
    """Write to the log of the process that :func:`log_settings` was called in."""
    _start_log(settings["file"], settings["style"])


def _start_log(file: str | None, style: str) -> None:
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if file is not None:
        # Appends, so that several processes can write to one file.
        handlers.insert(0, logging.FileHandler(file, mode="a", encoding="utf-8"))
    logging.basicConfig(
        level=logging.INFO, format=style, datefmt="%H:%M:%S", handlers=handlers, force=True
    )
    logging.captureWarnings(True)


def log_progress(
    logger: logging.Logger, what: str, done: int, total: int, start: float, unit: str
) -> None:
    """Log one progress line with a rate and the time left (``start`` from ``time.monotonic``)."""
    seconds = max(time.monotonic() - start, 1e-9)
    rate = done / seconds
    left = (total - done) / rate if rate else float("inf")
    logger.info("%s %d/%d, %.0f %s/s, %s left", what, done, total, rate, unit, _duration(left))


def _duration(seconds: float) -> str:
    if seconds == float("inf"):
        return "unknown time"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {seconds:02d} s" if minutes else f"{seconds} s"
