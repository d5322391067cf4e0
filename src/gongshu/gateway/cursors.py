"""Cursors of a listing: where the next page begins, sealed, good for one grant and one version of the data.

Sealed because a position tells how many rows lie outside the grant. A cursor of an older version is refused
by name rather than answered with rows left out or given twice.
"""

from __future__ import annotations

import base64
import binascii

from gongshu.crypto import Provider
from gongshu.errors import GongshuError
from gongshu.gateway.errors import Refusal


def make(provider: Provider, grant_id: str, version: int, after: int) -> str:
    sealed = provider.wrap(f"{version}.{after}".encode(), f"cursor/{grant_id}")
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def read(provider: Provider, grant_id: str, version: int, cursor: str) -> int:
    """The position that ``make`` was given; ``Refusal`` when the cursor is not ours, or of another version."""
    try:
        sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        of_version, after = provider.unwrap(sealed, f"cursor/{grant_id}").split(b".")
    except (binascii.Error, ValueError, GongshuError):
        raise Refusal("cursor_invalid", "after") from None
    if int(of_version) != version:
        raise Refusal("cursor_outdated", "after")
    return int(after)
