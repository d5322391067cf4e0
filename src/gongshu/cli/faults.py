"""Turns what the machine throws at us into a sentence: which folder, which disk, and what to do."""

from __future__ import annotations

import errno
import sqlite3
import sys
import traceback
from pathlib import Path

from gongshu import clock, home, ids
from gongshu.errors import EnvironmentFault, Exit, GongshuError

_SENTENCES: dict[int, tuple[str, str, str]] = {
    errno.ENOSPC: (
        "disk_full",
        "磁盘已满，无法写入 {where}。请腾出空间后重试，已确认的内容没有丢失。",
        "The disk is full: {where} cannot be written. Free some space and try again; nothing confirmed is lost.",
    ),
    errno.EDQUOT: (
        "disk_full",
        "磁盘配额已用完，无法写入 {where}。请腾出空间后重试。",
        "The disk quota is used up: {where} cannot be written. Free some space and try again.",
    ),
    errno.EROFS: (
        "read_only",
        "{where} 所在的位置是只读的。请用 --home 选择可写的文件夹，或以可写方式挂载。",
        "{where} lies on a read-only file system. Choose a writable folder with --home, or mount it writable.",
    ),
    errno.EACCES: (
        "no_permission",
        "没有权限访问 {where}。请换用有权限的用户或文件夹。",
        "Permission denied: {where}. Use an account or a folder that may be accessed.",
    ),
    errno.EPERM: (
        "no_permission",
        "系统不允许访问 {where}。请换用有权限的用户或文件夹。",
        "Not permitted: {where}. Use an account or a folder that may be accessed.",
    ),
    errno.ENOTDIR: (
        "not_a_folder",
        "{where} 的上级不是文件夹。请检查路径。",
        "{where} lies below something that is not a folder. Check the path.",
    ),
    errno.EEXIST: (
        "in_the_way",
        "{where} 已存在，但不是所需的类型。请换一个位置。",
        "{where} is already there and is not what is needed. Choose another place.",
    ),
    errno.ENOENT: (
        "missing",
        "找不到 {where}。请检查路径。",
        "{where} does not exist. Check the path.",
    ),
    errno.EISDIR: (
        "is_a_folder",
        "{where} 是文件夹，这里需要文件。",
        "{where} is a folder; a file is needed here.",
    ),
    errno.ENAMETOOLONG: ("name_too_long", "路径过长：{where}。", "The path is too long: {where}."),
    errno.EMFILE: (
        "too_many_files",
        "打开的文件过多。请提高 ulimit -n 后重试。",
        "Too many open files. Raise ulimit -n and try again.",
    ),
}
_DATABASE_SENTENCES = (
    ("readonly", errno.EROFS),
    ("unable to open", errno.EACCES),
    ("disk is full", errno.ENOSPC),
    ("disk i/o error", errno.ENOSPC),
)


def as_environment_fault(error: BaseException) -> EnvironmentFault | None:
    """The sentence for ``error`` where the machine is to blame, else ``None``: then the defect is ours."""
    if isinstance(error, OSError) and error.errno in _SENTENCES:
        name, zh, en = _SENTENCES[error.errno]
        where = str(error.filename or home.locate())
        return EnvironmentFault(f"environment.{name}", zh.format(where=where), en.format(where=where), path=where)
    chain: BaseException | None = error
    while chain is not None:
        if isinstance(chain, sqlite3.OperationalError):
            return _sqlite_fault(str(chain).lower())
        if type(chain).__module__.startswith("psycopg") and type(chain).__name__ == "OperationalError":
            return EnvironmentFault(
                "environment.database_away",
                "无法连接 PostgreSQL。请检查 GONGSHU_DATABASE_URL 以及数据库是否在运行。",
                "PostgreSQL cannot be reached. Check GONGSHU_DATABASE_URL and that the server is running.",
            )
        chain = chain.__cause__
    return None


def _sqlite_fault(message: str) -> EnvironmentFault | None:
    where = str(home.locate() / "control.sqlite3")
    if "no such table" in message:
        return EnvironmentFault(
            "environment.not_initialized",
            f"{home.locate()} 还不是公数安装，或尚未升级。请先运行：gongshu init --city <城市>，或 gongshu migrate",
            f"{home.locate()} is not a Gongshu installation yet, or not migrated. "
            "Run first: gongshu init --city <city>, or gongshu migrate",
            path=where,
        )
    if "locked" in message:
        return EnvironmentFault(
            "environment.database_busy",
            "控制数据库正忙，请稍后重试。",
            "The control database is busy; try again in a moment.",
            path=where,
        )
    for words, number in _DATABASE_SENTENCES:
        if words in message:
            name, zh, en = _SENTENCES[number]
            return EnvironmentFault(f"environment.{name}", zh.format(where=where), en.format(where=where), path=where)
    return None


class Incident(GongshuError):
    """A defect of ours: the sentence carries a number, the log carries the traceback."""

    status = 500
    exit = Exit.FAULT


def as_incident(error: BaseException) -> Incident:
    """Keep the traceback under the installation's logs and return the sentence that names it."""
    number = ids.new_id("incident")
    kept = _keep_traceback(number, error)
    zh_place, en_place = (f"详情见 {kept}。", f"Details: {kept}.") if kept else ("", "")
    return Incident(
        "cli.incident",
        f"程序内部出错，事件号 {number}。{zh_place}请将事件号报告给维护人员。",
        f"Something went wrong inside; incident {number}. {en_place} Please report the incident number.",
        incident=number,
    )


def _keep_traceback(number: str, error: BaseException) -> Path | None:
    text = "".join(traceback.format_exception(error))
    folder = home.locate() / "logs"
    try:
        if not folder.is_dir():  # no installation here: do not make one just to complain
            sys.stderr.write(text)
            return None
        file = folder / "incidents.log"
        with file.open("a", encoding="utf-8") as log:
            log.write(f"{clock.now().isoformat()} {number}\n{text}\n")
    except OSError:
        sys.stderr.write(text)
        return None
    return file
