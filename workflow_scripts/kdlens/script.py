"""What every script of the workflow does around its ``main``: logging and errors.

Log lines go to the rule's log file *and* to the terminal. An :class:`~kdlens.errors.InputError`
ends the job with its one line; any other exception keeps its traceback, in both places.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

from kdlens.disk import FULL, disk_errors, disk_trouble
from kdlens.errors import InputError
from kdlens.orphans import end_with_workflow

_ADVICE = "free some space and start again; what is finished is kept"


class _LogFile(logging.FileHandler):
    """A log on a disk that may be full: the line is on the terminal too, and a job goes on."""

    def __init__(self, file: str, style: str) -> None:
        # Appends, so that several processes can write to one file.
        super().__init__(file, mode="a", encoding="utf-8")
        self.style = style

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)

    def flush(self) -> None:
        # Closing flushes what a full disk did not take.
        with contextlib.suppress(OSError):
            super().flush()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            super().close()


class LogSettings(TypedDict):
    """The file that a process logs to, if any, and the style of its lines."""

    file: str | None
    style: str


@contextlib.contextmanager
def logged(log: str | Path, *, goes_on: bool = False) -> Iterator[logging.Logger]:
    """Run a script's body with its log set up; exits with status 1 on an error.

    Args:
        goes_on: the log was started before (:func:`begun`).
    """
    start = time.monotonic()
    with _errors_told(Path(log)) as logger:
        if not goes_on:
            _begin(Path(log))
        yield logger
        _require_room(Path(log))
    logger.info("done in %.1f s", time.monotonic() - start)
    for handler in logging.getLogger().handlers:
        handler.flush()


@contextlib.contextmanager
def begun(log: str | Path) -> Iterator[logging.Logger]:
    """Run what comes before a script's imports; errors as :func:`logged`, which goes on later."""
    with _errors_told(Path(log)) as logger:
        _begin(Path(log))
        yield logger


def _name(log: Path) -> str:
    # Jobs share the terminal, so every line says whose it is: "train_model kd/seed1".
    return f"{log.stem} {'/'.join(log.parts[-4:-2])}".strip()


def _begin(log: Path) -> None:
    # Before the log is begun: it may be that of a new run's job by now.
    end_with_workflow()
    style = f"%(asctime)s {_name(log).replace('%', '%%')}: %(message)s"
    _start_log(None, style)
    with disk_errors(log, _ADVICE):
        log.parent.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)
        _start_log(str(log), style)
    try:
        # Torch asks for it as it is imported, and the answer is kept.
        tempfile.gettempdir()
    except FileNotFoundError as error:
        raise InputError(
            f"no temporary folder can be written to ({error.strerror}); free some space there, or "
            "set TMPDIR to a folder that has some, and start again"
        ) from error
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
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL:
            where = error.filename or log.parent.parent
            logger.error("error: %s: %s", where, disk_trouble(error, _ADVICE))
        else:
            logger.exception("%s failed; this is a bug or a broken installation", _name(log))
        sys.exit(1)


def _require_room(log: Path) -> None:
    """Raise an InputError where what Snakemake writes of a job would find no room.

    Of the time and memory that a job took, that is: Snakemake would not say which file it was.
    """
    with disk_errors(log.parent.parent, _ADVICE), tempfile.TemporaryFile(dir=log.parent) as file:
        file.write(bytes(512))
        file.flush()


def log_settings() -> LogSettings:
    """Return what a process needs to write to this process's log too: its file and its style."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _LogFile):
            return {"file": handler.baseFilename, "style": handler.style}
    return {"file": None, "style": "%(message)s"}


def use_log_settings(settings: LogSettings) -> None:
    """Write to the log of the process that :func:`log_settings` was called in."""
    _start_log(settings["file"], settings["style"])


def _start_log(file: str | None, style: str) -> None:
    handlers: list[logging.Handler] = [logging.StreamHandler()]
    if file is not None:
        handlers.insert(0, _LogFile(file, style))
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
