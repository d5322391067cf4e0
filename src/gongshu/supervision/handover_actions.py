"""All writes of filing upward: queued, sent under a lease, its receipt kept, and the two duties of xian-17.

Nothing is sent anywhere unless the operator names the place under ``[upward]`` of gongshu.toml. Without it, and where the
office above only takes paper, the authority hands the register over by hand and notes the receipt's number.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection, transaction

from gongshu import clock, rules
from gongshu.duties import actions as duties
from gongshu.duties import queries as owed
from gongshu.duties.states import OWED
from gongshu.errors import EnvironmentFault, GongshuError, NotFound, Text
from gongshu.grants import signed
from gongshu.home import open_home
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.supervision import asset_queries as queries
from gongshu.supervision import upward
from gongshu.supervision.asset_models import AssetFiling, Handover
from gongshu.supervision.asset_policy import check_keep
from gongshu.supervision.handover_states import HANDOVER, HandoverStatus

LEASE = timedelta(minutes=3)  # longer than any one attempt may take
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=6)
LOOK_AGAIN = timedelta(hours=1)
TELL_AFTER = 5  # attempts in vain, until a person is told
REGISTER_DUTY, FILE_DUTY = "supervision.asset_registration", "supervision.asset_filing"
LINK = "/console/assets/"


def begin(filing: AssetFiling) -> Handover:
    """In the transaction of a filing: queued where the operator named that office's place, else by hand."""
    made = Handover(filing=filing)
    if queries.goes_upward(filing.to):
        made.status, made.next_try = HANDOVER.check(made.status, "queue"), clock.now()
    made.save()
    return made


@transaction.atomic
def send_again(*, by: Actor, number: str) -> Handover:
    """Send a filing that was refused, or that was filed before the office's place was named.

    One that waits is tried at once, and for one that was delivered its receipt is looked for at once.
    """
    check_keep(by)
    found = _locked(number)
    if not queries.goes_upward(found.filing.to):
        raise GongshuError(
            "upward.nowhere",
            "平台运维没有为该机构设置报送地址（gongshu.toml 的 [upward]）。请人工报送并登记回执编号，或由运维设置。",
            "The operator named no place of that office ([upward] in gongshu.toml). Hand it over yourself and note the "
            "receipt's number, or have the place named.",
        )
    waits = found.status in {HandoverStatus.QUEUED, HandoverStatus.DELIVERED}
    if not waits:
        found.status = HANDOVER.check(found.status, "queue")
    found.next_try, found.attempts, found.problem_zh, found.problem_en = clock.now(), 0, "", ""
    found.save()
    if not waits:
        _record(by, found, "filing_queued")
    return found


@transaction.atomic
def note_receipt(*, by: Actor, number: str, receipt: str) -> Handover:
    """Note the number under which the office above keeps a filing that a person handed over."""
    check_keep(by)
    found, receipt = _locked(number), receipt.strip()
    if not 0 < len(receipt) <= 100 or "\x00" in receipt:
        raise GongshuError(
            "upward.receipt_missing",
            "请填写上级机构给出的回执或备案编号，100 字以内。",
            "Give the number of the receipt from the office above, in 100 characters.",
            field="receipt",
        )
    found.status = HANDOVER.check(found.status, "note_receipt")
    found.noted_by_id = by.person_id or None
    _settle(by, found, receipt, None)
    return found


def work_due(*, by: Actor, most: int = 20) -> int:
    """The worker's step: send what waits, look for receipts that are due; how many attempts were made."""
    home = open_home()
    if not home.upward.enabled:
        return 0
    for count in range(most):
        found = _claim()
        if found is None:
            return count
        filing, attempt = found.filing, found.attempts
        try:
            if found.status == HandoverStatus.DELIVERED:
                receipt = upward.look(home, filing.number, filing.digest)
            else:
                receipt = upward.send(home, _package(home.city, found))
        except EnvironmentFault as fault:
            _failed(by, found.pk, attempt, fault.text, for_good=False)
        except GongshuError as refusal:
            _failed(by, found.pk, attempt, refusal.text, for_good=refusal.code == "upward.refused")
        else:
            _answered(by, found.pk, receipt)
    return most


def run_day(*, by: Actor) -> dict[str, int]:
    """What is published and collected is to be registered, and what is registered to be filed; doing it twice changes
    nothing.
    """
    waiting = queries.unregistered().exists() if rules.active().find("catalog.asset_register", on=clock.today()) else 0
    opened = _owe(by, REGISTER_DUTY, Text("登记数据资产", "Register data assets")) if waiting else 0
    return {"assets": opened + owe_filing(by)}


def owe_filing(by: Actor) -> int:
    """The authority owes a filing while assets are in the register that no receipt covers; 1 when that is new."""
    return _owe(by, FILE_DUTY, Text("向上级备案数据资产", "File the data assets")) if queries.filing_due() else 0


def close_registration(by: Actor) -> None:
    """Nothing waits for registration any more."""
    if not queries.unregistered().exists():
        _close(by, REGISTER_DUTY, "registered")


@transaction.atomic
def _owe(by: Actor, kind: str, title: Text) -> int:
    """The article names no day: such a duty is urged again and again until it is done."""
    pack = rules.active()
    name = "catalog.asset_register" if kind == REGISTER_DUTY else "catalog.asset_filing"
    found = pack.find(name, on=clock.today())
    if found is None or not found.value or owed.of_subject(kind).filter(kind=kind, status__in=OWED).exists():
        return 0
    duties.open_duty(
        by=by,
        kind=kind,
        subject=kind,
        title=title,
        link=LINK,
        organization=identity.holder_of(Office.AUTHORITY).code,
        role=Role.DATA_AUTHORITY,
        pack=pack,
        citations=[one.as_json() for one in found.citations],
        days=None,
        words=Text("", ""),
    )
    return 1


