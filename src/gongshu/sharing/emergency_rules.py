"""What the city's pack says of emergencies: their kinds, how fast data are given or opened, and how their use ends.

``emergency.kinds``, ``emergency.sharing_deadline``, ``emergency.opening_deadline``, ``emergency.purpose_limited`` and
``emergency.ends_with_it`` (luzhou-20, yongjia-33). Pure, but for the clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from gongshu import clock, rules
from gongshu.errors import Conflict
from gongshu.rules import Choice, Citation, Deadline


@dataclass(frozen=True)
class EmergencyRules:
    """``sharing`` and ``opening`` are None where the pack gives such cases no time of their own in an emergency."""

    kinds: tuple[Choice, ...]
    sharing: Deadline | None
    opening: Deadline | None
    purpose_limited: bool
    ends_with_it: bool
    citations: tuple[Citation, ...]
    sharing_citations: tuple[Citation, ...]
    opening_citations: tuple[Citation, ...]


def of_today() -> EmergencyRules | None:
    """The pack's rules; None where it does not know emergencies."""
    pack, day = rules.active(), clock.today()
    kinds = pack.find("emergency.kinds", on=day)
    if kinds is None:
        return None
    sharing, opening = pack.find("emergency.sharing_deadline", on=day), pack.find("emergency.opening_deadline", on=day)
    limited, ends = pack.find("emergency.purpose_limited", on=day), pack.find("emergency.ends_with_it", on=day)
    found = [value for value in (kinds, sharing, opening, limited, ends) if value is not None]
    cited = {c.label("zh") + c.text.zh: c for value in found for c in value.citations}
    return EmergencyRules(
        kinds=tuple(kinds.value),
        sharing=sharing.value if sharing else None,
        opening=opening.value if opening else None,
        purpose_limited=bool(limited and limited.value),
        ends_with_it=bool(ends and ends.value),
        citations=tuple(cited.values()),
        sharing_citations=sharing.citations if sharing else (),
        opening_citations=opening.citations if opening else (),
    )


def demanded() -> EmergencyRules:
    """As :func:`of_today`; Conflict where the pack does not know emergencies."""
    found = of_today()
    if found is None:
        raise Conflict(
            "sharing.no_emergencies",
            "本市规则没有规定突发事件中的数据共享和开放。",
            "The city's rules do not provide for sharing or opening in an emergency.",
        )
    return found
