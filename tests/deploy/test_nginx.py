"""Debian's nginx with our files in front of a real gateway: TLS, client certificates, and signatures that still hold."""

import json
import re
import shutil
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gateway import world as worlds
from gateway.processes import PATIENCE, gateway
from gateway.world import PURPOSE, RESOURCE, SECRET, person
from gongshu.client import Client, Refused, Unreachable
from gongshu.gateway.errors import TABLE
from ports import free_ports

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "nginx"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="Debian package nginx-light is missing")


@pytest.fixture(autouse=True)
def own_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path / "home"))


class Authority:
    """A certificate authority of this test's own."""

    def __init__(self, folder, name):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self.file = folder / f"{name}.crt"
        self.file.write_bytes(self._sign(self.name, self.key, ca=True).public_bytes(serialization.Encoding.PEM))

    def _sign(self, subject, key, *, ca=False):
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if not ca:
            names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return made.sign(self.key, hashes.SHA256())

    def issue(self, name):
        """(certificate, key) as files."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        certificate, private = self.folder / f"{name}.crt", self.folder / f"{name}.key"
        certificate.write_bytes(self._sign(subject, key).public_bytes(serialization.Encoding.PEM))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate, private


def configured(tmp_path, ports):
    """Both files as they are, with this test's ports and folders put in; a complete configuration of nginx."""
    for name in ("web", "gateway"):
        text = (FOLDER / f"gongshu-{name}.conf").read_text(encoding="utf-8")
        for own, other in ports.items():
            assert name == "web" or own != "127.0.0.1:8001" or own in text
            text = text.replace(own, other)
        text = text.replace("/etc/gongshu/tls", str(tmp_path)).replace("/var/log/nginx", str(tmp_path))
        (tmp_path / f"{name}.conf").write_text(text, encoding="utf-8")
    temporary = "\n".join(
        f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = tmp_path / "nginx.conf"
    whole.write_text(
        f"daemon off; master_process off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log warn;\n"
        f"events {{ worker_connections 512; }}\nhttp {{\n{temporary}\n"
        f"include {tmp_path}/web.conf;\ninclude {tmp_path}/gateway.conf;\n}}\n"
    )
    return whole


@needs_nginx
@pytest.mark.heavy
def test_the_gateway_behind_nginx_with_client_certificates(tmp_path):
    world = worlds.build_world(tmp_path / "home")
    grant = world.grant(rate_per_minute=None, listing=True)
    servers, clients, strangers = (Authority(tmp_path, name) for name in ("servers-ca", "clients-ca", "strangers-ca"))
    for name in ("web", "gateway"):
        servers.issue(name)
    certificate = clients.issue("housing-system")
    stranger = strangers.issue("stranger")
    with gateway(world.home.root) as running:
        running.wait_for(world.revision)
        plain, tls, mutual, nobody = free_ports(4)
        ports = {
            "listen 80;": f"listen 127.0.0.1:{plain};",
            "listen 443 ssl;": f"listen 127.0.0.1:{tls} ssl;",
            "listen 8443 ssl;": f"listen 127.0.0.1:{mutual} ssl;",
            "127.0.0.1:8000": f"127.0.0.1:{nobody}",
            "127.0.0.1:8001": f"127.0.0.1:{running.port}",
        }
        whole = configured(tmp_path, ports)
        checked = subprocess.run([NGINX, "-t", "-c", str(whole)], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        with subprocess.Popen([NGINX, "-c", str(whole)], stderr=subprocess.PIPE, text=True) as nginx:
            try:
                until = time.monotonic() + PATIENCE
                while True:
                    try:
                        socket.create_connection(("127.0.0.1", mutual), timeout=1).close()
                        break
                    except OSError:
                        assert nginx.poll() is None and time.monotonic() < until, nginx.stderr.read()
                        time.sleep(0.05)
                _try_out(world, grant, running, f"https://127.0.0.1:{mutual}", servers, certificate, stranger)
                with httpx.Client(trust_env=False, verify=ssl.create_default_context(cafile=servers.file)) as browser:
                    moved = browser.get(f"http://127.0.0.1:{plain}/datasets/?q=a")
                    assert moved.headers["location"] == "https://data.example.gov.cn/datasets/?q=a"
                    assert browser.get(f"https://127.0.0.1:{tls}/?q=张三").status_code == 502, (
                        "nobody serves the pages here"
                    )
                running.stop()
                with Client(
                    f"https://127.0.0.1:{mutual}", "app_1", SECRET, verify=_context(servers, certificate)
                ) as caller:
                    people = caller.interface(RESOURCE, grant=grant.grant_id, purpose=PURPOSE)
                    with pytest.raises(Refused, match="overloaded") as away:
                        people.query({"citizen_id": "1"})
                    assert away.value.status == 503 and away.value.retry_after == 5
            finally:
                nginx.terminate()
                nginx.wait(timeout=20)
    logged = (tmp_path / "gongshu-gateway.log").read_text() + (tmp_path / "gongshu-web.log").read_text()
    assert "/v1/interfaces/population/query" in logged
    for word in (grant.grant_id, person(4)["citizen_id"], person(4)["name"], "q=", "app_1"):
        assert word not in logged


def _context(servers, pair=None):
    made = ssl.create_default_context(cafile=servers.file)
    if pair:
        made.load_cert_chain(*pair)
    return made


def _try_out(world, grant, running, url, servers, certificate, stranger):
    with Client(url, "app_1", SECRET, verify=_context(servers, certificate)) as caller:
        people = caller.interface(RESOURCE, grant=grant.grant_id, purpose=PURPOSE)
        assert people.verify({"citizen_id": person(4)["citizen_id"]}, {"income": 1004.5})["income"] == "yes"
        assert len(list(people.rows(["income"], page_size=90))) == 300
        assert people.describe()["grant"] == grant.grant_id, "the query of the address is signed and arrives as it was"
        target = world.home.root / "file.csv"
        assert people.deliver(target) and target.stat().st_size > 1000
        assert len(caller.public_keys().splitlines()) == 2
        with pytest.raises(Refused, match="purpose_mismatch"):
            caller.interface(RESOURCE, grant=grant.grant_id, purpose="x").query({"citizen_id": "1"})
        for _ in range(5):
            with pytest.raises(Refused, match="body_too_large"):
                people.query({"citizen_id": "x" * 70_000})
    for pair in (None, stranger):
        with Client(url, "app_1", SECRET, verify=_context(servers, pair)) as caller, pytest.raises(Unreachable):
            caller.interface(RESOURCE, grant=grant.grant_id, purpose=PURPOSE).query({"citizen_id": "1"})
    with pytest.raises(Unreachable):
        Client(url, "app_1", SECRET).interface(RESOURCE, grant=grant.grant_id, purpose=PURPOSE).query(
            {"citizen_id": "1"}
        )
    with httpx.Client(trust_env=False, verify=_context(servers, certificate)) as browser:
        assert browser.get(f"{url}/healthz").json() == {"alive": True}
        assert browser.get(f"{url}/healthz").headers["strict-transport-security"]
        assert browser.get(f"{url}/readyz").status_code == 404 == browser.get(f"{url}/metrics").status_code
    port = url.rsplit(":", 1)[1]
    old = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]
    refused = subprocess.run(old, input=b"", capture_output=True, timeout=30)
    assert refused.returncode != 0 and b"alert" in refused.stderr, refused.stderr


def test_what_nginx_says_itself_are_the_words_of_the_gateway():
    text = (FOLDER / "gongshu-gateway.conf").read_text(encoding="utf-8")
    said = re.findall(r"return (\d+) '(\{.*\})';", text)
    assert [status for status, _ in said] == ["413", "429", "503"]
    for status, body in said:
        error = json.loads(body)["error"]
        known = TABLE[error["code"]]
        assert (int(status), error["zh"], error["en"]) == (known.status, *known.text)


def test_nothing_in_front_rewrites_or_repeats_a_signed_request():
    text = re.sub(r"#.*", "", (FOLDER / "gongshu-gateway.conf").read_text(encoding="utf-8"))
    assert re.search(r"proxy_pass http://gongshu_gateway;", text), "without a path: the address goes on as it came"
    assert "rewrite" not in text and "proxy_next_upstream off;" in text and "hash $http_x_gongshu_client" in text
    for name in ("gateway", "web"):
        text = (FOLDER / f"gongshu-{name}.conf").read_text(encoding="utf-8")
        for line in re.findall(r"log_format .*?;", text, flags=re.S):
            assert not re.search(r"\$(request|request_uri|args|query_string|http_\w+|request_body)\b", line)
