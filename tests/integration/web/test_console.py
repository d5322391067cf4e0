"""The staff pages: the story told through forms, as far as it goes without a gateway."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import companies, purpose, request, stops
from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.collection import actions as collection
from gongshu.grants import queries as grants
from gongshu.ledger import sequencing
from gongshu.opening import queries as opening
from gongshu.sharing import actions as sharing_do
from gongshu.sharing import queries as sharing


def formset(*items):
    data = {"items-TOTAL_FORMS": str(len(items)), "items-INITIAL_FORMS": "0"}
    for n, item in enumerate(items):
        filled = {"data_type": "C", "mask": "none", "check": "", **item}
        data |= {f"items-{n}-{name}": value for name, value in filled.items()}
    return data


ENTRY = {
    "title": "食品经营许可",
    "abstract": "全市食品经营许可的基本信息。",
    "theme": "市场监管",
    "update_cycle": "DAILY",
    "share_type": "UNCONDITIONAL",
    "open_type": "UNCONDITIONAL",
    "format_type": "csv",
}
ITEMS = formset(
    {"title": "许可证号", "name": "licence", "is_key": "on", "required": "on"}, {"title": "名称", "name": "name"}, {}
)


CRITERIA = ["accuracy", "completeness", "compliance"]


@pytest.fixture
def xian():
    before = rules.active().id
    yield rules.configure("xian")
    rules.configure(before)


def test_an_entry_is_compiled_submitted_and_published_by_two_people(city, signed_in, xian):
    wang, li = signed_in("wang"), signed_in("li")
    saved = wang.post("/console/catalog/new/", ENTRY | ITEMS | {"then": "submit"})
    assert saved.status_code == 302
    address = saved.headers["Location"]
    code = address.split("/")[3]
    assert [i.name for i in catalog.items(code)] == ["licence", "name"], "the empty row is ignored"

    own = wang.get(address).content.decode()
    assert "通过并发布" not in own, "who compiled it is not offered to review it"
    assert wang.post(f"{address}step/", {"step": "publish"}).status_code == 403

    assert "通过并发布" in li.get(address).content.decode()
    assert f"/console/catalog/{code}/" in li.get("/console/").content.decode()
    back = li.post(f"{address}step/", {"step": "return", "remark": ""})
    assert back.status_code == 400
    assert "请写明需要修改之处" in back.content.decode()
    li.post(f"{address}step/", {"step": "return", "remark": "请补充来源系统"})
    assert "请补充来源系统" in wang.get(address).content.decode()

    changed = wang.post(f"{address}edit/", ENTRY | ITEMS | {"source_system": "许可系统", "then": "submit"})
    assert changed.status_code == 302
    unreviewed = li.post(f"{address}step/", {"step": "publish", "criteria": CRITERIA})
    assert "保密审查" in unreviewed.content.decode()
    assert li.post(f"{address}step/", {"step": "secrecy_passed"}).status_code == 302
    open_criteria = li.post(f"{address}step/", {"step": "publish", "criteria": CRITERIA[:2]})
    assert "请逐项确认审核标准" in open_criteria.content.decode()
    published = li.post(f"{address}step/", {"step": "publish", "criteria": CRITERIA}, follow=True)
    assert "目录已发布" in published.content.decode()
    assert catalog.entry(city.consumer, code).source_system == "许可系统"


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(city, signed_in):
    wang = signed_in("wang")
    bad = wang.post(
        "/console/catalog/new/",
        ENTRY | formset({"title": "许可证号", "name": "1st"}) | {"abstract": "写了很久的摘要", "then": "save"},
    )
    page = bad.content.decode()
    assert bad.status_code == 400
    assert "写了很久的摘要" in page
    assert 'role="alert"' in page
    assert 'value="1st"' in page
    missing = wang.post("/console/catalog/new/", {**ENTRY, "title": ""} | ITEMS)
    assert missing.status_code == 400
    assert catalog.visible(city.compiler).count() == 0


def test_an_entry_may_have_hundreds_of_items(city, signed_in):
    many = formset(*({"title": f"项{n}", "name": f"item{n}"} for n in range(400)))
    assert signed_in("wang").post("/console/catalog/new/", ENTRY | many).status_code == 302
    assert len(catalog.items(catalog.visible(city.compiler).get().code)) == 400


def test_a_submission_that_fails_keeps_the_draft_and_says_so(city, signed_in):
    response = signed_in("wang").post("/console/catalog/new/", {**ENTRY, "abstract": ""} | ITEMS | {"then": "submit"})
    assert response.status_code == 400
    assert "请填写信息资源摘要" in response.content.decode()
    assert "/edit/" in response.content.decode(), "the form now changes the draft that was saved"
    assert catalog.visible(city.compiler).count() == 1


def csv_file(name, text, encoding="gb18030"):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, text.encode(encoding), content_type="text/csv")


def test_a_file_is_handed_over_watched_and_its_bad_rows_taken_away(city, signed_in):
    wang = signed_in("wang")
    entry = city.published(stops())
    sent = wang.post(
        f"/console/catalog/{entry.code}/collect/",
        {"file": csv_file("站点.csv", "站点编码,站点名称\nA1,东站\nA2,=1+1\n,无编码\nA1,重复\n")},
        headers={"HX-Request": "true"},
    )
    assert sent.status_code == 204
    address = sent.headers["HX-Redirect"]
    waiting = wang.get(address).content.decode()
    assert 'hx-trigger="every' in waiting
    assert "排队中" in wang.get(f"{address}progress/").content.decode()
    collection.work_one()
    assert wang.get(f"{address}progress/").headers["HX-Refresh"] == "true"
    page = wang.get(address).content.decode()
    assert "已入库" in page
    assert 'hx-trigger="every' not in page
    rejects = wang.get(f"{address}rejects.csv")
    text = b"".join(rejects).decode("utf-8")
    assert text.startswith("\ufeff行号,")
    assert "无编码" in text
    assert rejects.headers["Content-Disposition"].startswith("attachment")
    assert signed_in("lin").get(address).status_code == 200
    assert "无编码" not in signed_in("lin").get(address).content.decode(), "rejected text is the provider's own"
    assert signed_in("lin").get(f"{address}rejects.csv").status_code == 403
    assert signed_in("zhou").get(address).status_code == 404


def test_a_missing_or_empty_file_is_one_sentence(city, signed_in):
    wang, entry = signed_in("wang"), city.published(stops())
    none = wang.post(f"/console/catalog/{entry.code}/collect/", {})
    assert none.status_code == 400
    assert "请选择要提交的文件" in none.content.decode()
    empty = wang.post(f"/console/catalog/{entry.code}/collect/", {"file": csv_file("空.csv", "")})
    assert empty.status_code == 400
    assert 'role="alert"' in empty.content.decode()


def test_a_spreadsheet_does_not_run_what_a_row_says():
    from gongshu.web.csv_answer import inert

    assert inert("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert inert("@x").startswith("'")
    assert inert("正常") == "正常"


@pytest.fixture
def filed(city, signed_in):
    """An application for the company register, filed through the form."""
    entry = city.collected()
    browser = signed_in("zhou")
    asked = request()
    form = {
        "items": list(asked.items),
        "purpose": purpose(),
        "mode": "query",
        "valid_until": asked.valid_until.isoformat(),
        "basis": asked.basis,
        "scenario": asked.scenario,
        "business_process": asked.business_process,
        "scope": asked.scope,
    }
    shown = browser.get(f"/console/catalog/{entry.code}/apply/").content.decode()
    sent = browser.post(f"/console/catalog/{entry.code}/apply/", form)
    assert sent.status_code == 302, sent.content.decode()
    return entry, sent.headers["Location"], form, shown


def test_before_filing_one_sees_who_decides_by_when_and_why(filed, city):
    entry, _, _, shown = filed
    way = sharing.route(share_type=entry.share_type, mode="query", provider=entry.provider.code)
    for step in way.steps:
        assert step.organization_name in shown
        if step.due_on:
            assert step.due_on.isoformat() in shown
        for citation in step.citations:
            assert citation.label("zh") in shown


def test_an_incomplete_application_is_refused_with_the_form_kept(city, signed_in):
    entry = city.collected()
    browser = signed_in("zhou")
    response = browser.post(
        f"/console/catalog/{entry.code}/apply/",
        {"purpose": purpose(), "mode": "query", "valid_until": "2099-01-01", "scope": "某处"},
    )
    page = response.content.decode()
    assert response.status_code == 400
    assert "请至少选择一个数据项" in page
    assert "某处" in page
    unreadable = browser.post(f"/console/catalog/{entry.code}/apply/", {"items": ["name"], "valid_until": "明天"})
    assert "格式如" in unreadable.content.decode()


def decider(city, number):
    application = sharing.application(city.authority, number)
    return next(a for a in city.deciders() if sharing.step_for(a, application))


def test_the_decider_finds_it_in_the_workbench_with_its_days_left(filed, city, signed_in):
    _, address, _, _ = filed
    number = address.split("/")[3]
    actor = decider(city, number)
    bench = signed_in(actor.username).get("/console/").content.decode()
    assert number in bench
    assert address in bench
    step = sharing.open_steps(sharing.application(actor, number)).first()
    if step.due_on:
        assert "个工作日" in bench


@pytest.mark.article("xian-20", "luzhou-17", "yongjia-20")
def test_a_refusal_without_the_grounds_of_the_pack_is_impossible(filed, city, signed_in):
    _, address, _, _ = filed
    number = address.split("/")[3]
    browser = signed_in(decider(city, number).username)
    page = browser.get(address).content.decode()
    demand = rules.active().refusal(clock.today())
    assert ('name="basis_kind"' in page) == demand.legal_basis, "the form asks for exactly what the pack demands"
    refused = browser.post(f"{address}decide/", {"outcome": "refuse", "reason": "", "basis": ""})
    assert refused.status_code == 400
    assert 'role="alert"' in refused.content.decode()
    assert sharing.application(city.authority, number).status == "pending"
    kind = str(demand.accepted[0]) if demand.accepted else "law"
    done = browser.post(
        f"{address}decide/",
        {"outcome": "refuse", "reason": "不属履职必要", "basis_kind": kind, "basis": "《数据安全法》第三十八条"},
    )
    assert done.status_code == 302
    after = sharing.application(city.authority, number)
    assert after.status == "refused"
    assert "不属履职必要" in signed_in("zhou").get(address).content.decode()


def test_sending_back_completing_and_agreeing_makes_the_grant(filed, city, signed_in):
    _, address, form, _ = filed
    number = address.split("/")[3]
    browser, zhou = signed_in(decider(city, number).username), signed_in("zhou")
    browser.post(f"{address}decide/", {"outcome": "return", "reason": "请写明使用处室"})
    assert "请写明使用处室" in zhou.get(address).content.decode()
    assert number in zhou.get("/console/").content.decode(), "what was sent back is in the applicant's to-do list"
    again = zhou.post(f"{address}complete/", form | {"scope": "预售管理处"})
    assert again.status_code == 302
    for _ in range(6):
        if sharing.application(city.authority, number).status != "pending":
            break
        signed_in(decider(city, number).username).post(f"{address}decide/", {"outcome": "agree"})
    application = sharing.application(city.authority, number)
    assert application.status == "approved"
    grant = zhou.get(f"/console/grants/{application.grant_id}/").content.decode()
    assert "法定代表人" in grant
    assert "姓名脱敏" in grant
    assert application.grant_id in zhou.get("/console/grants/").content.decode()

    unexplained = browser.post(f"/console/grants/{application.grant_id}/revoke/", {"reason": " "})
    assert unexplained.status_code in {400, 403}
    provider = signed_in("li")
    assert provider.post(f"/console/grants/{application.grant_id}/revoke/", {"reason": "用途已结束"}).status_code == 302
    assert grants.grant(city.authority, application.grant_id).status == "revoked"
    assert "已撤销" in zhou.get(f"/console/grants/{application.grant_id}/").content.decode()


def test_the_applicant_takes_the_application_back(filed, city, signed_in):
    _, address, _, _ = filed
    assert signed_in("li").post(f"{address}withdraw/").status_code == 403
    assert signed_in("zhou").post(f"{address}withdraw/").status_code == 302
    assert sharing.application(city.authority, address.split("/")[3]).status == "withdrawn"


def test_a_release_is_proposed_reviewed_by_another_person_and_public(city, signed_in):
    entry = city.collected(stops())
    wang = signed_in("wang")
    assert "提出开放" in wang.get(f"/console/catalog/{entry.code}/").content.decode()
    sent = wang.post(f"/console/catalog/{entry.code}/propose/", {"items": ["code", "name"], "mask-name": "none"})
    address = sent.headers["Location"]
    number = address.split("/")[3]
    assert 'id="decide"' not in wang.get(address).content.decode(), "the proposer does not review"
    while (step := opening.open_step(opening.release(city.authority, number))) is not None:
        actor = next(a for a in city.deciders() if opening.can_decide(a, opening.release(city.authority, number)))
        browser = signed_in(actor.username)
        assert step.kind_zh in browser.get(address).content.decode()
        if step.position == 1:
            unexplained = browser.post(f"{address}decide/", {"passed": "no", "remark": ""})
            assert unexplained.status_code == 400
        assert browser.post(f"{address}decide/", {"passed": "yes"}).status_code == 302
    assert opening.release(city.authority, number).status == "public"
    assert grants.public_grant(entry.code) is not None
    stop = signed_in("lin").post(f"{address}withdraw/", {"reason": "数据有误"})
    assert stop.status_code == 302
    assert grants.public_grant(entry.code) is None


def test_a_secret_is_shown_once(city, signed_in):
    zhou = signed_in("zhou")
    made = zhou.post("/console/clients/new/", {"name": "一网通办", "algorithm": "HMAC-SM3"})
    page = made.content.decode()
    secret = page.split('id="secret">')[1].split("<")[0]
    assert len(secret) > 30
    assert "no-store" in made.headers["Cache-Control"]
    listed = zhou.get("/console/clients/").content.decode()
    assert "一网通办" in listed
    assert secret not in listed
    client_id = page.split('id="client-id">')[1].split("<")[0]
    renewed = zhou.post(f"/console/clients/{client_id}/", {"do": "rotate"}).content.decode()
    assert renewed.split('id="secret">')[1].split("<")[0] != secret
    unknown = zhou.post(f"/console/clients/{client_id}/", {"do": "greet"})
    assert unknown.status_code == 400, "an unknown step does not stop the client"
    assert "没有这项办理" in unknown.content.decode()
    assert "已停用" not in zhou.get("/console/clients/").content.decode()
    assert zhou.post(f"/console/clients/{client_id}/", {"do": "stop"}).status_code == 302
    assert "已停用" in zhou.get("/console/clients/").content.decode()
    assert signed_in("li").post(f"/console/clients/{client_id}/", {"do": "rotate"}).status_code == 404


def test_the_ledger_page_proves_an_entry_and_hands_out_the_evidence(city, signed_in, transactional_db):
    city.published()
    sequencing.run_once()
    li, lin = signed_in("li"), signed_in("lin")
    page = lin.get("/console/ledger/?action=catalog.").content.decode()
    assert "catalog.published" in page
    entry_id = page.split("/console/ledger/")[-1].split("/")[0]
    for part in page.split('href="/console/ledger/')[1:]:
        if part.startswith("entry_"):
            entry_id = part.split("/")[0]
            break
    record = lin.get(f"/console/ledger/{entry_id}/").content.decode()
    assert "核验通过" in record
    evidence = lin.get(f"/console/ledger/{entry_id}/evidence.json")
    from gongshu.ledger import bundle

    assert bundle.check(evidence.content.decode()).entry.id == entry_id
    assert li.get("/console/ledger/").status_code == 200
    assert signed_in("zhou").get(f"/console/ledger/{entry_id}/").status_code == 404


def test_notices_are_read_one_by_one_or_all_at_once(city, signed_in):
    entry = city.draft()
    from gongshu.catalog import actions

    actions.submit_entry(by=city.compiler, code=entry.code)
    li = signed_in("li")
    page = li.get("/console/").content.decode()
    notice = page.split('name="notice" value="')[1].split('"')[0]
    to = li.post("/console/notices/read/", {"notice": notice, "open": "yes"})
    assert to.headers["Location"] == f"/console/catalog/{entry.code}/"
    away = li.post("/console/notices/read/", {"next": "https://evil.example/"})
    assert away.headers["Location"] == "/console/notices/"


PINNED = {
    "/console/": 12,
    "/console/catalog/": 18,  # without an index: the facets are counted in the database
    "/console/applications/": 7,
    "/console/grants/?side=all": 9,
    "/console/releases/": 7,
    "/console/runs/": 7,
    "/console/clients/": 8,
    "/console/ledger/": 10,
}


def test_lists_ask_the_database_a_fixed_number_of_times(city, signed_in, subtests):
    lin = signed_in("lin")

    def grow(n):
        entry = city.collected(companies(title=f"登记{n}"))
        sharing_do.apply(by=city.consumer, code=entry.code, request=request())
        open_one = city.collected(stops(title=f"站点{n}"))
        from gongshu.identity import actions as identity
        from gongshu.opening import actions

        actions.propose(by=city.compiler, code=open_one.code)
        collection.submit_file(by=city.compiler, resource=entry.code, filename="a.csv", content=b"a\n1\n")
        identity.create_client(by=city.authority, organization="housing", name=f"系统{n}")
        from factories import SEED
        from gongshu.grants import actions as grants_do

        grants_do.create(
            by=SEED, organization="housing", provider="market", resource=entry.code, items=["name"], purpose="x",
            modes=["query"], valid_from=clock.now(), valid_until=clock.now() + timedelta(days=2),
        )  # fmt: skip

    def queries(path):
        lin.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert lin.get(path).status_code == 200
        return len(seen)

    for n in range(2):
        grow(n)
    few = {path: queries(path) for path in PINNED}
    for n in range(2, 7):
        grow(n)
    for path, pinned in PINNED.items():
        with subtests.test(path=path):
            assert queries(path) == few[path] == pinned
