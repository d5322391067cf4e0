"""granian's server, with a SIGTERM that is neither waited for in vain nor lost.

Imported by ``gongshu web`` alone: granian is not needed by any other command.
"""

from __future__ import annotations

import _thread
import os
from typing import Any

from granian.server.mp import MPServer

from gongshu import clock

ASKED_FOR, ASKED_EVERY = 1.0, 0.1  # seconds


class WebServer(MPServer):
    """granian's server with its own handler of SIGTERM and SIGINT.

    granian's handler sets a ``threading.Event`` for which the same thread waits. Python runs a handler between two steps of
    the thread's own code: within ``wait`` that thread holds the event's lock, and the handler then waits for it for ever
    (docs.python.org/3/library/signal.html: no synchronisation in handlers). Here another thread sets it, started without
    a lock of Python's.

    A worker is forked with this handler and keeps it until it serves. There it ends the worker, which has begun nothing;
    granian's own would do nothing, and the master would wait for ``workers_kill_timeout``.

    A SIGTERM that comes to a worker after it took granian's handler and before it listens for what that handler sets is
    lost. So workers are asked again for a moment, until they end.
    """

    def signal_handler_interrupt(self, *_: Any, **__: Any) -> None:
        """Ask the master to stop; in a worker that does not serve yet, end it."""
        if self._forked():
            os._exit(0)
        self.interrupt_signal = True
        _thread.start_new_thread(self.main_loop_interrupt.set, ())

    def _stop_workers(self) -> None:
        workers: list[Any] = [*self.wrks]
        until = clock.monotonic() + ASKED_FOR
        while clock.monotonic() < until and (left := [worker for worker in workers if worker.is_alive()]):
            for worker in left:
                worker.terminate()
            left[0].join(ASKED_EVERY)
        super()._stop_workers()  # type: ignore[no-untyped-call]

    def _forked(self) -> bool:
        return os.getpid() != self.pid
