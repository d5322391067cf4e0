"""The workbooks of imports, kept in the installation's inbox from the upload on; synced before anybody is told."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import IO

from gongshu.errors import EnvironmentFault, GongshuError
from gongshu.home import open_home

LARGEST = 40 << 20
_NAME = "content.xlsx"


def keep(run: str, source: Path | bytes | IO[bytes]) -> tuple[int, str]:
    """Store the file of ``run``: its size in bytes and SHA-256 in hex. Raises GongshuError, EnvironmentFault."""
    folder = open_home().inbox / run
    try:
        folder.mkdir(parents=True)
        content = source if isinstance(source, bytes) else _read(source)
        if not content:
            raise GongshuError("catalog.import_empty", "文件是空的，请重新选择。", "The file is empty; choose another.")
        if len(content) > LARGEST:
            raise GongshuError(
                "catalog.import_large",
                f"文件超过 {LARGEST >> 20} MB，请拆成几个文件导入。",
                f"The file is larger than {LARGEST >> 20} MB; split it.",
            )
        with (folder / _NAME).open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise EnvironmentFault(
            "catalog.import_inbox",
            f"文件无法读写（{error.strerror or error}）。请检查文件、磁盘空间和权限后重试。",
            f"The file cannot be read or kept ({error.strerror or error}). Check the file, space and rights.",
        ) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return len(content), hashlib.sha256(content).hexdigest()


def path(run: str) -> Path:
    return open_home().inbox / run / _NAME


def discard(run: str) -> None:
    """The file is no longer needed. Never raises."""
    shutil.rmtree(open_home().inbox / run, ignore_errors=True)


def _read(source: Path | IO[bytes]) -> bytes:
    if isinstance(source, Path):
        with source.open("rb") as file:
            return file.read(LARGEST + 1)
    return source.read(LARGEST + 1)
