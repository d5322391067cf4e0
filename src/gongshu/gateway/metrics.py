"""What the gateway tells of itself to Prometheus: counts, times and states, and never a word of the data.

Labels are our own words only (operation, code of refusal): no client, grant, resource or key is among them. Served on a
port of its own on the loopback address, in the text format 0.0.4 that every version of Prometheus reads.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from gongshu import clock

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_REQUEST_LIMIT = 8192
_PATIENCE = 5.0


class Metrics:
    def __init__(self) -> None:
        self._calls: dict[tuple[str, str], int] = {}
        self._times: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}
        self._began = clock.timestamp()

    def observe(self, operation: str, code: str, seconds: float) -> None:
        """One call that was answered; ``code`` is "ok" or a code of refusal."""
        key = (operation, code)
        self._calls[key] = self._calls.get(key, 0) + 1
        times = self._times.get(operation)
        if times is None:
            times = self._times[operation] = [0] * (len(BUCKETS) + 1)
            self._seconds[operation] = 0.0
        times[bisect_left(BUCKETS, seconds)] += 1
        self._seconds[operation] += seconds

    def render(self, gauges: Mapping[str, tuple[str, float]]) -> str:
        """The page; ``gauges`` are name → (help, value) of the moment."""
        lines = [*self._counted(), *self._timed()]
        started = {"process_start_time_seconds": ("Start of the process, Unix seconds.", self._began)}
        for name, (text, value) in {**gauges, **_process(), **started}.items():
            kind = "counter" if name.endswith("_total") else "gauge"
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {value:.15g}"]
        return "\n".join(lines) + "\n"

    def _counted(self) -> Iterator[str]:
        name = "gongshu_gateway_calls_total"
        yield f"# HELP {name} Calls answered, by operation and outcome."
        yield f"# TYPE {name} counter"
        for (operation, code), calls in sorted(self._calls.items()):
            yield f'{name}{{operation="{operation}",code="{code}"}} {calls}'

    def _timed(self) -> Iterator[str]:
        name = "gongshu_gateway_call_seconds"
        yield f"# HELP {name} Seconds from the request to its answer."
        yield f"# TYPE {name} histogram"
        for operation, times in sorted(self._times.items()):
            total = 0
            for bound, calls in zip((*BUCKETS, None), times, strict=True):
                total += calls
                yield f'{name}_bucket{{operation="{operation}",le="{"+Inf" if bound is None else bound}"}} {total}'
            yield f'{name}_sum{{operation="{operation}"}} {self._seconds[operation]:.9g}'
            yield f'{name}_count{{operation="{operation}"}} {total}'


def _process() -> dict[str, tuple[str, float]]:
    times = os.times()
    found = {"process_cpu_seconds_total": ("CPU time, user and system.", times.user + times.system)}
    with contextlib.suppress(OSError, ValueError, IndexError):
        with Path("/proc/self/statm").open("rb") as file:
            pages = int(file.read().split()[1])
        found["process_resident_memory_bytes"] = ("Resident memory.", float(pages * os.sysconf("SC_PAGE_SIZE")))
    return found


async def serve(render: Callable[[], str], port: int) -> asyncio.Server:
    """Answer ``GET /metrics`` on 127.0.0.1:``port`` (0: any free one) until the server is closed."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                asked = head.split(b"\r\n", 1)[0].split(b" ")
                known = len(asked) == 3 and asked[0] in (b"GET", b"HEAD") and asked[1].split(b"?")[0] == b"/metrics"
                body = render().encode() if known else b"only /metrics is here\n"
                kind = b"text/plain; version=0.0.4; charset=utf-8"
                status = b"200 OK" if known else b"404 Not Found"
                writer.write(
                    b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                    % (status, kind, len(body))
                )
                if asked[0] != b"HEAD":
                    writer.write(body)
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", port, limit=_REQUEST_LIMIT)
