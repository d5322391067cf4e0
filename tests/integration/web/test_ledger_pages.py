"""Pages about one record: found by whatever number somebody has, told in words, its proof shown step by step."""

import json
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from factories import companies
from gongshu import crypto
from gongshu.ledger import entry, sequencing, spool, tiles
from gongshu.ledger.models import Record


@pytest.fixture
def read(city, transactional_db):
    """Housing looked a company up in the market bureau's register; the record of it."""
    code = city.published(companies()).code
    details = {"purpose": "housing-support", "items": ["name"], "count": 1, "version": 3, "result": "found"}
    _, leaf = entry.build(
        action="gateway.query", actor="app_1", organization="housing", resource=code,
        subject=crypto.commit("91110108MA01ABCDX3"), details=details,
    )  # fmt: skip
    writer = spool.Spool(settings.HOME.spool / "gateway-1")
    writer.append(leaf).result(30)
    writer.append(entry.build(action="gateway.refused", actor="unknown", organization="")[1]).result(30)
    writer.close()
    sequencing.run_once(settings.HOME)
    return Record.objects.filter(action="gateway.query").latest("index")


def test_whatever_number_somebody_has_leads_to_the_record(read, signed_in):
    shen = signed_in("shen")
    there = f"/console/ledger/{read.entry_id}/"
    for number in (read.entry_id, str(read.index), f" #{read.index} "):
        assert shen.get("/console/ledger/", {"find": number}).headers["Location"] == there
    assert shen.get(f"/console/ledger/{read.index}/").headers["Location"] == there, "a place is an address too"
    by_resource = shen.get("/console/ledger/", {"find": read.resource}).headers["Location"]
    assert by_resource == f"/console/ledger/?resource={read.resource}"
    for number in ("call_nothing", "99999999", "x/../y", "9" * 60, "²"):
        page = shen.get("/console/ledger/", {"find": number})
        assert page.status_code == 200
        assert "没有找到" in page.content.decode()
    for number in ("99999999", "9" * 60, "²"):
        assert shen.get(f"/console/ledger/{number}/").status_code == 404
    zhou = signed_in("zhou")
    catalog = Record.objects.filter(action="catalog.published").latest("index")
    assert "没有找到" in zhou.get("/console/ledger/", {"find": str(catalog.index)}).content.decode(), (
        "not theirs to see"
    )
    assert zhou.get(f"/console/ledger/{catalog.index}/").status_code == 404


@pytest.mark.article("yongjia-25")
def test_the_record_is_told_in_words_in_both_languages(read, signed_in):
    shen = signed_in("shen")
    page = shen.get(f"/console/ledger/{read.entry_id}/").content.decode()
    for words in ("查询了“", "得到 1 条记录", "北京时间", "企业名称", "查到", "记录本身完好", "检查点由账本签名"):
        assert words in page, words
    english = shen.get(f"/console/ledger/{read.entry_id}/?lang=en").content.decode()
    for words in ("looked up", "and got 1 record.", "Beijing time", "The record is whole", "The proof holds"):
        assert words in english, words


