"""Filing the register with the office above: sent, tried again, receipted; owed until the receipt is there (xian-17)."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

import sshd
from factories import City, companies
from gongshu import clock, rules, wiring
from gongshu.collection.intake import exchange
from gongshu.crypto import keys, signing
from gongshu.crypto import provider as crypto
from gongshu.duties import actions as duties
from gongshu.duties.models import Duty
from gongshu.errors import Conflict, EnvironmentFault, GongshuError, NotAllowed
from gongshu.grants import signed
from gongshu.home import Home, open_home
from gongshu.identity.actor import Actor
from gongshu.identity.models import Person
from gongshu.ledger import note
from gongshu.ledger.models import Outbox
from gongshu.notifications.models import Notice
from gongshu.supervision import asset_actions as actions
from gongshu.supervision import handover_actions as handovers
from gongshu.supervision import upward
from gongshu.supervision.asset_models import AssetFiling, Handover

pytestmark = [pytest.mark.django_db, pytest.mark.article("xian-17")]

WORKER = Actor.process("worker")
OFFICE = "陕西省政务数据管理机构"
SECRET = "a secret between the two offices"


class Province(ThreadingHTTPServer):
    """The office above. ``answers`` are (status, JSON) to come; afterwards what is posted gets its receipt."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.posted: list[tuple[dict[str, str], bytes]] = []
        self.asked: list[str] = []
        self.answers: list[tuple[int, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/filings"


class _Request(BaseHTTPRequestHandler):
    server: Province

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._check(body)
        self.server.posted.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self._answer(*(self.server.answers.pop(0) if self.server.answers else (201, receipt(json.loads(body)))))

    def do_GET(self) -> None:
        self._check(b"")
        self.server.asked.append(self.path)
        self._answer(*self.server.answers.pop(0))

    def _check(self, body: bytes) -> None:
        claim = signing.read({k.lower(): v for k, v in self.headers.items()})
        signing.verify(claim, secret=SECRET.encode(), method=self.command, path=self.path, body=body)

    def _answer(self, status: int, said: Any) -> None:
        content = json.dumps(said).encode() if said is not None else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def receipt(package: dict[str, Any], **changes: str) -> dict[str, str]:
    digest = crypto().digest_sm3(package["body"].encode()).hex()
    return {"status": "accepted", "receipt": f"陕备-{package['number'][-4:]}", "sm3": digest} | changes


@pytest.fixture
def province() -> Iterator[Province]:
    server = Province()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture(scope="session")
def ssh_server() -> Iterator[sshd.Server]:
    with sshd.sshd() as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    usual = rules.active().id
    rules.configure("xian")
    wiring.connect()
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path / "home"))
    found = open_home()
    found.root.mkdir()
    keys.ensure(found)
    (found.secrets / "upward").write_text(SECRET + "\n")
    yield found
    rules.configure(usual)


def declare(home: Home, url: str, **more: str) -> None:
    """What the operator writes into gongshu.toml."""
    said = {"office": OFFICE, "url": url, "client": "xian-city", "secret_file": "secrets/upward"} | more
    lines = [f'{name} = "{value}"' for name, value in said.items()]
    (home.root / "gongshu.toml").write_text("[upward]\n" + "\n".join(lines) + "\n")


@pytest.fixture
def city(home: Home) -> City:
    made = City()
    made.collected()
    actions.register_all(by=made.authority)
    return made


def later(**time: int) -> None:
    """The waiting handovers' time has come."""
    for one in Handover.objects.filter(next_try__isnull=False):
        one.next_try -= timedelta(**time)
        one.save()


def owed(kind: str) -> list[Duty]:
    return list(Duty.objects.filter(kind=kind, status__in=("open", "overdue")))


def leaves(act: str) -> list[dict[str, Any]]:
    found = [json.loads(bytes(row.leaf).split(b"\n")[0]) for row in Outbox.objects.order_by("pk")]
    return [leaf for leaf in found if leaf["action"] == f"supervision.{act}"]


def test_it_is_sent_to_the_office_that_the_operator_named_and_its_receipt_is_kept(
    home: Home, city: City, province: Province
) -> None:
    declare(home, province.url)
    filed = actions.file_upward(by=city.authority)
    assert (filed.to, filed.handover.status) == (OFFICE, "queued")
    assert handovers.work_due(by=WORKER) == 1
    ((headers, content),) = province.posted
    package = json.loads(content)
    assert headers["idempotency-key"] == filed.number == package["number"]
    assert headers["x-gongshu-client"] == "xian-city"
    assert package["body"] == filed.body
    assert package["sha256"] == hashlib.sha256(filed.body.encode()).hexdigest()
    told = note.verify(package["note"], signed.signer(home).verifiers)  # what the office above checks, too
    assert told.text == upward.statement(filed.number, 1, filed.digest, filed.body)
    way = Handover.objects.get()
    assert (way.status, way.receipt, way.problem_zh) == ("receipted", f"陕备-{filed.number[-4:]}", "")
    assert way.receipt_body["sm3"] == filed.digest
    (leaf,) = leaves("filing_receipted")
    assert leaf["details"]["receipt"] == way.receipt
    assert "第十七条" in str(leaf["cites"])
    assert Notice.objects.filter(recipient__username="lin", kind="supervision.asset_filing").exists()
    later(days=9)
    assert handovers.work_due(by=WORKER) == 0  # it is settled


