"""One source per datum, as the pages show it: the list, a pair with its arithmetic, the datum, the refusal."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import companies
from gongshu import rules, wiring
from gongshu.catalog import actions as catalog
from gongshu.catalog import source_actions
from gongshu.catalog.draft import ItemData
from gongshu.catalog.source_models import Datum, DatumUse, SourceProposal
from gongshu.identity.states import Role


@pytest.fixture
def pair(city):
    """The register's company name, and the housing bureau's list of builders that has it too."""
    wiring.connect()
    usual = rules.active().id
    rules.configure("xian")
    city.xu, city.gao = (city.person(name, "housing", Role.PROVIDER) for name in ("xu", "gao"))
    city.register = city.collected()
    city.builders = publish(city, "建筑业企业名录")
    source_actions.look(by=city.authority)
    yield SourceProposal.objects.get(item="name")
    rules.configure(usual)


def publish(city, title):
    items = (ItemData("credit", "许可证号", required=True, is_key=True), ItemData("company", "公司名称"))
    entry = catalog.create_entry(by=city.xu, data=companies(title=title, provider="housing", items=items))
    catalog.submit_entry(by=city.xu, code=entry.code)
    catalog.record_secrecy_review(by=city.gao, code=entry.code)
    return catalog.publish_entry(by=city.gao, code=entry.code)


def test_the_list_is_filtered_and_leads_to_the_arithmetic(city, pair, signed_in):
    lin = signed_in("lin")
    page = lin.get("/console/sources/").content.decode()
    assert "建筑业企业名录" in page
    assert "第十六条" in page
    for query, there in (
        ("?q=公司", True), ("?q=站点", False), ("?least=90", True), ("?status=same", False), ("?scope=within", False),
        ("?provider=housing", True), ("?provider=center", False), ("?least=²", True),
    ):  # fmt: skip
        assert (
            f"/console/sources/proposals/{pair.pk}/" in lin.get(f"/console/sources/{query}").content.decode()
        ) is there
    shown = lin.get(f"/console/sources/proposals/{pair.pk}/").content.decode()
    assert "60 ÷ 65 = 92%" in shown
    assert "名称为同义词" in shown


def test_naming_exempting_and_undoing_from_the_pages(city, pair, signed_in):
    lin, xu = signed_in("lin"), signed_in("xu")
    nothing = lin.post("/console/sources/decide/", {"step": "first"})
    assert nothing.status_code == 400
    assert "请先勾选" in nothing.content.decode()
    bare = lin.post("/console/sources/decide/", {"step": "differ", "pair": pair.pk, "from": "page"})
    assert bare.status_code == 400
    assert "请说明理由" in bare.content.decode()
    assert lin.post("/console/sources/decide/", {"step": "first", "pair": pair.pk}).status_code == 302
    datum, use = Datum.objects.get(), DatumUse.objects.get()
    where = f"/console/sources/data/{datum.number}/"
    assert "建筑业企业名录" in xu.get(where).content.decode()
    assert datum.number in xu.get("/console/sources/data/?q=企业").content.decode()
    assert "豁免" not in xu.get(where).content.decode()

    refused = xu.post(f"/console/catalog/{city.builders.code}/collect/", {"file": _file()})
    assert refused.status_code == 409
    assert "不得重复采集" in refused.content.decode()
    assert city.register.code in refused.content.decode()
    assert lin.post(f"{where}step/", {"step": "exempt", "use": use.pk, "reason": ""}).status_code == 400
    assert lin.post(f"{where}step/", {"step": "exempt", "use": use.pk, "reason": "须现场核对"}).status_code == 302
    assert "已豁免" in lin.get(where).content.decode()
    assert lin.post(f"{where}step/", {"step": "dissolve", "reason": "有误"}).status_code == 302
    assert "已于" in lin.get(where).content.decode()


def _file():
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("a.csv", "许可证号,公司名称\n1,甲\n".encode())


def test_who_does_not_decide_sees_no_buttons_and_cannot(city, pair, signed_in):
    xu = signed_in("xu")
    page = xu.get("/console/sources/").content.decode()
    assert f"/console/sources/proposals/{pair.pk}/" in page
    assert 'name="pair"' not in page
    assert "比对目录</button>" not in page
    assert 'id="decide"' not in xu.get(f"/console/sources/proposals/{pair.pk}/").content.decode()
    assert xu.post("/console/sources/look/").status_code == 403
    assert xu.post("/console/sources/decide/", {"step": "first", "pair": pair.pk}).status_code == 403
    assert signed_in("lin").post("/console/sources/look/").status_code == 302
    assert signed_in("qian").post("/console/sources/decide/", {"step": "first", "pair": pair.pk}).status_code == 403


def test_the_pages_cost_the_same_however_many_there_are(city, pair, signed_in):
    lin = signed_in("lin")

    def cost(address):
        lin.get(address)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert lin.get(address).status_code == 200
        return len(asked)

    few = cost("/console/sources/")
    source_actions.name_source(by=city.authority, proposal=pair.pk)
    datum = Datum.objects.get()
    pages = ("/console/sources/data/", f"/console/sources/data/{datum.number}/")
    before = [cost(page) for page in pages]
    for n in range(4):
        publish(city, f"名录{n}")
    source_actions.look(by=city.authority)
    assert SourceProposal.objects.filter(status="open", across=True).count() == 4
    assert cost("/console/sources/") == few
    for one in SourceProposal.objects.filter(status="open", entry=city.register):
        source_actions.name_source(by=city.authority, proposal=one.pk)
    assert Datum.objects.get().uses.count() == 5
    assert [cost(page) for page in pages] == before
