"""The commands of the clock, of disputes, of requests and of notices, as one types them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from factories import SEED, City, request
from gongshu import rules
from gongshu.cli import main, session
from gongshu.identity import actions as identity
from gongshu.sharing import actions as sharing
from gongshu.sharing.policy import Decision
from gongshu.sharing.states import Outcome

pytestmark = pytest.mark.django_db
Run = Callable[..., Any]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Run a command on the test database; its JSON, or the code of its error."""
    monkeypatch.setattr(session, "connect", lambda: None)
    usual = rules.active().id

    def call(*words: object) -> Any:
        code = main.run([str(word) for word in words] + ([] if words[1] in {"prefer", "disconnect"} else ["--json"]))
        said = capsys.readouterr()
        if code:
            return json.loads(said.err)["error"]["code"]
        return json.loads(said.out) if said.out.startswith(("{", "[")) else said.out

    yield call
    rules.configure(usual)


def test_a_duty_is_listed_stopped_resumed_and_its_history_shown(run: Run) -> None:
    rules.configure("xian")
    city = City()
    sharing.apply(by=city.consumer, code=city.collected().code, request=request())
    (listed,) = run("clock", "list", "--as", "lin")
    assert (listed["organization"], listed["days"], listed["status"]) == ("market", 10, "open")
    assert run("clock", "list", "--mine", "--as", "lin") == []
    number = listed["duty"]
    stopped = run("clock", "stop", number, "--cause", "third_party", "--reason", "征求意见", "--as", "li")
    assert (stopped["status"], stopped["due_on"]) == ("stopped", None)
    assert run("clock", "resume", number, "--as", "li")["status"] == "open"
    assert [e["event"] for e in run("clock", "show", number, "--as", "zhou")["history"]] == [
        "opened",
        "stopped",
        "resumed",
    ]
    assert run("clock", "extend", number, "--days", 3, "--reason", "忙", "--as", "li") == "duties.no_extension"
    assert run("clock", "stop", number, "--cause", "tired", "--reason", "x", "--as", "li") == "cli.usage"
    emergency = ("clock", "emergency", number, "--kind", "flood", "--reason", "防汛", "--as", "lin")
    assert run(*emergency) == "duties.emergency_kind"
    assert run("clock", "shorten", number, "--days", 1, "--reason", "急", "--as", "lin") == "duties.no_urgent_limit"


@pytest.mark.article("yongjia-20")
def test_a_refusal_is_disputed_and_settled(run: Run) -> None:
    rules.configure("yongjia")
    city = City()
    application = sharing.apply(by=city.consumer, code=city.collected().code, request=request())
    no = Decision(Outcome.REFUSE, reason="涉密", basis="《保守国家秘密法》第九条", basis_kind="law")
    sharing.decide(by=city.reviewer, number=application.number, decision=no)
    raised = run("share", "dispute", application.number, "--need", "预售许可核查", "--as", "zhou")
    assert raised["status"] == "mediation"
    assert run("share", "settle", raised["number"], "maybe", "--as", "chen") == "cli.usage"
    failed = run("share", "settle", raised["number"], "failed", "--remark", "未达成一致", "--as", "chen")
    assert failed["status"] == "decision"
    assert run("share", "settle", raised["number"], "agreed", "--as", "qian")["grant"]
    (listed,) = run("share", "disputes", "--as", "zhou")
    assert listed["status"] == "agreed"


@pytest.mark.article("yongjia-32")
def test_a_request_of_the_public_is_refused_and_reviewed(run: Run) -> None:
    rules.configure("yongjia")
    city = City()
    identity.register_person(
        by=SEED, username="sun", display_name="孙", password="correct horse", organization="platform", roles=[]
    )
    code = city.collected().code
    asked = run(
        "open", "request", code, "--kind", "natural_person", "--name", "孙", "--purpose", "研究", "--scope", "论文",
        "--as", "sun",
    )  # fmt: skip
    number = asked["number"]
    run("open", "answer", number, "--fail", "--remark", "涉及商业秘密", "--as", "li")
    assert run("open", "object", number, "--reason", "可脱敏", "--as", "sun")["steps"][-1]["days"] == 3
    assert run("open", "answer", number, "--pass", "--as", "chen")["status"] == "approved"
    assert run("open", "provide", number, "--as", "li")["status"] == "provided"
    assert [one["number"] for one in run("open", "requests", "--as", "sun")] == [number]


def test_notices_preferences_and_webhooks(run: Run) -> None:
    rules.configure("xian")
    city = City()
    entry = city.collected()
    run("notices", "prefer", "daily", "--email", "li@jianglin.example", "--as", "li")
    webhook = run("notices", "connect", "http://127.0.0.1:1/hook", "--as", "li")
    assert len(webhook["secret"]) > 30
    sharing.apply(by=city.consumer, code=entry.code, request=request())
    assert any(n["kind"] == "sharing.decide" for n in run("notices", "list", "--as", "li"))
    assert run("notices", "send") == {"digests": 0, "email": 0, "webhook": 1}
    (delivery,) = run("notices", "deliveries", "--as", "li")
    assert (delivery["status"], delivery["attempts"]) == ("queued", 1)
    run("notices", "disconnect", webhook["webhook"], "--as", "li")
    assert run("notices", "deliveries", "--as", "li")[0]["status"] == "failed"


def test_every_act_of_clock_disputes_and_requests_has_words() -> None:
    from gongshu.duties.states import EventKind
    from gongshu.opening.states import RequestStatus
    from gongshu.sharing.states import DisputeStatus, Settlement
    from gongshu.web import acts

    codes = [f"duty.{kind}" for kind in EventKind if kind is not EventKind.REMINDED]
    codes += [f"sharing.dispute_step_{outcome}" for outcome in Settlement]
    codes += [f"sharing.dispute_{DisputeStatus(s)}" for s in ("raised", "agreed", "kept", "withdrawn")]
    codes += [f"opening.request_{RequestStatus(s)}" for s in ("approved", "refused", "upheld", "withdrawn")]
    codes += ["opening.requested", "opening.objected", "opening.provided", "notifications.webhook_added"]
    assert [code for code in codes if acts.act(code).zh == code] == []