def test_what_fails_is_tried_again_with_the_same_bytes(home: Home, city: City, province: Province) -> None:
    declare(home, province.url)
    province.answers = [(503, None), (429, None)]
    actions.file_upward(by=city.authority)
    assert handovers.work_due(by=WORKER) == 1
    way = Handover.objects.get()
    assert (way.status, "503" in way.problem_zh) == ("queued", True)
    assert handovers.work_due(by=WORKER) == 0  # not before its pause is over
    later(minutes=1)
    handovers.work_due(by=WORKER)
    later(minutes=1)
    assert Handover.objects.get().next_try > clock.now() - timedelta(seconds=1)  # the pause doubles
    later(minutes=1)
    handovers.work_due(by=WORKER)
    assert Handover.objects.get().status == "receipted"
    assert len({content for _, content in province.posted}) == 1
    assert len(province.posted) == 3


def test_a_worker_that_dies_while_it_sends_loses_its_lease(
    home: Home, city: City, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(home, province.url)
    actions.file_upward(by=city.authority)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr(upward, "send", killed)
        handovers.work_due(by=WORKER)
    assert handovers.work_due(by=WORKER) == 0  # the lease still runs
    later(minutes=4)
    assert handovers.work_due(by=WORKER) == 1
    assert Handover.objects.get().status == "receipted"


def test_a_receipt_that_comes_later_is_fetched(home: Home, city: City, province: Province) -> None:
    declare(home, province.url)
    province.answers = [(202, None), (404, None), (202, {"status": "pending"})]
    filed = actions.file_upward(by=city.authority)
    handovers.work_due(by=WORKER)
    assert Handover.objects.get().status == "delivered"
    assert leaves("filing_delivered")
    for _ in range(2):
        later(hours=1, minutes=1)
        assert handovers.work_due(by=WORKER) == 1
        assert Handover.objects.get().status == "delivered"
    other = {"status": "accepted", "receipt": "1", "sm3": "0" * 64}
    province.answers = [(200, other), (200, receipt(json.loads(province.posted[0][1])))]
    later(hours=1, minutes=1)
    handovers.work_due(by=WORKER)
    way = Handover.objects.get()
    assert (way.status, "摘要" in way.problem_zh) == ("delivered", True)  # a receipt for something else is none
    later(hours=1, minutes=1)
    handovers.work_due(by=WORKER)
    assert Handover.objects.get().status == "receipted"
    assert set(province.asked) == {f"/filings/{filed.number}"}
    assert len(province.posted) == 1


@pytest.mark.parametrize("way", ["answer", "status"])
def test_a_refusal_waits_for_a_person_who_sends_again(home: Home, city: City, province: Province, way: str) -> None:
    declare(home, province.url)
    filed = actions.file_upward(by=city.authority)
    no = {"status": "refused", "sm3": filed.digest, "reason": "持有单位代码须为统一社会信用代码"}
    province.answers = [(422, None) if way == "status" else (200, no)]
    handovers.work_due(by=WORKER)
    found = Handover.objects.get()
    assert found.status == "refused"
    assert ("HTTP 422" if way == "status" else "统一社会信用代码") in found.problem_zh
    later(days=3)
    assert handovers.work_due(by=WORKER) == 0
    with pytest.raises(NotAllowed):
        handovers.send_again(by=city.center, number=filed.number)
    handovers.send_again(by=city.authority, number=filed.number)
    handovers.work_due(by=WORKER)
    assert Handover.objects.get().status == "receipted"


def test_nothing_is_sent_where_no_place_is_named(home: Home, city: City, province: Province) -> None:
    filed = actions.file_upward(by=city.authority, to="省级政务数据管理机构")
    assert filed.handover.status == "by_hand"
    assert handovers.work_due(by=WORKER) == 0
    with pytest.raises(GongshuError) as nowhere:
        handovers.send_again(by=city.authority, number=filed.number)
    assert nowhere.value.code == "upward.nowhere"
    declare(home, province.url)  # another office than the one it was filed with
    with pytest.raises(GongshuError):
        handovers.send_again(by=city.authority, number=filed.number)
    assert handovers.work_due(by=WORKER) == 0
    assert province.posted == []


def test_without_its_secret_it_waits_and_says_why(home: Home, city: City, province: Province) -> None:
    declare(home, province.url, secret_file="secrets/none")
    actions.file_upward(by=city.authority)
    handovers.work_due(by=WORKER)
    way = Handover.objects.get()
    assert (way.status, "secret_file" in way.problem_zh) == ("queued", True)
    assert province.posted == []


@pytest.mark.parametrize("kind", ["folder", pytest.param("sftp", marks=pytest.mark.heavy)])
def test_an_exchange_folder_takes_it_with_manifest_and_receipt(
    home: Home, city: City, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "folder":
        folder = tmp_path / "node"
        folder.mkdir()
        declare(home, f"file://{folder}")
    else:
        server = request.getfixturevalue("ssh_server")
        folder = server.folder / tmp_path.name
        folder.mkdir()
        (home.secrets / "upward").write_text(server.private_key)
        declare(home, f"sftp://{server.user}@127.0.0.1:{server.port}{folder}", host_key=server.host_key)
    filed = actions.file_upward(by=city.authority)
    handovers.work_due(by=WORKER)
    assert Handover.objects.get().status == "delivered", Handover.objects.get().problem_en
    content = (folder / f"{filed.number}.json").read_bytes()
    manifest = json.loads((folder / f"{filed.number}.json{exchange.MANIFEST}").read_bytes())
    assert manifest["size"] == len(content)
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
    assert json.loads(content)["body"] == filed.body
    later(hours=1, minutes=1)
    handovers.work_due(by=WORKER)
    assert Handover.objects.get().status == "delivered"
    (folder / f"{filed.number}.json{exchange.RECEIPT}").write_text(json.dumps(receipt(json.loads(content))))
    assert handovers.work_due(by=WORKER) == 0  # its time has not come yet,
    handovers.send_again(by=city.authority, number=filed.number)  # but nobody has to wait for that
    handovers.work_due(by=WORKER)
    assert Handover.objects.get().receipt == f"陕备-{filed.number[-4:]}"
    with pytest.raises(Conflict):
        handovers.send_again(by=city.authority, number=filed.number)


def test_registration_and_filing_are_owed_until_they_are_done(home: Home) -> None:
    city = City()
    city.collected()
    duties.run_clock(by=WORKER)
    duties.run_clock(by=WORKER)
    (first,) = owed(handovers.REGISTER_DUTY)
    assert (first.organization.code, first.role) == ("authority", "data_authority")
    assert "第十七条" in str(first.citations) or "17" in str(first.citations)
    assert owed(handovers.FILE_DUTY) == []  # nothing is registered yet
    actions.register_all(by=city.authority)
    assert owed(handovers.REGISTER_DUTY) == []
    (second,) = owed(handovers.FILE_DUTY)
    filed = actions.file_upward(by=city.authority, to=OFFICE)
    assert owed(handovers.FILE_DUTY) == [second]  # filed is not receipted
    with pytest.raises(NotAllowed):
        handovers.note_receipt(by=city.compiler, number=filed.number, receipt="陕备-1")
    with pytest.raises(GongshuError):
        handovers.note_receipt(by=city.authority, number=filed.number, receipt=" ")
    handovers.note_receipt(by=city.authority, number=filed.number, receipt="陕备-1")
    assert owed(handovers.FILE_DUTY) == []
    duties.run_clock(by=WORKER)
    assert owed(handovers.FILE_DUTY) == []
    with pytest.raises(Conflict):
        handovers.note_receipt(by=city.authority, number=filed.number, receipt="陕备-2")
    city.collected(companies(title="企业年报"))
    actions.register_all(by=city.authority)
    assert len(owed(handovers.FILE_DUTY)) == 1  # the new asset is in no receipted filing
    with pytest.raises(Conflict):
        AssetFiling.objects.get().save()


def test_a_city_without_the_article_has_neither_step_nor_duty(home: Home) -> None:
    rules.configure("zaozhuang")  # knows the register, not the filing
    city = City()
    city.collected()
    actions.register_all(by=city.authority)
    duties.run_clock(by=WORKER)
    assert owed(handovers.FILE_DUTY) == []
    with pytest.raises(Conflict) as silent:
        actions.file_upward(by=city.authority, to=OFFICE)
    assert silent.value.code == "asset.no_filing_rule"


def test_the_page_shows_how_each_filing_stands_and_takes_the_receipt(home: Home, city: City) -> None:
    browser = Client()
    browser.force_login(Person.objects.get(username="lin"), backend="django.contrib.auth.backends.ModelBackend")
    assert "未设报送地址" in browser.get("/console/assets/").content.decode()
    browser.post("/console/assets/act/", {"act": "file", "to": OFFICE})
    number = AssetFiling.objects.get().number
    assert "待人工报送" in browser.get("/console/assets/").content.decode()
    assert browser.post("/console/assets/act/", {"act": "receipt", "number": number}).status_code == 400
    browser.post("/console/assets/act/", {"act": "receipt", "number": number, "receipt": "陕备-9"})
    shown = browser.get("/console/assets/?lang=en").content.decode()
    assert "陕备-9" in shown
    assert "A receipt covers every registered asset." in shown


@pytest.mark.parametrize(
    "table", ['url = "ftp://x/"\noffice = "x"', 'url = "https://x/"', 'algorithm = "HMAC-MD5"\noffice = "x"']
)
def test_settings_that_are_wrong_are_said(home: Home, table: str) -> None:
    (home.root / "gongshu.toml").write_text(f"[upward]\n{table}\n")
    with pytest.raises(EnvironmentFault) as wrong:
        open_home()
    assert "upward" in wrong.value.text.en
