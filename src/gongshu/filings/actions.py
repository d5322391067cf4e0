"""All writes of filings: posts and who holds them, systems and their security grades.

A post that fell vacant is owed by the organisation: the duty belongs to a role in it, never to a person.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from gongshu import clock, deadlines, rules
from gongshu.duties import actions as duties
from gongshu.errors import Conflict, GongshuError, NotFound, Text
from gongshu.filings import policy, queries
from gongshu.filings.grade import Grade
from gongshu.filings.models import PostHolding, SecurityFiling, System, SystemClient
from gongshu.filings.states import FILERS, Standing
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications

if TYPE_CHECKING:
    from gongshu.identity.models import Organization, Person


@transaction.atomic
def appoint(
    *,
    by: Actor,
    organization: str,
    post: str,
    name: str,
    since: date,
    contact: str = "",
    username: str = "",
    replaces: int | None = None,
) -> PostHolding:
    """File that somebody holds ``post`` since a day; ``replaces`` is the holding that ends with it.

    The authority is told: this is the filing (xian-35: 备案; yongjia-43: 及时书面报送). A duty to file this post is done.
    """
    where = _organization(organization)
    policy.check_file(by, where.code)
    wanted = {one.id: one for one in queries.posts_for(where)}
    policy.check_post(post, wanted)
    name = policy.check_text(name, field="name", most=60, what=("姓名", "name"))
    contact = policy.check_text(contact, field="contact", most=100, what=("联系方式", "contact"), needed=False)
    before = queries.holding(where, replaces) if replaces else None
    policy.check_since(since, today=clock.today(), after=before.since if before else None)
    if before is not None:
        if before.post != post:
            raise GongshuError(
                "filings.other_post", "前任不在这个岗位。", "The predecessor held another post.", field="post"
            )
        if before.until is None:
            _end(by, before, since)
    pack, rule, limit = rules.active(), queries.posts_value(), queries.change_value()
    due = deadlines.due(since, limit.value.days).on if limit is not None and limit.value.days is not None else None
    cites = [*(rule.citations if rule else ()), *(limit.citations if limit else ())]
    moment = clock.now()
    try:
        with transaction.atomic():
            made = PostHolding.objects.create(
                organization=where,
                post=post,
                label_zh=wanted[post].label.zh,
                label_en=wanted[post].label.en,
                name=name,
                contact=contact,
                person=_person(username),
                since=since,
                pack=pack.id,
                pack_version=pack.version,
                citations=[one.as_json() for one in cites],
                due_on=due,
                late=due is not None and clock.today() > due,
                filed_at=moment,
                filed_by=by.ref,
            )
    except IntegrityError as error:
        raise Conflict(
            "filings.held_already",
            "此人已登记在这个岗位。",
            "This person is on record in this post already.",
            field="name",
        ) from error
    for vacant in PostHolding.objects.filter(organization=where, post=post, vacancy_duty__isnull=False):
        duties.close_duty(by=by, duty_id=int(vacant.vacancy_duty or 0), outcome="filed")
        vacant.vacancy_duty = None
        vacant.save(update_fields=["vacancy_duty"])
    _record(by, where, f"post:{made.pk}", "filings.post_filed", cites, post=post, since=since, late=int(made.late))
    label = made.label
    _tell_authority(
        by, where, Text(f"岗位备案：{where.name}——{label.zh}", f"Post filed: {where.say('en')} - {label.en}")
    )
    return made


@transaction.atomic
def leave(*, by: Actor, organization: str, holding_id: int, until: date) -> PostHolding:
    """File that the holder left on ``until``; with nobody in the post the organisation owes the filing of a successor."""
    where = _organization(organization)
    policy.check_file(by, where.code)
    held = queries.holding(where, holding_id)
    if held.until is not None:
        raise Conflict("filings.ended_already", "该任职已经终止。", "That holding has ended already.")
    policy.check_until(until, since=held.since, today=clock.today())
    _end(by, held, until)
    _record(by, where, f"post:{held.pk}", "filings.post_left", [], post=held.post, until=until)
    limit = queries.change_value()
    others = PostHolding.objects.filter(organization=where, post=held.post, until__isnull=True).exists()
    if limit is not None and not others and held.post in {one.id for one in queries.posts_for(where)}:
        duty = duties.open_duty(
            by=by,
            kind="filings.change",
            subject=f"post:{held.pk}",
            title=Text(f"备案接任人员：{held.label_zh}", f"File who takes over: {held.label_en}"),
            link=f"/console/organizations/{where.code}/posts/",
            organization=where.code,
            role=_filer(where.code),
            pack=rules.active(),
            citations=[one.as_json() for one in limit.citations],
            days=limit.value.days,
            words=limit.value.words,
            concerned=_authority(),
            starts_on=until,
        )
        held.vacancy_duty = duty.pk
        held.save(update_fields=["vacancy_duty"])
    return held


@transaction.atomic
def remind_of_posts(*, by: Actor, organization: str) -> int:
    """The data authority reminds an organisation of the posts that are missing. Returns how many people were told."""
    where = _organization(organization)
    if not by.has(Role.DATA_AUTHORITY):
        policy.check_file(by, "")  # nobody's organisation: refused with the ordinary sentence
    missing = queries.missing(where)
    if not missing:
        raise Conflict(
            "filings.none_missing", "该单位的岗位已全部登记。", "All posts of this organisation are on record."
        )
    zh, en = "、".join(one.label.zh for one in missing), ", ".join(one.label.en for one in missing)
    rule = queries.posts_value()
    told = notifications.notify(
        by=by,
        organization=where.code,
        roles=FILERS,
        kind="filings.missing",
        text=Text(f"请登记责任岗位：{zh}", f"Please file who holds these posts: {en}"),
        link=f"/console/organizations/{where.code}/posts/",
    )
    _record(by, where, where.code, "filings.posts_asked", list(rule.citations) if rule else [], told=told)
    return told


@transaction.atomic
def register_system(*, by: Actor, organization: str, name: str, name_en: str = "", purpose: str = "") -> System:
    """An information system of the organisation enters the register."""
    where = _organization(organization)
    policy.check_keep_systems(by, where.code)
    values = {
        "name": policy.check_text(name, field="name", most=100, what=("系统名称", "name of the system")),
        "name_en": policy.check_text(name_en, field="name_en", most=100, what=("英文名称", "name"), needed=False),
        "purpose": policy.check_text(purpose, field="purpose", most=300, what=("用途", "purpose"), needed=False),
    }
    try:
        with transaction.atomic():
            made = System.objects.create(
                organization=where, since=clock.today(), created_at=clock.now(), created_by=by.ref, **values
            )
    except IntegrityError as error:
        raise Conflict(
            "filings.system_taken", "本单位已有同名系统。", "The organisation has a system of that name.", field="name"
        ) from error
    _record(by, where, f"system:{made.pk}", "filings.system_registered", [])
    return made


@transaction.atomic
def end_system(*, by: Actor, system_id: int) -> System:
    """A system goes out of use; its clients belong to it no longer, its filings stay on record."""
    found = _system(by, system_id)
    found.until = clock.today()
    found.save(update_fields=["until"])
    SystemClient.objects.filter(system=found, until__isnull=True).update(until=found.until)
    _record(by, found.organization, f"system:{found.pk}", "filings.system_ended", [])
    return found


@transaction.atomic
def file_grade(*, by: Actor, system_id: int, filing: Grade) -> SecurityFiling:
    """File the security grade of a system. It counts from now on; earlier filings stay as its history."""
    found = _system(by, system_id)
    grades, tests = queries.grades_value(), queries.tests_value()
    policy.check_grade(
        filing,
        grades={one.id for one in grades.value} if grades else set(),
        tests={one.id for one in tests.value} if tests else set(),
        today=clock.today(),
    )
    pack = rules.active()
    made = SecurityFiling.objects.create(
        system=found,
        grade=filing.grade,
        number=filing.number.strip(),
        filed_on=filing.filed_on,
        assessed_on=filing.assessed_on,
        valid_until=filing.valid_until,
        tests=list(filing.tests),
        evidence=filing.evidence.strip(),
        pack=pack.id,
        pack_version=pack.version,
        recorded_at=clock.now(),
        recorded_by=by.ref,
    )
    cites = [*(grades.citations if grades else ()), *(tests.citations if tests else ())]
    until = filing.valid_until.isoformat() if filing.valid_until else ""
    _record(
        by, found.organization, f"system:{found.pk}", "filings.grade_filed", cites,
        grade=filing.grade, until=until, tests=list(filing.tests),
    )  # fmt: skip
    _tell_authority(
        by,
        found.organization,
        Text(
            f"等级保护备案：{found.organization.name}——{found.name}，第{filing.grade}级",
            f"Security grade filed: {found.organization.say('en')} - {found.say('en')}, level {filing.grade}",
        ),
        link=f"/console/systems/{found.pk}/",
    )
    return made


@transaction.atomic
def connect_client(*, by: Actor, system_id: int, client_id: str) -> SystemClient:
    """An API client belongs to the system from today on; it leaves the one that it belonged to."""
    found = _system(by, system_id)
    client = identity.client(by, client_id)
    policy.check_same_organization(found.organization.code, client.organization.code)
    today = clock.today()
    standing = SystemClient.objects.select_for_update().filter(client=client, until__isnull=True).first()
    if standing is not None:
        if standing.system_id == found.pk:
            return standing
        standing.until = today
        standing.save(update_fields=["until"])
    made = SystemClient.objects.create(system=found, client=client, since=today)
    _record(by, found.organization, f"system:{found.pk}", "filings.client_connected", [], client=client.client_id)
    return made


@transaction.atomic
def announce(*, by: Actor) -> dict[str, int]:
    """The daily look at security filings: who must be assessed again soon, and whose filing has lapsed. Once each."""
    counts = {"ending": 0, "lapsed": 0}
    newest = dict(SecurityFiling.objects.order_by("id").values_list("system_id", "pk"))
    current = SecurityFiling.objects.filter(
        pk__in=newest.values(), valid_until__isnull=False, system__until__isnull=True
    )
    for filing in current.select_related("system", "system__organization").order_by("id"):
        standing = queries.standing_of(filing.valid_until, filed=True)
        if standing is Standing.ENDING and filing.announced_at is None:
            filing.announced_at = clock.now()
            filing.save(update_fields=["announced_at"])
            _announce(by, filing, Text("等级保护测评即将到期", "The security assessment ends soon"), lapsed=False)
            counts["ending"] += 1
        elif standing is Standing.LAPSED and filing.lapse_told_at is None:
            filing.lapse_told_at = clock.now()
            filing.save(update_fields=["lapse_told_at"])
            _announce(by, filing, Text("等级保护测评已到期", "The security assessment has lapsed"), lapsed=True)
            counts["lapsed"] += 1
    return counts


def _announce(by: Actor, filing: SecurityFiling, words: Text, *, lapsed: bool) -> None:
    system = filing.system
    text = Text(
        f"{words.zh}（{filing.valid_until}）：{system.name}", f"{words.en} ({filing.valid_until}): {system.say('en')}"
    )
    link = f"/console/systems/{system.pk}/"
    notifications.notify(
        by=by, organization=system.organization.code, roles=FILERS, kind="filings.grade_ending", text=text, link=link
    )
    if lapsed:
        told = Text(f"{system.organization.name}：{text.zh}", f"{system.organization.say('en')}: {text.en}")
        _tell_authority(by, system.organization, told, link=link)
        _record(
            by, system.organization, f"system:{system.pk}", "filings.grade_lapsed", [],
            until=str(filing.valid_until), grade=filing.grade,
        )  # fmt: skip


def _end(by: Actor, held: PostHolding, until: date) -> None:
    held.until, held.ended_at, held.ended_by = until, clock.now(), by.ref
    held.save(update_fields=["until", "ended_at", "ended_by"])


def _organization(code: str) -> Organization:
    return identity.organization(code)


def _person(username: str) -> Person | None:
    if not username.strip():
        return None
    found = identity.people().filter(username=username.strip()).first()
    if found is None:
        raise NotFound("identity.person_unknown", "没有这个用户。", "There is no such user.", field="username")
    return found


def _system(by: Actor, system_id: int) -> System:
    found = System.objects.select_for_update(of=("self",)).select_related("organization").filter(pk=system_id).first()
    if found is None:
        raise NotFound("filings.system_unknown", "没有这个信息系统。", "There is no such information system.")
    policy.check_keep_systems(by, found.organization.code)
    policy.check_in_use(found.until)
    return found


def _filer(organization: str) -> Role:
    """The first of the filing roles that somebody holds there: the duty stands with it, whoever holds it on the day."""
    return next((role for role in FILERS if identity.people_of(organization, role).exists()), Role.PROVIDER)


def _authority() -> str:
    found = identity.organizations().filter(office=Office.AUTHORITY).first()
    return found.code if found else ""


def _tell_authority(by: Actor, about: Organization, text: Text, link: str = "") -> None:
    authority = _authority()
    if authority and authority != by.organization:
        notifications.notify(
            by=by,
            organization=authority,
            roles=(Role.DATA_AUTHORITY,),
            kind="filings.filed",
            text=text,
            link=link or f"/console/organizations/{about.code}/posts/",
        )


def _record(
    by: Actor, where: Organization, subject: str, action: str, cites: list[rules.Citation], **details: object
) -> None:
    """The leaf: numbers and days, never a name."""
    plain = {key: value if isinstance(value, (int, list)) else str(value) for key, value in details.items()}
    ledger.record(
        action=action,
        actor=by.ref,
        organization=where.code,
        subject=subject,
        cites=[one.label("zh") for one in cites],
        details=plain,
    )
