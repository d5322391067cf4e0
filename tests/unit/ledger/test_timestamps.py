"""Checkpoints stamped by a real time-stamping authority: ``openssl ts``, behind HTTP on the loopback."""

import shutil
import subprocess
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from gongshu.errors import EnvironmentFault
from gongshu.ledger import timestamps

CONFIG = """
[tsa]
default_tsa = tsa1
[tsa1]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True, **options).stdout


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """The address and root certificate of an authority that answers RFC 3161 requests."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the Debian package openssl")
    folder = tmp_path_factory.mktemp("tsa")
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "ca.key", "-out", folder / "ca.pem",
        "-days", "2", "-subj", "/CN=Time root", "-addext", "basicConstraints=critical,CA:TRUE",
    )  # fmt: skip
    request = ["req", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr"]
    openssl(*request, "-subj", "/CN=Time")
    (folder / "ext").write_text("extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n")
    openssl(
        "x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
        "-CAcreateserial", "-days", "2", "-extfile", folder / "ext", "-out", folder / "tsa.pem",
    )  # fmt: skip
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self):
            assert self.headers["Content-Type"] == "application/timestamp-query"
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            reply = folder / "reply"
            if self.path == "/other":  # the answer to a question that somebody else asked
                (folder / "x").write_bytes(b"x")
                openssl("ts", "-query", "-data", folder / "x", "-sha256", "-cert", "-out", folder / "query")
            openssl("ts", "-reply", "-queryfile", folder / "query", "-config", folder / "tsa.cnf", "-out", reply)
            body = b"no stamp" if self.path == "/broken" else reply.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder / "ca.pem"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def stamped(place, authority):
    url, root = authority
    place.grow(300)
    place.home = replace(place.home, timestamp_url=url, timestamp_ca=str(root))
    assert timestamps.due(place.home)
    made = timestamps.stamp(place.home)
    assert made.size == 300
    return place


def test_a_checkpoint_is_stamped_and_other_peoples_openssl_says_yes(stamped, authority):
    folder = stamped.folder / timestamps.FOLDER
    said = openssl(
        "ts", "-verify", "-data", folder / "300.checkpoint", "-in", folder / "300.tsr", "-CAfile", authority[1]
    )
    assert b"OK" in said
    assert not timestamps.due(stamped.home), "nothing has grown"
    stamped.grow(700)
    assert not timestamps.due(stamped.home), "one a day"
    assert timestamps.due(replace(stamped.home, timestamp_hours=0))
    (found,) = timestamps.check(stamped.folder, stamped.trusted, timestamps.certificates(authority[1]))
    assert (found.size, found.fault) == (300, "")
    assert found.at is not None


def test_a_changed_stamp_checkpoint_or_log_is_named(stamped, authority):
    roots = timestamps.certificates(authority[1])
    folder = stamped.folder / timestamps.FOLDER
    for name in ("300.tsr", "300.checkpoint"):
        whole = (folder / name).read_bytes()
        at = len(whole) // 2
        (folder / name).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        (found,) = timestamps.check(stamped.folder, stamped.trusted, roots)
        assert found.fault, name
        (folder / name).write_bytes(whole)
    kept = {name: (folder / name).read_bytes() for name in ("300.tsr", "300.checkpoint")}
    shutil.rmtree(stamped.folder)
    stamped.grow(400)
    folder.mkdir()
    for name, content in kept.items():
        (folder / name).write_bytes(content)
    (found,) = timestamps.check(stamped.folder, stamped.trusted, roots)
    assert "does not begin" in found.fault, "the log was begun anew after it was stamped"


def test_a_strangers_stamp_is_refused_and_nothing_is_kept(place, authority, tmp_path):
    url, root = authority
    place.grow(3)
    home = replace(place.home, timestamp_url=url, timestamp_ca=str(root))
    for path in ("/broken", "/other"):
        with pytest.raises(EnvironmentFault) as caught:
            timestamps.stamp(replace(home, timestamp_url=url + path))
        assert caught.value.code == "ledger.timestamp_refused"
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "k", "-out", tmp_path / "other.pem",
        "-subj", "/CN=Other",
    )  # fmt: skip
    with pytest.raises(EnvironmentFault):
        timestamps.stamp(replace(home, timestamp_ca=str(tmp_path / "other.pem")))
    with pytest.raises(EnvironmentFault) as caught:
        timestamps.stamp(replace(home, timestamp_ca=str(tmp_path / "none.pem")))
    assert caught.value.code == "ledger.timestamp_root"
    assert not (place.folder / timestamps.FOLDER).exists()
