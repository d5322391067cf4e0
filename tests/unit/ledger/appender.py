"""A process that appends entries until it is killed, and says on stdout which ones were acknowledged.

python appender.py SPOOL NAME      appends from three threads; prints one acknowledged id a line
python appender.py --asyncio …     the same from tasks
"""

import asyncio
import os
import sys
import threading
from pathlib import Path

from gongshu.ledger import entry, spool


def new(name):
    return entry.build(action="gateway.query", actor=name, organization="housing", details={"pad": "x" * 300})


def acknowledge(identifier):
    os.write(1, f"{identifier}\n".encode())  # one write: the line is whole or not there


def in_thread(writer, name):
    while True:
        identifier, leaf = new(name)
        writer.append(leaf).result()
        acknowledge(identifier)


async def in_task(writer, name):
    while True:
        identifier, leaf = new(name)
        await writer.append(leaf)
        acknowledge(identifier)


async def tasks(writer, name):
    await asyncio.gather(*(in_task(writer, name) for _ in range(20)))


if __name__ == "__main__":
    folder, name = sys.argv[-2:]
    opened = spool.Spool(Path(folder), file_bytes=64 * 1024)
    if "--asyncio" in sys.argv:
        asyncio.run(tasks(opened, name))
    else:
        for _ in range(2):
            threading.Thread(target=in_thread, args=(opened, name), daemon=True).start()
        in_thread(opened, name)
