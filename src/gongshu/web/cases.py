"""Where the page of a case is, by the letters that its number begins with."""

from __future__ import annotations

_FOLDERS = {
    "SQ": "applications",
    "ZY": "disputes",
    "KS": "requests",
    "KF": "releases",
    "TF": "emergencies",
    "SX": "open-types",
}


def case_link(number: str) -> str:
    """``/console/disputes/ZY-20261121-0001/``; nothing for what is no case, such as the seed of a test installation."""
    folder = _FOLDERS.get(number.partition("-")[0])
    return f"/console/{folder}/{number}/" if folder else ""
