"""All writes of quality: reporting a doubted value, checking it, telling who received it, closing.

Limits, outcomes, channels and what goes on meanwhile are the pack's: ``objection.check_deadline``,
``objection.correct_deadline``, ``objection.outcomes``, ``objection.channels``, ``objection.close_after`` (luzhou-26,
luzhou-31, xian-23, yongjia-23). The ledger keeps which record is meant as the commitment that the gateway writes with
each call about it, so that those who received the value are found without naming anybody.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from gongshu import clock, deadlines, rules
from gongshu.catalog import queries as catalog
from gongshu.duties import actions as duties
from gongshu.errors import Conflict, NotFound, Text
from gongshu.home import open_home
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.quality import policy, queries, recipients, records
from gongshu.quality.models import Objection
from gongshu.quality.report import Content, Report, seal, unseal
from gongshu.quality.states import ANSWERED, OBJECTION, OUTCOMES, Channel, Fault, ObjectionStatus

_BUSINESS = Text(
    "校核期间，已提供合法有效证明材料的，业务照常办理",
    "while it is checked, business with valid proof goes on as usual",
)


@transaction.atomic
def report(
    *, by: Actor, code: str, filed: Report, channel: Channel = Channel.CONSOLE, reconciled: bool = False
) -> Objection:
    """Report a value as doubtful; its source owes an answer, through the centre where the pack says so.

    ``reconciled``: the authority found it by checking against other sources, and needs no grant of its own for that.
    """
    entry = catalog.entry(by, code)
    received = queries.receives(by, entry, filed.item) or (reconciled and by.has(Role.DATA_AUTHORITY))
    policy.check_report(by, received=received)
    items = catalog.items(entry.code)
    policy.check_content(filed, known=[item.name for item in items])
    bound = records.bind_key(items, filed.key)
    if entry.data_version is None:
        raise Conflict("quality.no_data", "该目录还没有数据。", "There are no data under this entry yet.")
    pack, day = rules.active(), clock.today()
    limit = pack.value("objection.check_deadline", on=day, body_kind=entry.provider.body_kind, urgent=filed.urgent)
    found = Objection.objects.create(
        number=duties.next_number(by=by, prefix="YY"),
        entry=entry,
        provider=entry.provider,
        fault=filed.fault,
        item=filed.item,
        commitment=records.commitment(items, bound),
        sealed=seal(Content(bound, filed.seen.strip(), filed.right.strip(), filed.evidence.strip())),
        version=entry.data_version,
        urgent=filed.urgent,
        channel=channel,
        reporter_id=by.person_id,
        organization=by.organization,
        pack=pack.id,
        pack_version=pack.version,
        citations=[c.as_json() for c in limit.citations],
        reported_at=clock.now(),
    )
    _record(by, found, "reported")
    center = queries.center(found)
    if center is None:
        _start_check(by, found)
    else:
        channels = pack.value("objection.channels", on=day)
        _owe(
            by,
            found,
            "objection.forward",
            Text(f"转交数据异议：{entry.title}", f"Forward an objection: {entry.title}"),
            organization=center.code,
            role=Role.DATA_AUTHORITY,
            limit=None,
            citations=channels.citations,
        )
    return found


@transaction.atomic
def forward(*, by: Actor, number: str) -> Objection:
    """The centre hands the report to the provider, whose time begins now (yongjia-23)."""
    found = _locked(number)
    center = queries.center(found)
    policy.check_forward(by, center.code if center else "")
    found.status = OBJECTION.check(found.status, "forward")
    _close_duty(by, found, "forwarded")
    _start_check(by, found)
    _record(by, found, "forwarded")
    return found


@transaction.atomic
def pass_on(*, by: Actor, number: str, provider: str, reason: str) -> Objection:
    """The value comes from elsewhere: the right source checks it, in a time of its own."""
    found = _answering(by, number)
    policy.check_reason(reason)
    whose = identity.organization(provider)
    policy.check_next(whose.code, [found.provider.code, *found.passed_by], Office(whose.office))
    OBJECTION.check(found.status, "pass_on")
    _close_duty(by, found, "passed_on")
    found.passed_by = [*found.passed_by, found.provider.code]
    found.provider, found.reason = whose, reason.strip()
    _start_check(by, found)
    _record(by, found, "passed_on")
    _tell_reporter(by, found, Text(f"已转数据源头单位{whose.name}校核", f"passed on to its source, {whose.say('en')}"))
    return found


@transaction.atomic
def find_wrong(*, by: Actor, number: str, reason: str) -> Objection:
    """The value is wrong; corrected data must be collected in the time that the pack gives from the report on."""
    found = _answering(by, number)
    policy.check_reason(reason)
    found.status = OBJECTION.check(found.status, "find_wrong")
    _close_duty(by, found, "found_wrong")
    found.reason = reason.strip()
    pack = rules.load(found.pack)
    limit = pack.find("objection.correct_deadline", on=clock.today(), body_kind=found.provider.body_kind)
    _owe(
        by,
        found,
        "objection.correct",
        Text(f"更正并重新归集：{found.entry.title}", f"Correct and collect again: {found.entry.title}"),
        organization=found.provider.code,
        role=Role.PROVIDER,
        limit=limit,
        citations=limit.citations if limit else (),
    )
    _record(by, found, "found_wrong")
    _tell_reporter(by, found, Text("核实有误，正在整改", "found wrong; it is being corrected"))
    return found


@transaction.atomic
def correct(*, by: Actor, number: str, version: int, reason: str = "") -> Objection:
    """The provider names the version in which it is corrected; the platform looks whether that record really changed.

    Everybody who received the wrong value, as the ledger has it, is told.
    """
    found = _answering(by, number)
    policy.check_text(reason, field="reason")
    status = OBJECTION.check(found.status, "correct")
    if version <= found.version:
        raise Conflict(
            "quality.version_old",
            f"更正须在 v{found.version} 之后的版本中。请先归集更正后的数据。",
            f"The correction must be in a version after v{found.version}; collect the corrected data first.",
            field="version",
        )
    code, items, content = found.entry.code, catalog.items(found.entry.code), unseal(found.sealed)
    before = records.held(open_home(), code, found.version, items, content.key, found.item)
    after = records.held(open_home(), code, version, items, content.key, found.item)
    policy.check_corrected(Fault(found.fault), before=before, after=after, present=after.present)
    found.corrected_version = version
    _answered(by, found, status, reason)
    told = recipients.find(found, items, content, before, open_home())
    for one in told:
        one.save()
        notifications.notify(
            by=by,
            organization=one.organization,
            roles=(Role.CONSUMER, Role.OPERATOR),
            kind="objection.corrected",
            text=Text(
                f"本单位读取过的“{found.entry.title}”有一条数据已更正（{found.number}），请核对并使用 v{version}",
                f"A record of “{found.entry.title}” that you read is corrected ({found.number}): "
                f"check it and use v{version}",
            ),
            link=f"/console/objections/{found.number}/",
        )
    _record(by, found, "corrected", told=[one.organization for one in told])
    _tell_reporter(by, found, Text(f"已在 v{version} 更正", f"corrected in v{version}"))
    return found


@transaction.atomic
def confirm(*, by: Actor, number: str, reason: str) -> Objection:
    """Checked, and right: the reporter is told why (luzhou-31)."""
    found = _answering(by, number)
    policy.check_reason(reason)
    _answered(by, found, OBJECTION.check(found.status, "confirm"), reason)
    _record(by, found, "confirmed")
    _tell_reporter(by, found, Text("经校核确认无误", "checked, and confirmed to be right"))
    return found


@transaction.atomic
def settle(*, by: Actor, number: str, reason: str) -> Objection:
    """What cannot be mended soon is talked over with the reporter (luzhou-31: 沟通解决)."""
    found = _answering(by, number)
    policy.check_reason(reason)
    _answered(by, found, OBJECTION.check(found.status, "settle"), reason)
    _record(by, found, "settled")
    _tell_reporter(by, found, Text("已沟通解决", "settled by discussion"))
    return found


@transaction.atomic
def disagree(*, by: Actor, number: str, reason: str) -> Objection:
    """The reporter does not accept the answer: the source checks again."""
    found = _locked(number)
    policy.check_reporter(by, found.reporter_id)
    policy.check_reason(reason)
    found.status = OBJECTION.check(found.status, "disagree")
    content = unseal(found.sealed)
    evidence = f"{content.evidence}\n\n{reason.strip()}".strip()
    found.sealed = seal(Content(content.key, content.seen, content.right, evidence))
    found.answered_at = found.close_on = None
    _start_check(by, found)
    _record(by, found, "disagreed")
    return found


@transaction.atomic
def close(*, by: Actor, number: str) -> Objection:
    """The reporter accepts the answer."""
    found = _locked(number)
    policy.check_reporter(by, found.reporter_id)
    _close(by, found)
    return found


@transaction.atomic
def withdraw(*, by: Actor, number: str) -> Objection:
    """The reporter takes it back."""
    found = _locked(number)
    policy.check_reporter(by, found.reporter_id)
    found.status = OBJECTION.check(found.status, "withdraw")
    found.closed_at = clock.now()
    if found.duty_id:
        duties.cancel_duty(by=by, duty_id=found.duty_id, reason="withdrawn")
    found.save()
    _record(by, found, "withdrawn")
    return found


@transaction.atomic
def close_due(*, by: Actor) -> int:
    """The daily job: answered reports close when the reporter said nothing in time. Twice changes nothing."""
    waiting = Objection.objects.select_for_update(of=("self",)).select_related("entry", "provider")
    due = list(waiting.filter(status__in=ANSWERED, close_on__lt=clock.today()).order_by("pk"))
    for found in due:
        _close(by, found)
    return len(due)


def _start_check(by: Actor, found: Objection) -> None:
    found.status = ObjectionStatus.CHECKING
    found.checking_since = clock.today()
    limit = rules.load(found.pack).value(
        "objection.check_deadline", on=clock.today(), body_kind=found.provider.body_kind, urgent=found.urgent
    )
    _owe(
        by,
        found,
        "objection.check",
        Text(f"校核数据异议：{found.entry.title}", f"Check an objection: {found.entry.title}"),
        organization=found.provider.code,
        role=Role.PROVIDER,
        limit=limit,
        citations=limit.citations,
    )


def _owe(
    by: Actor,
    found: Objection,
    kind: str,
    title: Text,
    *,
    organization: str,
    role: Role,
    limit: rules.Value | None,
    citations: Sequence[rules.Citation],
) -> None:
    urgent = Text("（业务紧急）", " (urgent business)") if found.urgent else Text("", "")
    extension = limit.value.extension if limit is not None else None
    duty = duties.open_duty(
        by=by,
        kind=kind,
        subject=found.number,
        title=Text(f"{title.zh}{urgent.zh}（{found.number}）", f"{title.en}{urgent.en} ({found.number})"),
        link=f"/console/objections/{found.number}/",
        organization=organization,
        role=role,
        pack=rules.load(found.pack),
        citations=[c.as_json() for c in citations],
        days=limit.value.days if limit is not None else None,
        words=limit.value.words if limit is not None else Text("", ""),
        applicant=queries.reporter_name(found).zh,
        concerned="" if found.organization == "public" else found.organization,
        starts_on=found.checking_since if kind == "objection.correct" else None,
        extension=rules.plain(extension) if extension else None,
    )
    found.duty_id = duty.pk
    found.save()


def _close_duty(by: Actor, found: Objection, outcome: str) -> None:
    if found.duty_id:
        duties.close_duty(by=by, duty_id=found.duty_id, outcome=outcome)


def _answering(by: Actor, number: str) -> Objection:
    found = _locked(number)
    policy.check_answer(by, found.provider.code, found.reporter_id)
    return found


def _answered(by: Actor, found: Objection, status: str, reason: str) -> None:
    """The answer is given: which of the pack's outcomes it is, and when the case closes by itself."""
    pack, day = rules.load(found.pack), clock.today()
    outcome = OUTCOMES[ObjectionStatus(status)]
    policy.check_outcome(outcome, [choice.id for choice in pack.value("objection.outcomes", on=day).value])
    _close_duty(by, found, outcome)
    found.status, found.outcome, found.reason = ObjectionStatus(status), outcome, reason.strip()
    found.answered_at = clock.now()
    after = pack.find("objection.close_after", on=day)
    found.close_on = deadlines.due(day, after.value.days).on if after and after.value.days is not None else None
    found.save()


