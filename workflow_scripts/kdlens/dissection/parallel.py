"""Several layers at a time on the CPU.

What is done with a layer's maps consists of many short operations, some of which use one core
alone. Two layers side by side, each on one core, take less time than two cores for one after the
other. Layers share nothing, so the results are the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import torch


class Workers:
    """Runs functions side by side; without a pool, one after the other."""

    def __init__(self, pool: ThreadPoolExecutor | None) -> None:
        self._pool = pool
        self._pending: list[Future[None]] = []

    def start(self, functions: Iterable[Callable[[], None]]) -> None:
        """Wait for what was started before, then start these."""
        self.wait()
        for function in functions:
            if self._pool is None:
                function()
            else:
                self._pending.append(self._pool.submit(_call, function))

    def wait(self) -> None:
        """Wait for all that was started; raise the first of their exceptions."""
        pending, self._pending = self._pending, []
        for future in pending:
            future.result()


def _call(function: Callable[[], None]) -> None:
    with torch.inference_mode():  # is a thread's own affair
        function()


@contextlib.contextmanager
def workers(device: torch.device, tasks: int) -> Iterator[Workers]:
    """Yield a thread for each task, as far as torch has threads, and share out the rest among them.

    On a GPU, with one thread or with one task there is none, and all is done by the caller.
    """
    threads = torch.get_num_threads()
    count = min(threads, tasks)
    if device.type != "cpu" or count < 2:
        yield Workers(None)
        return
    share = (threads // count,)
    with ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=share) as pool:
        try:
            yield Workers(pool)
        finally:
            # The number is each thread's own, but what the last one set is what new threads get.
            torch.set_num_threads(threads)
