"""What the pack that a duty began under says of changing its time."""

from __future__ import annotations

from dataclasses import dataclass

from gongshu import clock, rules
from gongshu.duties.models import Duty


@dataclass(frozen=True)
class ExtensionTerms:
    """The one extension that the article allows: at most ``most`` working days more, ``total`` in all where it says so.

    ``consent`` is the office that must agree; ``provider`` is the body itself, through its head (yongjia-23).
    """

    most: int
    total: int | None
    consent: str


def extension(duty: Duty) -> ExtensionTerms | None:
    """None where the article knows no extension, or names no number that could be extended."""
    rule = duty.extension_rule
    if not rule or duty.days is None:
        return None
    limit, in_all = int(rule["days"]), rule["counts"] == "total"
    most = limit - duty.days if in_all else limit
    return ExtensionTerms(max(most, 0), limit if in_all else None, str(rule["consent"]))


def of_case(duty: Duty, parameter: str) -> rules.Value | None:
    """``parameter`` for this sort of case today."""
    return rules.load(duty.pack).find(parameter, on=clock.today(), case=duty.kind.partition(".")[0])


def urgent(duty: Duty) -> rules.Value | None:
    """The rule that urgent business gets a shorter limit (luzhou-31), where the pack has it for this sort of case."""
    found = of_case(duty, "clock.urgent_limit")
    return found if found and found.value else None


def emergency_kinds(duty: Duty) -> rules.Value | None:
    """The kinds of emergencies, where the pack gives this sort of case a limit of its own in them."""
    pack, case = rules.load(duty.pack), duty.kind.partition(".")[0]
    name = f"emergency.{case}_deadline"
    known = any(definition.name == name for definition in pack.parameters())
    if not known or pack.find(name, on=clock.today()) is None:
        return None
    return pack.find("emergency.kinds", on=clock.today())