def _close(by: Actor, found: Objection) -> None:
    found.status = OBJECTION.check(found.status, "close")
    found.closed_at = clock.now()
    found.save(update_fields=["status", "closed_at"])
    _record(by, found, "closed")


def _tell_reporter(by: Actor, found: Objection, words: Text) -> None:
    if found.reporter_id == by.person_id:
        return
    staff = found.organization != "public"
    notifications.tell_person(
        by=by,
        person_id=found.reporter_id,
        kind="objection.answer",
        text=Text(
            f"数据异议 {found.number}（{found.entry.title}）：{words.zh}。{_goes_on(found).zh}",
            f"Objection {found.number} ({found.entry.title}): {words.en}. {_goes_on(found).en}",
        ),
        link=f"/console/objections/{found.number}/" if staff else f"/objections/{found.number}/",
    )


def _goes_on(found: Objection) -> Text:
    """While the check goes on, what the notice says about business (xian-23, yongjia-23)."""
    flag = rules.load(found.pack).find("objection.business_continues", on=clock.today())
    if found.status not in {ObjectionStatus.CHECKING, ObjectionStatus.CORRECTING} or not (flag and flag.value):
        return Text("", "")
    cited = flag.citations[0]
    return Text(f"{_BUSINESS.zh}（{cited.label('zh')}）。", f"{_BUSINESS.en} ({cited.label('en')}).")


def _record(by: Actor, found: Objection, act: str, told: Sequence[str] = ()) -> None:
    ledger.record(
        action=f"quality.objection_{act}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        resource=found.entry.code,
        cites=[c["label"] for c in found.citations],
        details={
            "record": found.commitment,
            "item": found.item,
            "fault": found.fault,
            "version": found.version,
            "corrected_version": found.corrected_version or 0,
            "provider": found.provider.code,
            "outcome": found.outcome,
            "urgent": int(found.urgent),
            "channel": found.channel,
            "told": list(told),
            "pack": found.pack,
            "pack_version": found.pack_version,
        },
    )


def _locked(number: str) -> Objection:
    found = (
        Objection.objects.select_for_update(of=("self",))
        .select_related("entry", "entry__provider", "provider")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise NotFound("quality.unknown", "没有这个编号的数据异议。", "There is no objection with that number.")
    return found
