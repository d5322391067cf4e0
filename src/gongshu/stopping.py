"""The word to stop: said by a signal's handler, heard by every loop that waits for it."""

from __future__ import annotations

import queue
import signal


class Stop:
    """What ``threading.Event`` is, safe to be set by a signal's handler.

    An event's ``wait`` and ``set`` take the same lock. A handler that runs while its own thread is just inside ``wait``
    would wait for that thread for ever. ``SimpleQueue.put`` may interrupt ``get``, as its documentation promises.
    """

    def __init__(self) -> None:
        self._said = False
        self._bell: queue.SimpleQueue[None] = queue.SimpleQueue()

    def set(self) -> None:
        """Say it, once and for all."""
        self._said = True
        self._bell.put(None)

    def is_set(self) -> bool:
        return self._said

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for it, at most ``timeout`` seconds; whether it was said."""
        if not self._said:
            try:
                self._bell.get(timeout=timeout)
            except queue.Empty:
                return self._said
            self._bell.put(None)  # the next one who waits hears it, too
        return self._said

    def on_signals(self) -> None:
        """From now on SIGTERM and SIGINT say it; for the main thread only."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self.set())
