"""The word to stop: said by a signal's handler, heard by every loop that waits for it."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress


class Stop:
    """What ``threading.Event`` is, safe to be set by a signal's handler.

    An event's ``wait`` and ``set`` take the same lock. A handler that runs while its own thread is just inside ``wait``
    would wait for that thread for ever. (``SimpleQueue.get`` is no way out: interrupted when its time is just over, it
    waits for ever, too, since a negative time means that.) Here one lock is the door, shut until it is said; whoever comes
    through leaves it open. A handler may open it whatever it interrupts.
    """

    def __init__(self) -> None:
        self._said = False
        self._door = threading.Lock()
        self._door.acquire()

    def set(self) -> None:
        """Say it, once and for all."""
        self._said = True
        self._open()

    def is_set(self) -> bool:
        return self._said

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for it, at most ``timeout`` seconds; whether it was said."""
        if not self._said and self._door.acquire(timeout=-1 if timeout is None else max(timeout, 0)):
            self._open()  # the next one who waits hears it, too
        return self._said

    def _open(self) -> None:
        with suppress(RuntimeError):  # it stands open already
            self._door.release()

    def on_signals(self) -> None:
        """From now on SIGTERM and SIGINT say it; for the main thread only."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self.set())
