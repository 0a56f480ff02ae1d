"""Many small files, several threads, one progress line.

Decoding an image and reading a file release Python's lock, so threads are enough (two threads
decode JPEGs 1.9 times as fast as one), and unlike processes they need no start-up, no pickling and
no importable ``__main__``.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

from kdlens.script import log_progress

Item = TypeVar("Item")
Result = TypeVar("Result")

_INTERVAL = 5.0  # seconds between two progress lines
_CHUNK = 64  # files: some tens of milliseconds of work, so that the threads end together
_AHEAD = 4  # chunks for each thread, so that none waits for a slow one


class Progress:
    """Log a line with the rate and the time left, at most every few seconds, and at the end."""

    def __init__(self, logger: logging.Logger, what: str, total: float, unit: str) -> None:
        self._arguments = (logger, what, unit)
        self._total = round(total)
        self._start = self._last = time.monotonic()

    def update(self, done: float, *, final: bool = False) -> None:
        """``done`` of the total; ``final`` logs whatever the time."""
        now = time.monotonic()
        if final or now - self._last >= _INTERVAL:
            self._last = now
            logger, what, unit = self._arguments
            log_progress(logger, what, round(done), self._total, self._start, unit)


def run_chunks(
    function: Callable[[Sequence[Item]], Result],
    items: Sequence[Item],
    *,
    workers: int,
    logger: logging.Logger,
    what: str,
    unit: str,
) -> Iterator[Result]:
    """Yield ``function(chunk)`` for successive chunks of 64 ``items``, in order.

    Only a few chunks are worked on ahead of the caller, and none is kept, so memory does not grow
    with the number of items. An exception, or the caller's leaving, cancels what has not begun.

    Args:
        workers: threads.
        logger, what, unit: of the progress line, which counts items.
    """
    progress = Progress(logger, what, len(items), unit)
    workers = max(1, workers)
    starts = iter(range(0, len(items), _CHUNK))
    pending: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(workers)

    def submit(count: int) -> None:
        for start in islice(starts, count):
            pending.append(pool.submit(function, items[start : start + _CHUNK]))

    try:
        submit(_AHEAD * workers)
        done = 0
        while pending:
            yield pending.popleft().result()
            submit(1)
            done = min(done + _CHUNK, len(items))
            progress.update(done, final=done == len(items))
    finally:
        pool.shutdown(cancel_futures=True)
