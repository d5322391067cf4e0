"""``gongshu worker``: background jobs and the daily clock.

Each step stands alone: one that fails is logged with its incident number and tried again after a pause, and
the others go on. Work is claimed with leases inside the steps, so another worker takes up what a killed one
left.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import typer

from gongshu import clock
from gongshu.cli import faults, installation, output
from gongshu.cli.output import t
from gongshu.home import Home
from gongshu.stopping import Stop

_LONGEST_PAUSE = 60.0


@dataclass
class Step:
    """One kind of work; ``run`` answers how much was done, 0 when there was nothing to do: then look again after
    ``idle`` seconds.
    """

    name: str
    run: Callable[[], int]
    idle: float
    failures: int = 0
    not_before: float = 0.0

    def attempt(self) -> int:
        """Run it once unless it is pausing after a failure; a failure is logged, never passed on."""
        if clock.monotonic() < self.not_before:
            return 0
        try:
            done = self.run()
        except Exception as error:  # isolation is the point: the other steps must go on
            self.failures += 1
            self.not_before = clock.monotonic() + min(_LONGEST_PAUSE, 0.5 * 2**self.failures)
            fault = faults.as_environment_fault(error) or faults.as_incident(error)
            output.note(f"{self.name}:{fault.text.zh}", f"{self.name}: {fault.text.en}")
            return 0
        self.failures = 0
        return done

    def repeat(self, stop: Stop) -> None:
        """Attempt it until ``stop``, at once again while there is something to do."""
        while not stop.is_set():
            if not self.attempt():
                stop.wait(self.idle)


def worker(
    once: Annotated[bool, typer.Option("--once", help=t("做完现有的工作即退出", "Do what there is, then end"))] = False,
) -> None:
    """只启动后台任务：归集、存证排序、时限时钟。 Start the worker alone: collection, ledger, statutory clock.

    Several may run beside each other; each piece of work is claimed by one of them.

    例 Example:  gongshu worker --once
    """
    home = installation.require_installation()
    installation.connect(home)
    all_steps = steps(home)
    if once:
        while sum(step.attempt() for step in all_steps):
            pass
        return
    stop = Stop()
    stop.on_signals()
    for step in [*all_steps, streams()]:
        # A thread each: a long collection must not keep the ledger or the clock waiting.
        threading.Thread(target=step.repeat, args=(stop,), name=step.name, daemon=True).start()
    stop.wait()


def streams() -> Step:
    """What keeps the listeners of sensor streams alive; they end with the process."""
    from django.db import close_old_connections

    from gongshu.collection import streaming
    from gongshu.identity.actor import Actor

    def keep() -> int:
        close_old_connections()
        return streaming.keep_listening(by=Actor.process("worker"))

    return Step("streams", keep, idle=2.0)


def steps(home: Home) -> list[Step]:
    """The worker's kinds of work, in the order of a round. Needs Django to be set up."""
    from django.db import connections

    from gongshu.catalog import datum_queries as datums
    from gongshu.catalog import import_work, indexing
    from gongshu.catalog import queries as catalog
    from gongshu.catalog import upkeep_actions as upkeep
    from gongshu.collection import actions as collection
    from gongshu.collection import back_actions, exchanging, lineage_notes, source_actions, sources, watching
    from gongshu.duties import actions as duties
    from gongshu.filings import actions as filings
    from gongshu.grants import actions as grants
    from gongshu.identity import sessions, token_actions
    from gongshu.identity.actor import Actor
    from gongshu.ledger import cosigning, sequencing, timestamps
    from gongshu.libraries import actions as libraries
    from gongshu.matters import actions as matters
    from gongshu.notifications import actions as notifications
    from gongshu.notifications import sending
    from gongshu.notifications.states import Channel
    from gongshu.quality import actions as quality
    from gongshu.quality import check_actions as checks
    from gongshu.spaces import actions as spaces
    from gongshu.supervision import handover_actions as handovers
    from gongshu.tracing import actions as tracing

    by = Actor.process("worker")
    last_day: list[date] = []
    pushed_for: list[date] = []
    looked: list[date] = []
    checked: list[date] = []

    def collect() -> int:
        return int(bool(collection.work_one()))

    def sequence() -> int:
        return sequencing.run_once(home)

    def daily() -> int:
        today = clock.today()
        if last_day == [today]:
            return 0
        counts = duties.run_clock(by=by) | upkeep.run_daily(by=by)
        told = filings.announce(by=by)
        ended = sessions.clear_expired() + quality.close_due(by=by) + token_actions.clear_expired()
        spaces.measure_all(by=by)
        ended += libraries.end_due(by=by)
        last_day[:] = [today]
        return int(sum(counts.values()) + sum(told.values()) + ended)

    def check_materials() -> int:
        """Once a day: what people are asked for, against what the catalog came to hold."""
        today = clock.today()
        if checked == [today]:
            return 0
        counts = matters.recheck(by=by)
        checked[:] = [today]
        return sum(counts.values())

    def push() -> int:
        """Yesterday's log to everyone it concerns, once a day, when the night's late entries are in."""
        today = clock.today()
        if pushed_for == [today] or clock.local(clock.now()).hour < 1:
            return 0
        count = tracing.push_daily(by=by)
        pushed_for[:] = [today]
        return count

    def look() -> int:
        """Once a day: what is collected twice (一数一源); where the city's rules know no single source, never."""
        today = clock.today()
        if looked == [today] or not datums.citations() or not catalog.published().exists():
            return 0
        found = sources.look(by=by)
        looked[:] = [today]
        return found.found + found.changed + found.lapsed

    def reconnecting(run: Callable[[], int]) -> Callable[[], int]:
        """Keeps this thread's connection, and gives it up when something failed: it may be what was broken."""

        def attempt() -> int:
            try:
                return run()
            except BaseException:
                connections.close_all()
                raise

        return attempt

    return [
        Step("collection", reconnecting(collect), idle=0.25),
        Step("sources", reconnecting(lambda: source_actions.start_due(by=by)), idle=2.0),
        Step("watch", reconnecting(lambda: watching.watch(by=by)), idle=300.0),
        Step("receipts", reconnecting(lambda: exchanging.write_receipts(by=by)), idle=2.0),
        Step("ways back", reconnecting(lambda: back_actions.write_due(by=by)), idle=5.0),
        Step("lineage", reconnecting(lambda: lineage_notes.post_due(by=by)), idle=5.0),
        Step("imports", reconnecting(lambda: int(bool(import_work.work_one()))), idle=0.5),
        Step("libraries", reconnecting(lambda: int(bool(libraries.build_one(by=by)))), idle=1.0),
        Step("quality", reconnecting(lambda: int(bool(checks.work_one(by=by)))), idle=1.0),
        Step("ledger", reconnecting(sequence), idle=0.25),
        Step("witnesses", lambda: cosigning.run_once(home), idle=0.5),
        Step("timestamps", lambda: int(timestamps.due(home) and bool(timestamps.stamp(home))), idle=60.0),
        Step("logs", reconnecting(push), idle=60.0),
        Step("search", reconnecting(lambda: indexing.run_once(home, by=by)), idle=0.25),
        Step("clock", reconnecting(daily), idle=10.0),
        Step("materials", reconnecting(check_materials), idle=60.0),
        Step("one source", reconnecting(look), idle=30.0),
        Step("mail", reconnecting(lambda: sending.send_due(by=by, channel=Channel.EMAIL)), idle=2.0),
        Step("webhooks", reconnecting(lambda: sending.send_due(by=by, channel=Channel.WEBHOOK)), idle=2.0),
        Step("filings", reconnecting(lambda: handovers.work_due(by=by)), idle=5.0),
        Step("digest", reconnecting(lambda: notifications.queue_digests(by=by)), idle=60.0),
        Step(
            "grants", reconnecting(lambda: grants.expire(by=by)), idle=30.0
        ),  # the gateways refuse ended ones by themselves
    ]
