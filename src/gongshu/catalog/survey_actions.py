"""All writes of surveys (zaozhuang-6.1): asked of the units, answered by them, closed by the authority.

Each line of an answer is matched with the unit's own entries by name, so what is not cataloged shows by itself; closing
makes it a duty of the unit, done when the last of it is published (实现数据目录全量规范编目).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from gongshu import clock, crypto, rules
from gongshu.catalog import survey_queries as queries
from gongshu.catalog.models import Entry
from gongshu.catalog.remarks import short
from gongshu.catalog.shape import normal
from gongshu.catalog.states import EntryStatus
from gongshu.catalog.survey import Held
from gongshu.catalog.survey_models import Survey, SurveyLine, SurveyReturn
from gongshu.catalog.survey_states import SURVEY, SurveyStatus
from gongshu.duties import actions as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import BodyKind, Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications

DUTY, COMPILE_DUTY = "catalog.survey", "catalog.compile"


def can_conduct(by: Actor) -> bool:
    """The authority conducts surveys."""
    return by.office == Office.AUTHORITY and by.has(Role.DATA_AUTHORITY)


def can_answer(by: Actor, found: Survey) -> bool:
    return (
        found.status == SurveyStatus.OPEN
        and by.has(Role.PROVIDER)
        and queries.own_answer(by, found) is not None
    )  # fmt: skip


@transaction.atomic
def open_survey(*, by: Actor, title: str, due_on: date, kinds: Sequence[str] = (), note: str = "") -> Survey:
    """Ask every organisation of these kinds (by default those the city's texts name) what data it holds."""
    _check_conducts(by)
    name = short(title)[:100]
    if not name:
        raise GongshuError("catalog.survey_title", "请填写普查名称。", "Give the survey a name.", field="title")
    if due_on <= clock.today():
        raise GongshuError(
            "catalog.survey_day",
            "填报截止日期须在今天之后。",
            "The day to answer by must be in the future.",
            field="due_on",
        )
    wanted = [kind for kind in BodyKind if str(kind) in set(kinds)] or [kind for kind, _ in queries.kinds()]
    bodies = list(queries.asked_bodies(wanted))
    if not bodies:
        raise Conflict("catalog.survey_nobody", "没有属于所选范围的单位。", "No organisation is of the kinds chosen.")
    pack, cited = rules.active(), queries.citations()
    found = Survey.objects.create(
        number=duties.next_number(by=by, prefix="PC"),
        title=name,
        note=short(note)[:500],
        kinds=[str(kind) for kind in wanted],
        due_on=due_on,
        citations=[one.as_json() for one in cited],
        opened_by_id=by.person_id or None,
        opened_at=clock.now(),
    )
    for body in bodies:
        duty = duties.open_duty(
            by=by,
            kind=DUTY,
            subject=found.number,
            title=Text(f"填报数据资源普查：{name}", f"Answer the survey of data: {name}"),
            link=f"/console/surveys/{found.number}/",
            organization=body.code,
            role=Role.PROVIDER,
            pack=pack,
            citations=found.citations,
            days=None,
            words=Text(f"{due_on:%Y-%m-%d}前", f"by {due_on:%Y-%m-%d}"),
            due_on=due_on,
        )
        SurveyReturn.objects.create(survey=found, organization=body, duty_id=duty.pk)
    _record(by, found, "survey_opened", {"asked": len(bodies), "due_on": due_on.isoformat()})
    return found


@transaction.atomic
def answer(*, by: Actor, number: str, lines: Sequence[Held], note: str = "", nothing: bool = False) -> SurveyReturn:
    """The unit's answer, whole; it may be given again until the survey is closed. ``nothing``: the unit holds no data."""
    found = _locked(number)
    own = SurveyReturn.objects.select_for_update().filter(survey=found, organization__code=by.organization).first()
    if own is None or not by.has(Role.PROVIDER):
        raise NotAllowed(
            "catalog.survey_not_asked",
            "本单位不在普查范围内，或您没有“数据提供”角色。",
            "Your organisation is not asked in this survey, or you lack the provider role.",
        )
    if found.status != SurveyStatus.OPEN:
        raise Conflict("catalog.survey_closed", "普查已汇总，不能再填报。", "The survey is closed; no more answers.")
    if not lines and not nothing:
        raise GongshuError(
            "catalog.survey_empty",
            "请逐项填写本单位持有的数据资源；确无数据的，请勾选“本单位不持有数据”。",
            "List the data resources that your organisation holds, or say that it holds none.",
            field="lines",
        )
    if lines and nothing:
        raise GongshuError(
            "catalog.survey_both",
            "已填写数据资源，请取消“本单位不持有数据”。",
            "Data resources are listed: untick that there are none.",
            field="nothing",
        )
    own.lines.all().delete()
    own.filed_by_id, own.filed_at, own.note = by.person_id or None, clock.now(), short(note)[:500]
    own.save()
    keys = [normal(one.title)[:100] for one in lines]
    known = _entries(by.organization, keys)
    SurveyLine.objects.bulk_create(
        [
            SurveyLine(
                answer=own,
                position=position,
                title=one.title,
                title_key=key,
                system=one.system,
                form=one.form,
                rows=one.rows,
                personal=one.personal,
                reason=one.reason,
                entry_id=known.get(key),
            )
            for position, (one, key) in enumerate(zip(lines, keys, strict=True), start=1)
        ],
        batch_size=500,
    )
    if own.duty_id:
        duties.close_duty(by=by, duty_id=own.duty_id, outcome="answered")
        own.duty_id = None
        own.save(update_fields=["duty_id"])
    cataloged = sum(1 for key in keys if key in known)
    _record(by, found, "survey_answered", {"resources": len(keys), "cataloged": cataloged})
    return own


@transaction.atomic
def close_survey(*, by: Actor, number: str, anyway: str = "") -> Survey:
    """Close it: the inventory stands, its digest goes to the ledger, and what is not cataloged becomes a duty.

    While units have not answered it needs a reason (``anyway``); their duty stays.
    """
    _check_conducts(by)
    found = _locked(number)
    target = SURVEY.check(SurveyStatus(found.status), "close")
    silent = found.returns.filter(filed_at__isnull=True).count()
    if silent and not anyway.strip():
        raise Conflict(
            "catalog.survey_silent",
            f"还有 {silent} 个单位未填报。请催报，或写明不再等待的理由后汇总。",
            f"{silent} organisations have not answered. Wait, or say why the survey is closed without them.",
            field="anyway",
        )
    found.status, found.closed_at = target, clock.now()
    found.digest = crypto.provider().digest_sm3(queries.inventory_text(found).encode()).hex()
    found.save()
    for own in found.returns.select_related("organization").order_by("organization__code"):
        missing = own.lines.filter(entry__isnull=True).count()
        if missing:
            duty = duties.open_duty(
                by=by,
                kind=COMPILE_DUTY,
                subject=found.number,
                title=Text(
                    f"把普查发现的 {missing} 项数据编入目录", f"Catalog {missing} resources that the survey found"
                ),
                link=f"/console/surveys/{found.number}/?missing=1",
                organization=own.organization.code,
                role=Role.PROVIDER,
                pack=rules.active(),
                citations=found.citations,
                days=None,
                words=Text("全量规范编目", "everything is cataloged"),
            )
            own.compile_duty_id = duty.pk
            own.save(update_fields=["compile_duty_id"])
    totals = queries.totals(by, found)
    details: dict[str, str | int | list[str]] = {
        "answered": totals.answered, "asked": totals.asked, "resources": totals.resources,
        "cataloged": totals.cataloged, "digest": found.digest, "anyway": short(anyway),
    }  # fmt: skip
    _record(by, found, "survey_closed", details)
    return found


@transaction.atomic
def urge(*, by: Actor, number: str) -> int:
    """Remind the units that have not answered; how many they are."""
    _check_conducts(by)
    found = _locked(number)
    silent = list(found.returns.filter(filed_at__isnull=True).select_related("organization"))
    for own in silent:
        notifications.notify(
            by=by,
            organization=own.organization.code,
            roles=(Role.PROVIDER,),
            kind="catalog.survey",
            text=Text(
                f"请于{found.due_on:%Y-%m-%d}前填报数据资源普查：{found.title}",
                f"Answer the survey of data by {found.due_on:%Y-%m-%d}: {found.title}",
            ),
            link=f"/console/surveys/{found.number}/",
        )
    return len(silent)


def note_published(*, by: Actor, entry: Entry) -> None:
    """An entry was published: what surveys found under its name is cataloged now."""
    waiting = SurveyLine.objects.filter(
        entry__isnull=True, title_key=entry.title_key, answer__organization_id=entry.provider_id
    )
    answers = set(waiting.values_list("answer_id", flat=True))
    if not answers:
        return
    waiting.update(entry=entry)
    for own in SurveyReturn.objects.filter(pk__in=answers, compile_duty_id__isnull=False):
        if own.compile_duty_id and not own.lines.filter(entry__isnull=True).exists():
            duties.close_duty(by=by, duty_id=own.compile_duty_id, outcome="cataloged")


def _entries(organization: str, keys: Sequence[str]) -> dict[str, int]:
    """Published entries of the unit by the key of their title."""
    found: dict[str, int] = {}
    for start in range(0, len(keys), 400):
        rows = Entry.objects.filter(
            provider__code=organization, status=EntryStatus.PUBLISHED, title_key__in=keys[start : start + 400]
        )
        found |= dict(rows.values_list("title_key", "pk"))
    return found


def _check_conducts(by: Actor) -> None:
    if not can_conduct(by):
        raise NotAllowed(
            "catalog.survey_not_authority",
            "数据资源普查由数据主管部门组织。",
            "Surveys of data are conducted by the data authority.",
        )


def _locked(number: str) -> Survey:
    found = Survey.objects.select_for_update().filter(number=number).first()
    if found is None:
        raise NotFound("catalog.survey_unknown", "没有这个编号的普查。", "There is no survey with that number.")
    return found


def _record(by: Actor, found: Survey, act: str, details: dict[str, str | int | list[str]]) -> None:
    ledger.record(
        action=f"catalog.{act}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        cites=[one["label"] for one in found.citations],
        details={"title": found.title, **details},
    )