def _close(by: Actor, kind: str, outcome: str) -> None:
    for duty in owed.of_subject(kind).filter(kind=kind, status__in=OWED):
        duties.close_duty(by=by, duty_id=duty.pk, outcome=outcome)


@transaction.atomic
def _claim() -> Handover | None:
    """What has waited longest; it is this worker's until its lease ends."""
    moment = clock.now()
    waiting = Handover.objects.select_related("filing").filter(
        status__in=(HandoverStatus.QUEUED, HandoverStatus.DELIVERED), next_try__lte=moment
    )
    found = (
        waiting.order_by("next_try", "id")
        .select_for_update(of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked)
        .first()
    )
    if found is None:
        return None
    if not found.note:
        filing = found.filing
        text = upward.statement(filing.number, filing.assets, filing.digest, filing.body)
        found.note = signed.signer(open_home()).sign(text)
    found.attempts += 1
    found.next_try = moment + LEASE
    found.save(update_fields=["note", "attempts", "next_try"])
    return found


def _package(city: str, found: Handover) -> upward.Package:
    filing = found.filing
    return upward.pack(
        number=filing.number,
        office=filing.to,
        city=city,
        filed_at=filing.at.isoformat(timespec="seconds"),
        assets=filing.assets,
        sm3=filing.digest,
        note=found.note,
        body=filing.body,
    )


@transaction.atomic
def _answered(by: Actor, pk: int, receipt: upward.Receipt | None) -> None:
    """It was taken. Whoever says so is right, also when another worker has the lease by now."""
    found = Handover.objects.select_for_update(of=("self",)).select_related("filing").get(pk=pk)
    if found.status not in {HandoverStatus.QUEUED, HandoverStatus.DELIVERED}:
        return
    found.problem_zh = found.problem_en = ""
    if receipt is not None and not receipt.accepted:
        found.status = HANDOVER.check(found.status, "refuse")
        reason = " ".join(receipt.reason.split())[:200] or "—"
        found.problem_zh, found.problem_en = f"上级机构退回：{reason}", f"Refused by the office above: {reason}"
        found.receipt_body, found.next_try = upward.shown(receipt), None
        found.save()
        _record(by, found, "filing_refused")
        _tell(by, found, Text("数据资产备案被上级退回", "The filing of data assets was refused"))
        return
    if found.status == HandoverStatus.QUEUED and receipt is None:
        found.status = HANDOVER.check(found.status, "deliver")
        found.delivered_at = clock.now()
        _record(by, found, "filing_delivered")
    if receipt is None:
        found.next_try = clock.now() + LOOK_AGAIN
        found.save()
        return
    found.delivered_at = found.delivered_at or clock.now()
    found.status = HANDOVER.check(found.status, "acknowledge")
    _settle(by, found, receipt.receipt.strip(), upward.shown(receipt))
    _tell(by, found, Text("数据资产备案已收到回执", "The filing of data assets has its receipt"))


@transaction.atomic
def _failed(by: Actor, pk: int, attempt: int, why: Text, *, for_good: bool) -> None:
    """Tried again after a pause that doubles; a refusal waits for a person."""
    found = Handover.objects.select_for_update(of=("self",)).select_related("filing").get(pk=pk)
    if found.status not in {HandoverStatus.QUEUED, HandoverStatus.DELIVERED} or found.attempts != attempt:
        return
    found.problem_zh, found.problem_en = why.zh[:300], why.en[:300]
    found.next_try = clock.now() + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempt - 1, 12))
    if for_good:
        found.status, found.next_try = HANDOVER.check(found.status, "refuse"), None
        _record(by, found, "filing_refused")
    found.save()
    if for_good or attempt == TELL_AFTER:
        _tell(by, found, Text("数据资产备案报送未成功", "The filing of data assets was not taken"))


def _settle(by: Actor, found: Handover, receipt: str, body: dict[str, Any] | None) -> None:
    found.receipt, found.receipt_body, found.settled_at, found.next_try = receipt, body, clock.now(), None
    found.problem_zh = found.problem_en = ""
    found.save()
    _record(by, found, "filing_receipted", receipt=receipt, digest=found.filing.digest)
    if not queries.filing_due():
        _close(by, FILE_DUTY, "receipted")


def _locked(number: str) -> Handover:
    filing = AssetFiling.objects.filter(number=number).first()
    if filing is None:
        raise NotFound("asset.filing_unknown", "没有这个编号的备案。", "There is no filing with that number.")
    Handover.objects.get_or_create(filing=filing)  # what was filed before there were handovers has none
    return Handover.objects.select_for_update(of=("self",)).select_related("filing").get(filing=filing)


def _tell(by: Actor, found: Handover, text: Text) -> None:
    number = found.filing.number
    notifications.notify(
        by=by,
        organization=identity.holder_of(Office.AUTHORITY).code,
        roles=(Role.DATA_AUTHORITY,),
        kind="supervision.asset_filing",
        text=Text(f"{text.zh}：{number}", f"{text.en}: {number}"),
        link=f"{LINK}#filings",
    )


def _record(by: Actor, found: Handover, act: str, **details: Any) -> None:
    cited = rules.active().find("catalog.asset_filing", on=clock.today())
    ledger.record(
        action=f"supervision.{act}",
        actor=by.ref,
        organization=by.organization,
        subject=found.filing.number,
        cites=[one.label("zh") for one in cited.citations] if cited else [],
        details={"to": found.filing.to, **details},
    )
