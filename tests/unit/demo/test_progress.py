"""What the demo remembers survives a kill, and what it counts is what was answered."""

import json
import stat

from gongshu.demo import client, progress
from gongshu.demo.act_gateway import tally
from gongshu.demo.progress import Progress


def test_what_was_finished_is_known_after_a_restart(tmp_path):
    file = tmp_path / "demo.json"
    first = Progress(file)
    assert first.result("catalog") is None
    first.finish("catalog", {"codes": {"stops": "333001-000001"}}, 0.1234)
    first.keep_secret("housing", "s3cret")
    again = Progress(file)
    assert again.result("catalog") == {"codes": {"stops": "333001-000001"}}
    assert again.secret("housing") == "s3cret"
    assert again.seconds == {"catalog": 0.123}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_damaged_memory_begins_anew_and_the_platform_is_asked_what_it_has(tmp_path):
    file = tmp_path / "demo.json"
    file.write_text('{"steps": {"cat')
    assert Progress(file).result("catalog") is None


def test_a_replaced_file_is_never_half_written(tmp_path):
    file = tmp_path / "summary.json"
    progress.replace_file(file, "{}")
    progress.replace_file(file, '{"a": 1}')
    assert json.loads(file.read_text()) == {"a": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


def test_acknowledged_calls_leave_out_a_line_cut_short(tmp_path):
    file = tmp_path / "acknowledged.jsonl"
    assert client.acknowledged(file) == []
    file.write_text('{"request_id": "call_1", "operation": "query", "code": ""}\n{"request_id": "call_2", "oper')
    assert [reply["request_id"] for reply in client.acknowledged(file)] == ["call_1"]


def test_calls_are_tallied_by_refusal_code():
    replies = [
        {"code": ""},
        {"code": "grant_expired"},
        {"code": ""},
        {"code": "grant_expired"},
        {"code": "nonce_replayed"},
    ]
    assert tally(replies) == (2, {"grant_expired": 2, "nonce_replayed": 1})
