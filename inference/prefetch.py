"""Read ahead on one thread, so that the processor that computes never waits for a file."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def prefetched(items: Iterator[T], depth: int = 2) -> Iterator[T]:
    """The same items in the same order, up to ``depth`` of them made ahead on a thread.

    An error of ``items`` is raised here, after the items before it. Leaving the loop early stops
    the thread.
    """
    ready: queue.Queue[tuple[T | None, BaseException | None] | None] = queue.Queue(depth)
    stopped = threading.Event()

    def put(item: tuple[T | None, BaseException | None] | None) -> bool:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def fill() -> None:
        try:
            for item in items:
                if not put((item, None)):
                    return
            put(None)
        except BaseException as error:  # handed over to the reader's thread
            put((None, error))

    thread = threading.Thread(target=fill, daemon=True)
    thread.start()
    try:
        while (taken := ready.get()) is not None:
            item, error = taken
            if error is not None:
                raise error
            yield item  # type: ignore[misc]
    finally:
        stopped.set()
        thread.join()
