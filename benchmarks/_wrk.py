"""Load from ``wrk``: requests made and signed beforehand, played over keep-alive connections from one thread."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

# wrk asks ``request`` for the bytes of every request; the file holds them one after another with their lengths before.
_PLAY = """
local requests, at = {}, 0
function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  while true do
    local size = file:read(8)
    if not size then break end
    requests[#requests + 1] = file:read(tonumber(size))
  end
  file:close()
end
function request()
  at = at + 1
  if at > #requests then
    if arguments_repeat then at = 1 else wrk.thread:stop() at = #requests end
  end
  return requests[at]
end
function done(summary, latency, _)
  io.write(string.format(
    'RESULT {"requests": %d, "seconds": %f, "refused": %d, "lost": %d, "p50_ms": %f, "p99_ms": %f}\\n',
    summary.requests, summary.duration / 1e6, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
"""


@dataclass(frozen=True)
class Load:
    """What one turn came to; times in milliseconds."""

    per_second: float
    p50_ms: float
    p99_ms: float


def write(path: Path, requests: list[bytes]) -> None:
    """Keep ``requests``, whole HTTP requests with their heads, for ``play``."""
    with path.open("wb") as file:
        for each in requests:
            file.write(b"%08d" % len(each))
            file.write(each)


def play(path: Path, port: int, *, connections: int, seconds: int, again: bool = False) -> Load:
    """One turn. ``again``: begin anew when all requests have been sent (for servers without replay protection).

    Every answer must be a success and no connection may be lost, else SystemExit: a fast refusal is not an answer.
    """
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("wrk is not installed; on Debian: apt-get install wrk")
    script = path.with_suffix(".lua")
    script.write_text(f"arguments_repeat = {str(again).lower()}\n{_PLAY}", encoding="utf-8")
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(script)]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{port}", "--", str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 60,
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
    if line is None:
        raise SystemExit(f"wrk said nothing: {done.stdout[-500:]}{done.stderr[-500:]}")
    seen = json.loads(line.removeprefix("RESULT "))
    if seen["refused"] or seen["lost"]:
        raise SystemExit(f"{path.name}: of {seen['requests']} calls {seen['refused']} refused, {seen['lost']} lost")
    return Load(seen["requests"] / seen["seconds"], seen["p50_ms"], seen["p99_ms"])
