"""``gongshu ledger`` as an auditor uses it: real processes, exit codes, and answers for people and programs."""

import json

import pytest

from gongshu.crypto import keys
from gongshu.home import Home
from gongshu.ledger import entry, installation, spool

pytestmark = pytest.mark.heavy  # real processes on files: they never ask the database, so once is enough


@pytest.fixture
def home(tmp_path):
    place = Home(tmp_path / "home")
    keys.ensure(place)
    writer = spool.Spool(place.spool / "gateway-1")
    for number in range(300):
        _, leaf = entry.build(
            action="gateway.query",
            actor="client",
            organization="housing",
            details={"n": number},
            cites=["《办法》第二十条"],
        )
        ticket = writer.append(leaf)
    ticket.result(10)
    writer.close()
    sequencer = installation.sequencer_of(place)
    with sequencer.locked():
        sequencer.step()
    return place


def said(result, code=0):
    assert result.returncode == code, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    return result.stdout


@pytest.mark.article("luzhou-40", "dazhou-25")
def test_verify_says_yes_and_after_one_changed_byte_no_with_the_tile_s_name(gongshu, home):
    answer = json.loads(said(gongshu("ledger", "verify", "--json", home=home.root)))
    assert answer["ok"] is True
    assert answer["size"] == answer["entries_checked"] == 300
    assert answer["files_checked"] == 6
    assert answer["keys"] == "secrets"
    assert said(gongshu("ledger", "verify", home=home.root)).startswith("是")

    for name in ("tile/0/000", "tile/entries/001.p/44", "checkpoint", "state.json"):
        path = home.ledger / name
        kept = path.read_bytes()
        path.write_bytes(kept[:50] + bytes([kept[50] ^ 1]) + kept[51:])
        answer = json.loads(said(gongshu("ledger", "verify", "--json", home=home.root), 1))
        assert answer["ok"] is False
        assert [finding["file"] for finding in answer["findings"]] == [name]
        text = said(gongshu("ledger", "verify", "--home", home.root, language="en"), 1)
        assert text.startswith("NO")
        assert name in text
        path.write_bytes(kept)
    said(gongshu("ledger", "verify", home=home.root))


def test_a_changed_sm2_line_is_one_sentence_without_library_noise(gongshu, home):
    path = home.ledger / "checkpoint"
    lines = path.read_text().splitlines(keepends=True)
    at = lines[-1].rindex(" ") + 30
    lines[-1] = lines[-1][:at] + ("A" if lines[-1][at] != "A" else "B") + lines[-1][at + 1 :]
    path.write_text("".join(lines))
    result = gongshu("ledger", "verify", home=home.root, language="en")
    assert "SM2 signature" in said(result, 1)
    assert "sm2_sign.c" not in result.stderr + result.stdout


def test_evidence_travels_to_a_place_that_knows_nothing(gongshu, home, tmp_path):
    evidence, published = tmp_path / "evidence.json", tmp_path / "ledger.keys"
    said(gongshu("ledger", "prove", "17", "-o", evidence, home=home.root))
    published.write_text(said(gongshu("ledger", "public-key", home=home.root)))
    elsewhere = tmp_path / "elsewhere"
    answer = json.loads(
        said(gongshu("ledger", "verify", "--bundle", evidence, "--key", published, "--json", home=elsewhere))
    )
    assert answer["ok"] is True
    assert answer["index"] == 17
    assert answer["entry"]["details"] == {"n": 17}
    assert answer["keys"] == "given"
    assert not elsewhere.exists()

    evidence.write_text(evidence.read_text().replace("housing", "hOusing"))
    assert said(gongshu("ledger", "verify", "--bundle", evidence, home=elsewhere), 1).startswith("否")


def test_an_auditor_with_a_copy_and_the_published_keys_needs_no_secrets(gongshu, home, tmp_path):
    published = tmp_path / "ledger.keys"
    published.write_text(said(gongshu("ledger", "public-key", home=home.root)))
    copy = tmp_path / "copy"
    copy.mkdir()
    home.ledger.rename(copy / "ledger")
    answer = json.loads(said(gongshu("ledger", "verify", "--key", published, "--json", home=copy)))
    assert answer["keys"] == "file"
    result = gongshu("ledger", "verify", home=copy, language="en")
    assert said(result).startswith("YES")
    assert "agrees with itself" in result.stderr


def test_a_ledger_cut_back_after_a_verification_is_refused(gongshu, home, tmp_path):
    early = tmp_path / "early.checkpoint"
    early.write_bytes((home.ledger / "checkpoint").read_bytes())
    answer = json.loads(said(gongshu("ledger", "verify", "--since", early, "--json", home=home.root)))
    assert answer["consistent_with"] == 300
    other = Home(tmp_path / "other")
    keys.ensure(other)
    for name in keys.NAMES:
        (other.secrets / name).write_bytes((home.secrets / name).read_bytes())
    sequencer = installation.sequencer_of(other)
    with sequencer.locked():
        pass
    answer = json.loads(said(gongshu("ledger", "verify", "--since", early, "--json", home=other.root), 1))
    assert "shorter" in answer["findings"][0]["en"]


def test_show_by_index_and_by_id(gongshu, home):
    first = json.loads(said(gongshu("ledger", "show", "299", "--json", home=home.root)))
    assert first["details"] == {"n": 299}
    again = json.loads(said(gongshu("ledger", "show", first["id"], "--json", home=home.root)))
    assert again == first
    assert first["id"] in said(gongshu("ledger", "show", "299", home=home.root))


def test_export_is_json_lines_with_leaf_hashes(gongshu, home, tmp_path):
    file = tmp_path / "entries.jsonl"
    said(gongshu("ledger", "export", "--from", "250", "-o", file, home=home.root))
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert [row["index"] for row in rows] == list(range(250, 300))
    assert said(gongshu("ledger", "export", "--from", "250", home=home.root)) == file.read_text()
    assert len(said(gongshu("ledger", "export", "--from", "3", "--to", "5", home=home.root)).splitlines()) == 2


def test_status_says_that_the_provider_is_not_certified(gongshu, home):
    result = gongshu("ledger", "status", home=home.root)
    assert "300" in said(result)
    assert "未经" in result.stderr
    answer = json.loads(said(gongshu("ledger", "status", "--json", home=home.root)))
    assert answer["size"] == 300
    assert answer["provider_certified"] is False
    assert answer["spool_bytes_waiting"] == 0


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (("verify",), 3, "gongshu init"),
        (("show", "0"), 3, "gongshu init"),
        (("verify", "--bundle", "nowhere.json"), 4, "nowhere.json"),
        (("verify", "--key", "nowhere.keys"), 3, "gongshu init"),
    ],
)
def test_what_is_not_there_is_one_sentence(gongshu, tmp_path, command, code, words):
    result = gongshu("ledger", *command, home=tmp_path / "empty", language="en")
    said(result, code)
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("name", ["300", "entry_01NOSUCH", "9" * 30])
def test_no_such_entry(gongshu, home, name):
    for command in ("show", "prove"):
        result = gongshu("ledger", command, name, home=home.root, language="en")
        said(result, 3)
        assert "no entry" in result.stderr.lower()
