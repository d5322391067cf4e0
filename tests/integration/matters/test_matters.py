"""What people are asked for: registered, compared with the catalog, struck or kept with reasons, and asked by programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from django.test import Client

from factories import SEED, City, companies, request
from factories.programs import program_of
from gongshu import rules, wiring
from gongshu.catalog import actions as catalog
from gongshu.catalog.draft import ItemData
from gongshu.catalog.states import ShareType
from gongshu.catalog.terms import BasisKind
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, Exit, GongshuError, NotAllowed, NotFound
from gongshu.identity.models import Person
from gongshu.identity.tokens import Scope
from gongshu.ledger import entry as ledger_entry
from gongshu.ledger.models import Outbox
from gongshu.matters import actions, queries
from gongshu.matters.models import Material, Matter
from gongshu.notifications import queries as notices
from gongshu.sharing import actions as sharing
from integration.sharing.test_application import agree_all

pytestmark = pytest.mark.django_db
Under = Callable[[str], rules.Pack]


@pytest.fixture
def city(db: None) -> City:
    wiring.connect()
    return City()


@pytest.fixture
def under() -> Iterator[Under]:
    usual = rules.active().id
    rules.configure("xian")
    yield rules.configure
    rules.configure(usual)


def licences(city: City):
    """The company register, findable by what people call its licence."""
    return city.collected(companies(keywords="营业执照，市场主体"))


def presale(city: City, *materials: str) -> Matter:
    return actions.register(
        by=city.consumer, name="商品房预售许可", materials=materials or ("营业执照复印件", "施工进度说明"), code="SX-01"
    )


def rows(found: Matter) -> list[tuple[str, str]]:
    return list(Material.objects.filter(matter=found).order_by("position").values_list("name", "status"))


def acts() -> list[str]:
    leaves = [ledger_entry.body(bytes(one.leaf)) for one in Outbox.objects.order_by("pk")]
    return [str(one["action"]) for one in leaves if str(one["action"]).startswith("matters.")]


@pytest.mark.article("xian-16", "yongjia-24")
@pytest.mark.parametrize(("place", "article"), [("xian", "第十六条"), ("yongjia", "第二十四条")])
def test_what_the_platform_has_is_flagged_owed_and_struck(city: City, under: Under, place: str, article: str) -> None:
    """1 the register holds licences, 2 a matter asks for one, 3 flagged and owed, 4 struck in favour of it, 5 done."""
    under(place)
    entry = licences(city)
    found = presale(city)
    assert rows(found) == [("营业执照复印件", "flagged"), ("施工进度说明", "clear")]
    row = Material.objects.get(matter=found, position=1)
    assert [one["code"] for one in row.matches] == [entry.code]
    assert "同义词“企业登记”" in row.matches[0]["zh"], "the licence goes by another name in the catalog"
    (duty,) = duties.todo(city.consumer).filter(kind=actions.DUTY)
    assert (duty.days, duty.subject) == (None, found.number)
    assert any(article in cite["label"] for cite in duty.citations)

    with pytest.raises(GongshuError) as nothing:
        actions.strike(by=city.consumer, number=found.number, position=1)
    assert nothing.value.code == "matters.replaced_by"
    with pytest.raises(NotFound):
        actions.strike(by=city.consumer, number=found.number, position=1, entry="000000-000000")
    struck = actions.strike(by=city.consumer, number=found.number, position=1, entry=entry.resource_code)
    assert (struck.status, struck.entry, struck.entry_title) == ("struck", entry.code, "企业登记信息")
    duty.refresh_from_db()
    assert duty.status == "done"
    assert acts() == [
        "matters.matter_registered", "matters.material_added", "matters.material_flagged", "matters.material_added",
        "matters.material_struck",
    ]  # fmt: skip


@pytest.mark.article("xian-16", "yongjia-24", "zaozhuang-6.4")
def test_the_question_is_answered_with_entry_interface_article_and_the_grant_at_hand(city: City, under: Under) -> None:
    entry = licences(city)
    no = queries.ask(city.consumer, "营业执照（副本）复印件")
    assert (no.may_ask, no.forbidden) == (False, True)
    assert [cite.label("zh") for cite in no.citations] and "第十六条" in no.citations[0].label("zh")
    (held,) = no.held
    assert (held.code, held.interface, held.grants) == (entry.code, f"/v1/interfaces/{entry.code}/verify", ())
    assert "市市场监督管理局" in no.why.zh
    application = sharing.apply(by=city.consumer, code=entry.code, request=request())
    agree_all(city, application.number)
    (held,) = queries.ask(city.consumer, "营业执照").held
    assert len(held.grants) == 1 and "query" in held.grants[0][1]
    assert queries.ask(city.compiler, "营业执照").held[0].grants == (), "another unit's grant is not told"
    yes = queries.ask(city.consumer, "施工进度说明")
    assert (yes.may_ask, yes.held, yes.forbidden) == (True, (), False)
    under("zaozhuang")
    hint = queries.ask(city.consumer, "营业执照")
    assert (hint.may_ask, hint.forbidden, hint.citations) == (False, False, ()), "no rule: a hint"
    with pytest.raises(GongshuError):
        queries.ask(city.consumer, " ")


@pytest.mark.article("xian-16")
def test_what_is_kept_has_a_ground_the_authority_is_told_and_may_refuse_it(city: City, under: Under) -> None:
    licences(city)
    found = presale(city)
    with pytest.raises(GongshuError) as ground:
        actions.justify(by=city.consumer, number=found.number, position=1, ground="habit", reason="一直如此")
    assert ground.value.code == "matters.ground"
    with pytest.raises(GongshuError):
        actions.justify(by=city.consumer, number=found.number, position=1, ground="law", reason=" ")
    with pytest.raises(Conflict):
        actions.justify(by=city.consumer, number=found.number, position=2, ground="law", reason="《建筑法》第八条")
    kept = actions.justify(by=city.consumer, number=found.number, position=1, ground="law", reason="《某法》第三条")
    assert (kept.status, kept.ground) == ("justified", "law")
    assert notices.of(city.authority).filter(kind="matters.justified").count() == 1
    assert not duties.todo(city.consumer).filter(kind=actions.DUTY).exists()
    allowed = queries.ask(city.consumer, "营业执照复印件", number=found.number)
    assert allowed.may_ask and "法律" in allowed.why.zh
    assert not queries.ask(city.consumer, "营业执照复印件").may_ask, "in other matters it is as before"
    with pytest.raises(NotAllowed):
        actions.disallow(by=city.consumer, number=found.number, position=1, reason="内容一致")
    actions.disallow(by=city.authority, number=found.number, position=1, reason="该条未要求收取原件")
    assert rows(found)[0] == ("营业执照复印件", "flagged")
    assert duties.todo(city.consumer).filter(kind=actions.DUTY).count() == 1


@pytest.mark.article("xian-16")
def test_the_daily_look_follows_the_catalog_both_ways(city: City, under: Under) -> None:
    found = presale(city)
    assert [status for _, status in rows(found)] == ["clear", "clear"]
    city.published(companies(keywords="营业执照"))
    assert actions.recheck(by=SEED) == {"materials_flagged": 0, "materials_cleared": 0}, "cataloged, but no data yet"
    entry = licences_of(city)
    assert actions.recheck(by=SEED)["materials_flagged"] == 1
    assert actions.recheck(by=SEED) == {"materials_flagged": 0, "materials_cleared": 0}
    catalog.withdraw_entry(by=city.authority, code=entry.code, remark="停用")
    assert actions.recheck(by=SEED)["materials_cleared"] == 1
    assert rows(found)[0][1] == "clear"
    assert not duties.todo(city.consumer).filter(kind=actions.DUTY).exists()


def licences_of(city: City):
    return city.collected(companies(title="市场主体登记信息", keywords="营业执照"))


def test_a_struck_material_whose_entry_is_withdrawn_may_be_asked_for_again(city: City, under: Under) -> None:
    entry = licences(city)
    found = presale(city)
    actions.strike(by=city.consumer, number=found.number, position=1, entry=entry.code)
    assert not queries.ask(city.consumer, "营业执照复印件", number=found.number).may_ask
    catalog.withdraw_entry(by=city.authority, code=entry.code, remark="停用")
    assert rows(found)[0][1] == "clear"
    assert notices.of(city.consumer).filter(kind="matters.resumed").count() == 1
    actions.strike(by=city.consumer, number=found.number, position=2, reason="不再需要")
    again = actions.resume(by=city.consumer, number=found.number, position=2, reason="恢复收取")
    assert (again.status, again.reason) == ("clear", "恢复收取")


def test_prohibited_data_and_items_kept_from_sharing_replace_nothing(city: City, under: Under) -> None:
    marriage = ItemData("marriage", "婚姻状况")
    city.collected(
        companies(title="人口信息", keywords="户口簿", share_type=ShareType.PROHIBITED, share_basis="《保密法》第九条")
    )
    hidden = companies(title="户籍登记", abstract="全市户籍登记。")
    secret = ItemData(
        "marriage",
        "婚姻状况",
        share_type=ShareType.PROHIBITED,
        share_basis="《保密法》第九条",
        share_condition="涉密",
        share_basis_kind=BasisKind.LAW,
    )
    city.collected(hidden.with_items(*hidden.items, secret))
    found = presale(city, "户口簿", "婚姻状况证明")
    assert [status for _, status in rows(found)] == ["clear", "clear"]
    open_ = companies(title="民政服务对象", abstract="全市民政服务对象。")
    city.collected(open_.with_items(*open_.items, marriage))
    actions.recheck(by=SEED)
    assert [status for _, status in rows(found)] == ["clear", "flagged"]


def test_a_register_is_its_units_own(city: City, under: Under) -> None:
    found = presale(city)
    with pytest.raises(NotAllowed):
        actions.add_material(by=city.compiler, number=found.number, name="身份证")
    with pytest.raises(NotFound):
        queries.matter(city.compiler, found.number)
    assert queries.matter(city.authority, found.number).asked == 2
    with pytest.raises(NotAllowed):
        actions.register(by=city.authority, name="事项", materials=["身份证"])
    with pytest.raises(Conflict) as twice:
        presale(city)
    assert twice.value.code == "matters.name_taken"
    with pytest.raises(Conflict):
        actions.add_material(by=city.consumer, number=found.number, name="营业执照复印件 ")
    with pytest.raises(GongshuError):
        actions.register(by=city.consumer, name="另一事项", materials=[], asked_of="dogs")
    with pytest.raises(GongshuError):
        actions.register(by=city.consumer, name="另一事项", materials=[f"材料{n}" for n in range(101)])
    actions.end(by=city.consumer, number=found.number, reason="取消")
    with pytest.raises(Conflict):
        actions.add_material(by=city.consumer, number=found.number, name="身份证")
    presale(city)
    assert [one.status for one in queries.search(city.consumer, status="ended")] == ["ended"]
    assert queries.figures(city.consumer)["clear"] == 2


def test_ending_a_matter_ends_what_was_owed(city: City, under: Under) -> None:
    licences(city)
    found = presale(city)
    actions.end(by=city.consumer, number=found.number, reason="事项取消")
    assert not duties.todo(city.consumer).filter(kind=actions.DUTY).exists()


@pytest.mark.article("xian-16", "yongjia-24")
def test_a_business_system_asks_and_keeps_the_register(city: City, under: Under) -> None:
    entry = licences(city)
    reads, writes = program_of("zhou", Scope.READ), program_of("zhou", Scope.SHARING)
    code, answer = reads.get("/matters/ask?material=营业执照")
    assert (code, answer["may_ask"], answer["forbidden"]) == (200, False, True)
    assert answer["held"][0]["code"] == entry.code and "第十六条" in answer["citations"][0]["label"]
    body = {"name": "商品房预售许可", "materials": ["营业执照复印件", "施工进度说明"]}
    assert reads.post("/matters", body)[0] == 403
    code, made = writes.post("/matters", body, Idempotency_Key="m-1")
    assert (code, made["flagged"]) == (201, 1)
    assert writes.post("/matters", body, Idempotency_Key="m-1")[1]["number"] == made["number"], "sent twice, done once"
    where = f"/matters/{made['number']}"
    struck = writes.post(f"{where}/act", {"act": "strike", "material": 1, "entry": entry.code})[1]
    assert struck["materials"][0]["status"] == "struck"
    again = writes.post(f"{where}/act", {"act": "resume", "material": 1, "reason": "接口停用"})[1]
    assert again["materials"][0]["status"] == "flagged", "the platform still has it"
    kept = {"act": "justify", "material": 1, "ground": "other_content", "reason": "须核对经营场所租赁"}
    assert writes.post(f"{where}/act", kept)[1]["materials"][0]["ground"] == "other_content"
    refused = program_of("lin").post(f"{where}/act", {"act": "disallow", "material": 1, "reason": "内容一致"})
    assert refused[1]["materials"][0]["status"] == "flagged"
    assert writes.post(f"{where}/materials", {"name": "营业执照复印件"})[0] == 409
    assert writes.get(f"/matters/ask?material=营业执照复印件&matter={made['number']}")[1]["status"] == "flagged"
    assert [one["number"] for one in writes.get("/matters?status=flagged")[1]["results"]] == [made["number"]]
    assert program_of("wang").get(where)[0] == 404


def test_the_pages_show_ask_register_and_deal_with_it(city: City, under: Under) -> None:
    entry = licences(city)
    browser = Client()
    browser.force_login(Person.objects.get(username="zhou"), backend="django.contrib.auth.backends.ModelBackend")
    page = browser.get("/console/matters/?material=营业执照").content.decode()
    assert "不得索要" in page and entry.title in page and "第十六条" in page
    answer = browser.post(
        "/console/matters/", {"name": "预售许可", "materials": "营业执照复印件\n说明\n", "asked_of": "legal"}
    )
    assert answer.status_code == 302
    page = browser.get(answer["Location"]).content.decode()
    assert "平台可以获取，待处理" in page and 'value="strike"' in page and 'value="disallow"' not in page
    acted = f"{answer['Location']}act/"
    assert browser.post(acted, {"act": "justify", "position": "1", "ground": "", "reason": "x"}).status_code == 400
    assert browser.post(acted, {"act": "strike", "position": "1", "entry": entry.code}).status_code == 302
    assert browser.post(acted, {"act": "add", "material": "\x00" * 3}).status_code == 400
    assert browser.post(acted, {"act": "ended", "reason": "停办"}).status_code == 400
    assert browser.post(acted, {"act": "end", "reason": "停办"}).status_code == 302
    assert browser.post("/console/matters/", {"name": "", "asked_of": "legal"}).status_code == 400
    shown = browser.get("/console/matters/?status=ended").content.decode()
    assert "已停办" in shown
    english = browser.get("/console/matters/", headers={"accept-language": "en"})
    assert english.status_code == 200


@pytest.mark.heavy
def test_the_command_answers_with_its_exit_code(
    gongshu: Callable[..., CompletedProcess[str]], installed: Callable[..., Path]
) -> None:
    installed("xian")
    secret = {"GONGSHU_PASSWORD": "correct horse battery"}
    assert gongshu("people", "add", "zhou", "--name", "zhou", "--role", "consumer", env=secret).returncode == Exit.OK
    made = gongshu("matters", "register", "预售许可", "营业执照复印件", "--as", "zhou", "--json")
    assert made.returncode == Exit.OK, made.stderr
    number = json.loads(made.stdout)["number"]
    assert json.loads(made.stdout)["materials"][0]["status"] == "clear"
    assert gongshu("matters", "ask", "营业执照", "--as", "zhou").returncode == Exit.OK
    struck = gongshu("matters", "strike", number, "1", "--reason", "不再需要", "--as", "zhou", "--json")
    assert json.loads(struck.stdout)["materials"][0]["status"] == "struck"
    asked = gongshu("matters", "ask", "营业执照复印件", "--matter", number, "--as", "zhou", "--json")
    assert (asked.returncode, json.loads(asked.stdout)["may_ask"]) == (Exit.NO, False)
    assert "预售许可" in gongshu("matters", "list", "--as", "zhou").stdout