@contextmanager
def flipped(index):
    """The fingerprint of the entry at ``index`` is another in the log, for as long as the block lasts."""
    log = settings.HOME.ledger
    size = int((log / "checkpoint").read_text().split("\n")[1])
    path = log / tiles.path(0, index // 256, tiles.width(0, index // 256, size))
    before = path.read_bytes()
    whole = bytearray(before)
    whole[index % 256 * 32] ^= 1
    path.write_bytes(whole)
    yield
    path.write_bytes(before)


def test_a_flipped_tile_is_a_red_step_not_a_green_page(read, signed_in):
    shen = signed_in("shen")
    with flipped(read.index ^ 1):  # with which the path begins
        page = shen.get(f"/console/ledger/{read.entry_id}/").content.decode()
        receipt = Client().get(f"/proof/{read.entry_id}/").content.decode()
        refused = shen.get(f"/console/ledger/{read.entry_id}/evidence.json").status_code
    for words in ("核验未通过", "算出的树根与检查点上的不同", "gongshu ledger verify", "现在不能出具证据包"):
        assert words in page, words
    assert "核验通过" not in page
    assert "evidence.json" not in page
    assert "核验未通过" in receipt
    assert refused == 400


def test_the_public_finds_a_receipt_and_sees_the_proof_but_not_what_it_says(read):
    anybody = Client()
    assert anybody.get("/proof/", {"find": read.entry_id}).headers["Location"] == f"/proof/{read.entry_id}/"
    page = anybody.get(f"/proof/{read.entry_id}/").content.decode()
    assert "核验通过" in page
    for hidden in (read.resource, read.subject, "app_1", "housing-support", "企业名称"):
        assert hidden not in page, hidden
    for number in ("call_x", str(read.index), "'"):
        assert anybody.get("/proof/", {"find": number}).status_code == 200
        assert anybody.get(f"/proof/{number}/").status_code == 404, "no counting through the ledger"


def send(content, name="evidence.json"):
    return Client().post("/proof/check/", {"evidence": SimpleUploadedFile(name, content)})


def test_the_public_checks_evidence_that_it_holds(read, signed_in):
    text = signed_in("shen").get(f"/console/ledger/{read.entry_id}/evidence.json").content.decode()
    page = send(text.encode()).content.decode()
    for words in ("核验通过", "查询了“", read.entry_id):
        assert words in page, words
    fields = json.loads(text)
    altered = json.dumps({**fields, "entry": fields["entry"].replace('"count":1', '"count":0')})
    page = send(altered.encode()).content.decode()
    assert "核验未通过" in page
    assert "记录被改动过" in page
    moved = json.dumps({**fields, "proof": fields["proof"].replace(f"index {read.index}\n", "index 0\n")})
    page = send(moved.encode()).content.decode()
    assert "算出的树根与检查点上的不同" in page
    assert "查询了“" not in page, "what is not proved is not told as a fact"


def test_what_was_not_signed_here_reveals_no_names(read, signed_in):
    """A file that somebody made up is no way to ask what a code means."""
    text = signed_in("shen").get(f"/console/ledger/{read.entry_id}/evidence.json").content.decode()
    fields = json.loads(text)
    _, leaf = entry.build(action="gateway.query", actor="person:1", organization="housing", resource=read.resource)
    page = send(json.dumps({**fields, "entry": leaf.decode()}).encode()).content.decode()
    assert "核验未通过" in page
    main = page[page.index("<main") : page.index("</main>")]
    assert "住房" not in main
    assert "person:1" in main


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"{}", "不是完整的存证文件"), (b"\xff\xfe", "不是文本"), (b"x" * 600_000, "太大"), (b"[" * 9_000, "不是完整的")],
)
def test_what_is_no_evidence_is_a_sentence(read, content, said):
    answer = send(content)
    assert answer.status_code == 400
    assert said in answer.content.decode()


def test_no_file_at_all_is_a_sentence(read):
    answer = Client().post("/proof/check/", {})
    assert answer.status_code == 400
    assert "请选择证据包" in answer.content.decode()
    assert Client().get("/proof/check/").status_code == 405


def test_what_one_system_did_is_found(read, signed_in):
    shen = signed_in("shen")
    assert read.entry_id in shen.get("/console/ledger/?system=app_1").content.decode()
    assert "没有符合条件的记录" in shen.get("/console/ledger/?system=app_2").content.decode()
    taken = shen.post("/console/ledger/export/", {"system": "app_1", "format": "jsonl"})
    assert {json.loads(line)["system"] for line in b"".join(taken).decode().splitlines()} == {"app_1"}


def test_days_that_make_no_sense_are_said(read, signed_in):
    shen = signed_in("shen")
    assert "日期无法识别" in shen.get("/console/ledger/?since=yesterday").content.decode()
    page = shen.get("/console/ledger/?since=2026-12-02&until=2026-11-01").content.decode()
    assert "开始日期在结束日期之后" in page
    assert "清除筛选" in page


def test_witnesses_that_are_missing_are_shown_with_how_many_must_sign(read, signed_in, monkeypatch):
    from gongshu.ledger import cosigning, inspection

    real = inspection.of_log

    def two_of_three(*args):
        seen = real(*args)
        names = ("交通局", "卫健委", "大学")
        seen.witnesses = tuple(cosigning.Signed(n, f"{n}/w1", 1_800_000_000 if n != "大学" else 0) for n in names)
        seen.need = 3
        fault = inspection.Text("签名的见证节点还不够。", "Not enough witnesses have signed yet.")
        seen.steps = [*seen.steps[:3], inspection.Step(inspection.Name.WITNESSES, False, fault)]
        return seen

    monkeypatch.setattr(inspection, "of_log", two_of_three)
    page = signed_in("shen").get(f"/console/ledger/{read.entry_id}/").content.decode()
    for words in ("见证还不够（2/3，须 3）", "大学</b> 没有签这个检查点", "交通局</b> 于 2027-01-15", "核验通过"):
        assert words in page, words
    assert "没有被改过，并有" not in page
