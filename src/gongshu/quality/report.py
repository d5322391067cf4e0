"""What people fill in about a doubted value, and what of it only provider and reporter read."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass

from gongshu import crypto
from gongshu.quality.states import Fault

PURPOSE = "objection"


@dataclass(frozen=True)
class Report:
    """A doubt. ``key`` names the record by its key items; ``seen`` is the value received, ``right`` what it should be."""

    key: Mapping[str, str]
    item: str = ""
    fault: Fault = Fault.WRONG
    seen: str = ""
    right: str = ""
    evidence: str = ""
    urgent: bool = False


@dataclass(frozen=True)
class Content:
    """The part that may hold personal data; it is kept sealed under the installation's key file."""

    key: Mapping[str, str]
    seen: str
    right: str
    evidence: str


def seal(content: Content) -> str:
    body = {"key": dict(content.key), "seen": content.seen, "right": content.right, "evidence": content.evidence}
    wrapped = crypto.provider().wrap(json.dumps(body, ensure_ascii=False).encode(), PURPOSE)
    return base64.b64encode(wrapped).decode("ascii")


def unseal(sealed: str) -> Content:
    """EnvironmentFault when the key file is another."""
    body = json.loads(crypto.provider().unwrap(base64.b64decode(sealed), PURPOSE))
    return Content(body["key"], body["seen"], body["right"], body["evidence"])
