"""Display masks: what a recipient sees of a value that the grant lets through only in part.

Pure functions from text to text (an age band knows today). ``None`` stays ``None``. A mask never fails on odd input:
text too short to hide something in is hidden whole. Serves xian-30 and yongjia-32 (classified protection).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from types import MappingProxyType

from gongshu import clock
from gongshu.errors import Text

Mask = Callable[[str], str]


def _between(text: str, head: int, tail: int) -> str:
    """``text`` with its middle starred; starred whole where head and tail would show more than half of it."""
    if 2 * (head + tail) > len(text):
        return "*" * len(text)
    return text[:head] + "*" * (len(text) - head - tail) + text[len(text) - tail :]


def name(text: str) -> str:
    """张三 → 张*, 张三丰 → 张**: the first character stays."""
    return text[:1] + "*" * (len(text) - 1) if len(text) > 1 else "*" * len(text)


def identity_number(text: str) -> str:
    """110101199003070011 → 110101********0011 (18 characters; other lengths in proportion)."""
    if len(text) == 18:
        return text[:6] + "*" * 8 + text[14:]
    if len(text) == 15:
        return text[:6] + "*" * 6 + text[12:]
    return _between(text, 2, 2)


def phone(text: str) -> str:
    """13812345678 → 138****5678; anything but eleven characters keeps its last two at most."""
    return text[:3] + "****" + text[7:] if len(text) == 11 else _between(text, 0, 2)


def account(text: str) -> str:
    """A bank or card number keeps its last four digits."""
    return _between(text, 0, 4)


def email(text: str) -> str:
    """zhangsan@example.org → z***@example.org; the number of stars tells nothing."""
    local, at, domain = text.rpartition("@")
    return f"{local[:1]}***@{domain}" if at and len(local) > 1 else "***"


def address(text: str) -> str:
    """The first six characters stay: as a rule city and district."""
    return text[:6] + "*" * (len(text) - 6) if len(text) > 8 else "*" * len(text)


def year(text: str) -> str:
    """1990-03-07 → 1990: the year only, and nothing where the text does not begin with one."""
    return text[:4] if len(text) >= 4 and text[:4].isascii() and text[:4].isdigit() else "*"


def month(text: str) -> str:
    """1990-03-07 → 1990-03."""
    return text[:7] if _DAY.match(text) else "*"


def age(text: str) -> str:
    """A day of birth becomes the ten years of age that hold today's age: 1990-03-07 → 30-39; 90+ is one band."""
    found = _DAY.match(text)
    if found is None:
        return "*"
    today = clock.today()
    years = today.year - int(found[1]) - ((today.month, today.day) < (int(found[2]), int(found[3])))
    if years < 0:
        return "*"
    return "90+" if years >= 90 else f"{years // 10 * 10}-{years // 10 * 10 + 9}"


def division(text: str) -> str:
    """A code of an administrative division keeps its county (GB/T 2260, six digits): 330324001206 → 330324."""
    return text[:6] if len(text) in (6, 9, 12) and text.isascii() and text.isdecimal() else "*"


def rough(text: str) -> str:
    """A number keeps half of its digits before the point, two at most: 123456.78 → 120000, 57 → 50, 3 → 0."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return "*"
    if not number.is_finite() or number.adjusted() > 30:
        return "*"
    digits = number.adjusted() + 1 if number else 0
    kept = min(2, digits // 2)
    return f"{number.quantize(Decimal(1).scaleb(digits - kept), ROUND_DOWN):f}" if kept > 0 else "0"


def hidden(_text: str) -> str:
    """Shows only that there is a value."""
    return "***"


def shown(text: str) -> str:
    return text


_PLAIN: dict[str, Mask] = {
    "none": shown,
    "name": name,
    "id": identity_number,
    "phone": phone,
    "account": account,
    "email": email,
    "address": address,
    "year": year,
    "month": month,
    "age": age,
    "division": division,
    "rough": rough,
    "hidden": hidden,
}

TOKEN = "token"  # noqa: S105 - the name of a mask
CIPHER = "cipher"
SHIFT = "shift"
KEYED = frozenset({TOKEN, CIPHER, SHIFT})  # differ by recipient and purpose (``gongshu.grants.keyed``)
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)

LABELS: MappingProxyType[str, Text] = MappingProxyType(
    {
        "none": Text("不脱敏", "Shown"),
        "name": Text("姓名脱敏", "Name masked"),
        "id": Text("证件号码脱敏", "Identity number masked"),
        "phone": Text("电话脱敏", "Telephone masked"),
        "account": Text("账号脱敏", "Account masked"),
        "email": Text("邮箱脱敏", "E-mail masked"),
        "address": Text("地址脱敏", "Address masked"),
        "year": Text("仅年份", "Year only"),
        "month": Text("仅年月", "Year and month"),
        "age": Text("年龄段", "Age band"),
        "division": Text("仅至区县", "County only"),
        "rough": Text("取整至两位", "Two leading digits"),
        "hidden": Text("仅示有无", "Presence only"),
        TOKEN: Text("专用假名", "Token per recipient"),
        CIPHER: Text("保形加密", "Other digits, same form"),
        SHIFT: Text("日期平移", "Days shifted per subject"),
    }
)

KINDS: frozenset[str] = frozenset(LABELS)


def mask_for(kind: str, tokenize: Mask | None = None, encipher: Mask | None = None) -> Mask | None:
    """The function behind a mask's name; ``None`` for "none", so that the caller can skip it.

    ``token`` needs ``tokenize``, ``cipher`` needs ``encipher``: keyed functions, others for each recipient and purpose,
    so that two recipients cannot join what they got. Without them, for ``shift``, which needs to know the subject, and
    for a name that is not known, the value is hidden: fail closed.
    """
    if kind in ("", "none"):
        return None
    if kind == TOKEN:
        return tokenize or hidden
    if kind == CIPHER:
        return encipher or hidden
    return _PLAIN.get(kind, hidden)


def apply(value: object, mask: Mask | None) -> object:
    """``value`` as the recipient sees it: untouched without a mask, else masked text."""
    if mask is None or value is None:
        return value
    return mask(value if isinstance(value, str) else str(value))
