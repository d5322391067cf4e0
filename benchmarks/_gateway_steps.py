"""What each step of a call costs: ``python -m benchmarks._gateway_steps`` prints the table of ``docs/benchmarks.md``.

Each step of ``gongshu.gateway.core`` alone, many times in a row, the best of several rounds, in µs of this thread's CPU: on
a machine that others use too, a minimum is the least that is wrong. ``GONGSHU_BENCH_ROWS`` as for the benchmark.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

from benchmarks import _gateway_data as data
from benchmarks.gateway import ROWS

AT_ONCE = 128
CALLS, ROUNDS = 2000, 15


def best(step: Callable[[], Any]) -> float:
    """µs of CPU for one ``step``."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        for _ in range(CALLS):
            step()
        rounds.append(time.thread_time() - began)
    return min(rounds) / CALLS * 1e6


def together(make: Callable[[], Any]) -> float:
    """µs of CPU of this thread for one of ``AT_ONCE`` coroutines run at once."""

    async def main() -> list[float]:
        rounds = []
        for _ in range(5 * ROUNDS):
            began = time.thread_time()
            await asyncio.gather(*[make() for _ in range(AT_ONCE)])
            rounds.append(time.thread_time() - began)
        return rounds

    return min(asyncio.run(main())) / AT_ONCE * 1e6


def steps() -> list[tuple[str, float]]:
    """(what, µs) of the steps of a query by key, in their order."""
    from gongshu.crypto import signing
    from gongshu.gateway import app, http, messages, service
    from gongshu.gateway.call import Call
    from gongshu.grants import scope
    from gongshu.home import Home

    running = service.build(Home(data.installation(data.kept(ROWS), ROWS)), "steps")
    gate = running.gate
    gc.collect()
    gc.freeze()
    try:
        head, body = data.ours(1, ROWS)[0].split(b"\r\n\r\n", 1)
        request = http.parse(head)
        found: list[tuple[str, float]] = [("read the head of the request", best(lambda: http.parse(head)))]

        def call() -> Call:
            app._ADDRESS.fullmatch(request.target)
            return Call("query", data.RESOURCE, "POST", request.target, request.headers, body, ())

        found.append(("address, identifier, clocks", best(call)))
        now = call()
        client = now.client = gate.control.known.clients[data.CLIENT]

        def signature() -> None:
            claim = signing.read(now.headers)
            signing.verify(claim, secret=client.secret, method="POST", path=now.target, body=body, now=now.now)

        found.append(("signature: SM3 of the body, HMAC-SM3", best(signature)))
        numbers = iter(range(10**9))
        stamp = int(now.now)
        found.append(
            (
                "nonce, in the file that the node's gateways share",
                best(lambda: gate.nonces.use("app", f"nonce-{next(numbers)}", stamp, now.now)),
            )
        )
        asked = messages.decode_query(body)
        found.append(("decode the JSON", best(lambda: messages.decode_query(body))))

        def decide() -> None:
            grant = gate.grant(now, client, asked.grant, "query", asked.purpose)
            interface = gate.interface(now)
            scope.check_items(grant, asked.fields or [], interface.items, "fields")
            gate.watch.admit(client.client_id, now.moment)
            gate.count(now, client, grant)
            gate._watched(now, client, grant, interface.key(asked.key or {}), found=True)

        decide()
        found.append(("grant, items, hours, rate, quota, watch", best(decide)))
        grant, interface = now.grant, now.interface
        assert grant is not None and interface is not None
        key, fields = interface.key(asked.key or {}), asked.fields or []
        row = interface.find(key, fields, grant)
        assert row is not None
        found.append((f"look-up among {ROWS:,} rows (SQLite)", best(lambda: interface.find(key, fields, grant))))
        found.append(
            (
                "masks and JSON of the answer",
                best(lambda: gate.reply(now, interface, {"record": interface.present(row, fields, grant)})),
            )
        )
        subject = interface.subject(key)
        found.append(("commitment to the person: HMAC-SM3", best(lambda: interface.subject(key))))

        def entry() -> bytes:
            form = gate._form(now, "gateway.query", grant, interface, fields, 1, "found")
            return form.fill(now.request_id, subject)

        leaf = entry()
        found.append(("ledger entry and its SM3", best(entry)))

        async def kept() -> None:
            await gate.evidence._spool.append(leaf)

        async def nothing() -> None:
            await asyncio.sleep(0)

        found.append((f"hand it to the spool and wait, {AT_ONCE} at once", together(kept) - together(nothing)))
        answer = gate.reply(now, interface, {"record": interface.present(row, fields, grant)})
        found.append(("head of the answer", best(lambda: http._head(answer, True))))
        return found
    finally:
        running.close()


def main() -> None:
    """Print the table."""
    found = steps()
    total = sum(each for _, each in found)
    print("| step | µs | share |\n|---|---|---|")
    for name, each in found:
        print(f"| {name} | {each:.1f} | {each / total:.0%} |")
    print(f"| all of them | {total:.1f} | |")


if __name__ == "__main__":
    main()
