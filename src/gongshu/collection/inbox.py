"""Files handed over, kept in the installation's inbox from the moment that they are acknowledged until
their run has ended.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gongshu.collection import refusals
from gongshu.collection.arrival import DEFAULT, Limits
from gongshu.errors import EnvironmentFault
from gongshu.home import Home
from gongshu.lake.parts import sync_folder

CONTENT = "content"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Kept:
    """A file in the inbox: its size in bytes and its SHA-256 in hex."""

    path: Path
    size: int
    sha256: str


def keep(home: Home, run: str, source: Path | bytes | IO[bytes], limits: Limits = DEFAULT) -> Kept:
    """Copy ``source`` into the inbox, synced. Raises GongshuError (missing, empty, too big),
    EnvironmentFault.
    """
    folder = home.inbox / run
    try:
        folder.mkdir(parents=True)
        sha, size = hashlib.sha256(), 0
        with (folder / CONTENT).open("wb") as out:
            for chunk in _chunks(source):
                size += len(chunk)
                if size > limits.unpacked:
                    raise refusals.too_big(limits.unpacked)
                sha.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        if not size:
            raise refusals.empty()
        sync_folder(folder)
        sync_folder(home.inbox)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise EnvironmentFault(
            "collection.inbox",
            f"收件目录无法写入：{home.inbox}({error.strerror or error})。请检查磁盘空间和权限后重试。",
            f"The inbox cannot be written: {home.inbox} ({error.strerror or error}). Check space and rights.",
        ) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Kept(folder / CONTENT, size, sha.hexdigest())


def path(home: Home, run: str) -> Path:
    return home.inbox / run / CONTENT


def scratch(home: Home, run: str) -> Path:
    """An empty folder for the run's working files, cleared of what a killed attempt left; goes with the
    run's file.
    """
    folder = home.inbox / run / "work"
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def discard(home: Home, run: str) -> None:
    """The run has ended: its file is no longer needed. Never raises."""
    shutil.rmtree(home.inbox / run, ignore_errors=True)


def _chunks(source: Path | bytes | IO[bytes]) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    if isinstance(source, Path):
        if not source.is_file():
            raise refusals.missing_file(source.name)
        try:
            opened = source.open("rb")
        except OSError as error:
            raise refusals.unreadable(source.name, error.strerror or str(error)) from error
        with opened as file:
            while chunk := file.read(_CHUNK):
                yield chunk
        return
    while chunk := source.read(_CHUNK):
        yield chunk
