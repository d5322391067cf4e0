"""Files that are handed over whole: made once per version and scope by ``gongshu.lake.exports``, then
streamed.

The file holds exactly what the grant allows: its items, its rows, masked. It is named by a digest of all that
decides its content, which is also the ETag.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from gongshu import clock
from gongshu.crypto import digests
from gongshu.gateway.errors import Refusal
from gongshu.gateway.interfaces import Interface, number
from gongshu.grants import masking
from gongshu.grants.scope import GrantScope
from gongshu.home import Home
from gongshu.lake import exports
from gongshu.lake.spreadsheet import TooLarge

log = logging.getLogger("gongshu.gateway")
_encode = msgspec.json.Encoder(order="deterministic").encode
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_WRITERS: Mapping[str, Callable[..., exports.ExportFile]] = {
    "csv": exports.write_csv,
    "json": exports.write_json,
    "xlsx": exports.write_xlsx,
}
KEPT = 64  # finished files; the ones that were not asked for longest go first


class File(NamedTuple):
    path: Path
    size: int
    rows: int
    sha256: str

    def headers(self, grant: GrantScope, version: int, form: str) -> dict[str, str]:
        """Media type, length and a file name that may be Chinese (RFC 6266, RFC 5987)."""
        plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_") else "_" for sign in grant.resource)
        ascii_name = f"{plain}_v{version}.{form}"
        name = quote(f"{grant.title or grant.resource}_v{version}.{form}", safe="")
        return {
            "Content-Type": MEDIA[form],
            "Content-Length": str(self.size),
            "Content-Disposition": f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{name}",
            "X-Gongshu-Rows": str(self.rows),
            "X-Gongshu-SHA256": self.sha256,
        }


class Deliveries:
    def __init__(self, home: Home, folder: Path) -> None:
        self._home = home
        self._folder = folder
        self._making: dict[str, asyncio.Task[File]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for torn in folder.glob(".*"):
            torn.unlink(missing_ok=True)

    def _digest(self, interface: Interface, grant: GrantScope, form: str) -> str:
        masks = {item: interface.mask_kind(item, grant) for item in grant.items}
        recipient = (grant.organization, grant.purpose) if masking.KEYED & set(masks.values()) else ()
        today = clock.today().isoformat() if "age" in masks.values() else ""
        content = (interface.folder.name, interface.resource, form, grant.items, masks, grant.rows, recipient, today)
        return digests.sm3(_encode(content)).hex()[:32]

    def tag(self, interface: Interface, grant: GrantScope, form: str) -> str:
        """The ETag of the file: version and digest of scope (RFC 9110, strong)."""
        interface.plan(grant)
        return f'"v{interface.version}-{self._digest(interface, grant, form)[:16]}"'

    async def prepare(self, interface: Interface, grant: GrantScope, form: str) -> File:
        """The finished file; made now when nobody asked for it before.

        Callers for the same file share the work.
        """
        digest = self._digest(interface, grant, form)
        task = self._making.get(digest)
        if task is None:
            task = asyncio.create_task(asyncio.to_thread(self._ready, interface, grant, form, digest))
            self._making[digest] = task
            task.add_done_callback(lambda _: self._making.pop(digest, None))
        try:
            return await asyncio.shield(task)
        except Refusal:
            raise
        except TooLarge as error:
            raise Refusal("sheet_full", "format") from error
        except Exception as error:
            log.error("delivery of %s cannot be made (%s)", interface.resource, type(error).__name__)
            raise Refusal("storage_unavailable", retry_after=30) from error

    def _ready(self, interface: Interface, grant: GrantScope, form: str, digest: str) -> File:
        path = self._folder / f"{digest}.{form}"
        facts = path.with_suffix(".facts")
        try:
            known = json.loads(facts.read_text(encoding="ascii"))
            if path.stat().st_size == known["size"]:
                facts.touch()
                return File(path, known["size"], known["rows"], known["sha256"])
        except (OSError, ValueError, KeyError):
            pass
        self._retire()
        made = self._make(interface, grant, form, path)
        facts.write_text(json.dumps({"size": made.size, "rows": made.rows, "sha256": made.sha256}), encoding="ascii")
        return File(path, made.size, made.rows, made.sha256)

    def _make(self, interface: Interface, grant: GrantScope, form: str, path: Path) -> exports.ExportFile:
        plan = interface.plan(grant)
        masks: dict[str, exports.Mask] = {
            item: _optional(mask) for item, mask in plan.masks.items() if mask is not None
        }
        keep = _typed(interface, plan.keeps) if plan.keeps is not None else None
        return _WRITERS[form](
            self._home,
            interface.resource,
            path,
            items=[interface.items[item] for item in grant.items],
            masks=masks,
            version=interface.version,
            keep=keep,
            keep_items=[interface.items[item] for item in plan.needs],
        )

    def _retire(self) -> None:
        files = sorted(self._folder.glob("*.facts"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        for old in files[KEPT - 1 :]:
            for form in MEDIA:
                old.with_suffix(f".{form}").unlink(missing_ok=True)
            old.unlink(missing_ok=True)


def _optional(mask: masking.Mask) -> exports.Mask:
    return lambda text: None if text is None else mask(text)


def _typed(interface: Interface, keeps: Callable[[Mapping[str, Any]], bool]) -> Callable[[Mapping[str, Any]], bool]:
    kinds = {name: item.type for name, item in interface.items.items()}
    return lambda row: keeps({name: number(kinds[name], value) for name, value in row.items()})
