"""The spool: safe before acknowledged, closed on failure, readable after any crash."""

import asyncio
import os
import threading

import pytest

from gongshu.errors import Exit
from gongshu.ledger import durable, entry, spool


def read(folder):
    return [leaf for path in sorted(folder.glob("*.spool")) for batch in spool.read(path) for leaf in batch.leaves]


def test_what_is_acknowledged_is_in_the_file(tmp_path):
    writer = spool.Spool(tmp_path)
    for number in range(50):
        writer.append(b"%d" % number).result(10)
        assert read(tmp_path)[-1] == b"%d" % number
    writer.close()
    assert read(tmp_path) == [b"%d" % n for n in range(50)]


def test_threads_share_one_spool_and_each_keeps_its_order(tmp_path):
    writer = spool.Spool(tmp_path)

    def work(name):
        for number in range(200):
            ticket = writer.append(b"%d-%d" % (name, number))
            if number % 20 == 0:
                ticket.result(10)
        ticket.result(10)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    found = read(tmp_path)
    assert len(found) == 1200
    for name in range(6):
        mine = [leaf for leaf in found if leaf.startswith(b"%d-" % name)]
        assert mine == [b"%d-%d" % (name, n) for n in range(200)]


def test_tasks_await_their_batch_and_many_share_one_sync(tmp_path, monkeypatch):
    syncs = []
    real = durable.sync_data
    monkeypatch.setattr(durable, "sync_data", lambda fd: (syncs.append(fd), real(fd)))
    writer = spool.Spool(tmp_path)

    async def call(number):
        await writer.append(b"%d" % number)
        return number

    async def main():
        return await asyncio.gather(*(call(number) for number in range(2000)))

    assert asyncio.run(main()) == list(range(2000))
    writer.close()
    assert len(read(tmp_path)) == 2000
    assert len(syncs) < 400, "group commit: far fewer syncs than entries"


def test_a_cancelled_waiter_leaves_the_others_alone(tmp_path, monkeypatch):
    gate = threading.Event()
    real = durable.sync_data
    monkeypatch.setattr(durable, "sync_data", lambda fd: (gate.wait(10), real(fd)))
    writer = spool.Spool(tmp_path)

    async def main():
        tasks = [asyncio.create_task(wait(writer.append(b"x"))) for _ in range(3)]
        await asyncio.sleep(0.05)
        tasks[1].cancel()
        await asyncio.sleep(0)
        gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    async def wait(ticket):
        await ticket
        return "safe"

    first, second, third = asyncio.run(main())
    assert (first, third) == ("safe", "safe")
    assert isinstance(second, asyncio.CancelledError)
    writer.close()


def test_a_failed_sync_fails_everyone_in_the_batch_and_the_next_batch_starts_afresh(tmp_path, monkeypatch):
    writer = spool.Spool(tmp_path)
    writer.append(b"before").result(10)
    real = durable.sync_data

    def broken(descriptor):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(durable, "sync_data", broken)
    tickets = [writer.append(b"lost"), writer.append(b"lost too")]
    for ticket in tickets:
        with pytest.raises(spool.SpoolFault) as caught:
            ticket.result(10)
        assert caught.value.status == 503
        assert caught.value.exit == Exit.ENVIRONMENT

    async def awaited():
        await writer.append(b"lost as well")

    with pytest.raises(spool.SpoolFault):
        asyncio.run(awaited())
    monkeypatch.setattr(durable, "sync_data", real)
    writer.append(b"after").result(10)
    writer.close()
    assert read(tmp_path) == [b"before", b"after"]
    assert len(list(tmp_path.glob("*.spool"))) >= 2


def test_a_short_write_is_finished_or_fails(tmp_path, monkeypatch):
    real = os.write
    monkeypatch.setattr(durable.os, "write", lambda fd, data: real(fd, bytes(data)[: max(1, len(data) // 3)]))
    writer = spool.Spool(tmp_path)
    writer.append(b"a" * 1000).result(10)
    writer.close()
    assert read(tmp_path) == [b"a" * 1000]


def test_an_unforeseen_failure_is_also_an_answer(tmp_path, monkeypatch):
    writer = spool.Spool(tmp_path)
    monkeypatch.setattr(spool, "frame", lambda number, pieces: 1 / 0)
    with pytest.raises(spool.SpoolFault, match="ZeroDivisionError"):
        writer.append(b"x").result(10)
    monkeypatch.undo()
    writer.append(b"y").result(10)
    writer.close()


def test_a_closed_spool_refuses(tmp_path):
    writer = spool.Spool(tmp_path)
    ticket = writer.append(b"last")
    writer.close()
    ticket.result(0)
    writer.close()
    with pytest.raises(spool.SpoolFault):
        writer.append(b"too late")


def test_a_spool_that_cannot_be_opened_says_so_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(spool.SpoolFault) as caught:
        spool.Spool(tmp_path / "file" / "spool")
    assert caught.value.code == "ledger.spool_unwritable"


@pytest.mark.parametrize("leaf", [b"", b"x" * (entry.MAX_BYTES + 1)])
def test_impossible_sizes_are_refused(tmp_path, leaf):
    writer = spool.Spool(tmp_path)
    with pytest.raises(ValueError, match="65535"):
        writer.append(leaf)
    writer.close()


def test_files_rotate_and_the_lock_tells_whether_more_can_come(tmp_path):
    writer = spool.Spool(tmp_path, file_bytes=2000)
    for number in range(40):
        writer.append(b"%03d" % number * 60).result(10)
    files = sorted(tmp_path.glob("*.spool"))
    assert len(files) >= 4
    assert [spool.abandoned(path) for path in files] == [True] * (len(files) - 1) + [False]
    writer.close()
    assert spool.abandoned(files[-1])
    assert spool.abandoned(tmp_path / "gone.spool")


def test_a_torn_end_is_left_out_at_every_length(tmp_path):
    writer = spool.Spool(tmp_path)
    for number in range(3):
        writer.append(b"leaf-%d" % number).result(10)
    writer.close()
    (path,) = tmp_path.glob("*.spool")
    whole = path.read_bytes()
    ends = [batch.end for batch in spool.read(path)]
    assert ends[-1] == len(whole)
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        found = list(spool.read(path))
        assert len(found) == sum(end <= length for end in ends)
        assert not any(batch.after_damage for batch in found)
    path.write_bytes(whole)
    assert [batch.leaves for batch in spool.read(path, ends[0])] == [[b"leaf-1"], [b"leaf-2"]]


def test_damage_in_the_middle_is_told_and_what_follows_is_read(tmp_path):
    writer = spool.Spool(tmp_path)
    for number in range(3):
        writer.append(b"leaf-%d" % number).result(10)
    writer.close()
    (path,) = tmp_path.glob("*.spool")
    whole = path.read_bytes()
    ends = [batch.end for batch in spool.read(path)]
    for at in range(ends[0], ends[1]):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        found = list(spool.read(path))
        assert [leaf for batch in found for leaf in batch.leaves] == [b"leaf-0", b"leaf-2"], at
        assert [batch.after_damage for batch in found] == [False, True]
