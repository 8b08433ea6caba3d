"""Addresses that people give, fetched or refused; a real server stands where hostile ones point."""

from __future__ import annotations

import datetime as dt
import gzip
import re
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from core import outbound
from core.errors import FetchFailedError, UnsafeUrlError


class Handler(BaseHTTPRequestHandler):
    hits: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        self.server.hits.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.end_headers()
        elif self.path == "/bomb":
            body = gzip.compress(b"\0" * 50_000_000)
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        elif self.path == "/packed":
            self.send_response(200)
            self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            self.wfile.write(gzip.compress(b"hello"))
        elif self.path.startswith("/drip"):
            head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n" + (b"" if self.path == "/drip-head" else b"\r\n")
            self.wfile.write(head)
            with_errors = (BrokenPipeError, ConnectionResetError)
            try:
                for _ in range(100):
                    self.wfile.write(b"x")
                    self.wfile.flush()
                    time.sleep(0.05)
            except with_errors:
                pass
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(1000):
                    self.wfile.write(b"x" * 65536)
            except OSError:
                pass
        else:
            self.send_response(200)
            self.send_header("Set-Cookie", "a=b")
            self.end_headers()
            self.wfile.write(b"hello")

    do_POST = do_GET  # noqa: N815  (the base class names them so)

    def log_message(self, *_: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.hits: list[tuple[str, dict[str, str]]] = []
        self.port = self.server_address[1]
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    yield from running(Server())


def running(found: Server) -> Iterator[Server]:
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What the resolver answers; an unknown name does not exist. Asked names are kept under "asked"."""
    known: dict[str, list[str]] = {"asked": []}

    def resolve(host: str, port: int) -> list[str]:
        known["asked"].append(host)
        if host not in known:
            raise OSError(host)
        return known[host]

    monkeypatch.setattr(outbound, "resolve", resolve)
    return known


def get(url: str, **given: Any) -> outbound.Answer:
    return outbound.fetch(url, **{"max_bytes": 1000, "seconds": 3, **given})


HOSTILE = [
    "http://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://localhost:{port}/",
    "http://localhost.:{port}/",
    "http://LOCALHOST:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://[fc00::1]:{port}/",
    "http://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/",
    "https://192.168.1.1/",
    "https://172.16.0.1/",
    "https://100.64.0.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://192.88.99.1/",
    "http://user:pass@127.0.0.1:{port}/",
    "https://public.example@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}\\@public.example/",
    "https://public.example#@127.0.0.1:{port}/ ",
    "http://１２７.０.０.１:{port}/",
    "http://ⓛocalhost:{port}/",
    "http://127.0.0.1%00.public.example:{port}/",
    "http://127.0.0.1\n.public.example:{port}/",
    "https://inside.example:{port}/",
    "https://mixed.example/",
    "https://odd-port.example:{port}/",
    "http://public.example/",
    "https://public.example:0/",
    "https://public.example:99999/",
    "https://unknown.example/",
    "https:///path",
    "//127.0.0.1:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/",
    "data:text/plain,hello",
    "javascript:alert(1)",
    "",
    "https://public.example/" + "x" * 3000,
]


@pytest.mark.parametrize("url", HOSTILE)
def test_an_address_that_leads_inside_is_refused_before_anything_is_sent(
    url: str, server: Server, names: dict[str, list[str]]
) -> None:
    names["localhost"] = ["127.0.0.1", "::1"]
    names["inside.example"] = ["127.0.0.1"]
    names["mixed.example"] = ["93.184.215.14", "127.0.0.1"]
    names["public.example"] = names["odd-port.example"] = ["93.184.215.14"]
    with pytest.raises(UnsafeUrlError):
        get(url.format(port=server.port))
    assert server.hits == []


def test_an_allowed_host_may_be_private_and_plain(server: Server, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
    answer = get(f"http://127.0.0.1:{server.port}/a?b=c", headers={"X-Test": "1", "Host": "evil"})
    assert (answer.status, answer.content) == (200, b"hello")
    path, headers = server.hits[0]
    assert (path, headers["host"], headers["x-test"]) == ("/a?b=c", f"127.0.0.1:{server.port}", "1")
    assert headers["accept-encoding"] == "identity"
    with pytest.raises(UnsafeUrlError):
        get("http://127.0.0.1:1/")


def test_an_allowed_network_may_be_reached_by_any_name(
    server: Server, names: dict[str, list[str]], settings: Any
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    names["intranet.example"] = ["127.0.0.1"]
    assert get(f"http://intranet.example:{server.port}/").content == b"hello"
    assert server.hits[0][1]["host"] == f"intranet.example:{server.port}"
    assert names["asked"] == ["intranet.example"]


def test_the_connection_goes_to_the_address_that_was_judged(
    server: Server, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """A name that answers differently the second time is not asked a second time."""
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    answers = iter([["127.0.0.1"], ["10.9.9.9"]])
    monkeypatch.setattr(outbound, "resolve", lambda host, port: next(answers))
    assert get(f"http://flips.example:{server.port}/").content == b"hello"


def test_every_redirect_is_judged_again(server: Server, settings: Any, names: dict[str, list[str]]) -> None:
    settings.OUTBOUND_ALLOW = [f"start.example:{server.port}"]
    names["start.example"] = names["inside.example"] = ["127.0.0.1"]
    with pytest.raises(UnsafeUrlError):
        get(f"http://start.example:{server.port}/to/http://inside.example:{server.port}/secret")
    assert [path for path, _ in server.hits] == [f"/to/http://inside.example:{server.port}/secret"]
    assert get(f"http://start.example:{server.port}/to//end").url == f"http://start.example:{server.port}/end"


def test_a_loop_of_redirects_ends(server: Server, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with pytest.raises(FetchFailedError):
        get(f"http://127.0.0.1:{server.port}" + "/to/" * 5)
    assert len(server.hits) == 4


def test_credentials_stay_with_their_origin_and_cookies_are_not_kept(
    server: Server, settings: Any, names: dict[str, list[str]]
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    names["a.example"] = names["b.example"] = ["127.0.0.1"]
    get(f"http://a.example:{server.port}/to/http://b.example:{server.port}/", headers={"Authorization": "Bearer x"})
    assert [("authorization" in headers, "cookie" in headers) for _, headers in server.hits] == [
        (True, False),
        (False, False),
    ]


def test_a_post_is_not_sent_on(server: Server, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    answer = get(f"http://127.0.0.1:{server.port}/to//end", method="POST", content=b"{}")
    assert (answer.status, len(server.hits)) == (302, 1)


@pytest.mark.parametrize("path", ["/bomb", "/endless"])
def test_an_answer_that_grows_is_cut_off(path: str, server: Server, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with pytest.raises(FetchFailedError, match="larger"):
        get(f"http://127.0.0.1:{server.port}{path}", max_bytes=100_000)


def test_a_compressed_answer_is_read(server: Server, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    assert get(f"http://127.0.0.1:{server.port}/packed").content == b"hello"


@pytest.mark.parametrize("path", ["/drip", "/drip-head"])
def test_a_server_that_drips_gets_no_more_than_its_time(path: str, server: Server, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    started = time.monotonic()
    with pytest.raises(FetchFailedError):
        get(f"http://127.0.0.1:{server.port}{path}", seconds=0.6)
    assert time.monotonic() - started < 2


def test_a_proxy_of_the_environment_is_not_used(server: Server, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert get(f"http://127.0.0.1:{server.port}/").status == 200


def certificate(name: str, folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context for `name`, and that of a client who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    return serving, ssl.create_default_context(cafile=str(pem))


def test_tls_names_the_host_and_checks_its_certificate(
    tmp_path: Path, settings: Any, names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    serving, trusting = certificate("files.example", tmp_path)
    monkeypatch.setattr(outbound, "certificates", lambda: trusting)
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    names["files.example"] = names["other.example"] = ["127.0.0.1"]
    for found in running(Server(serving)):
        assert get(f"https://files.example:{found.port}/").content == b"hello"
        assert found.hits[0][1]["host"] == f"files.example:{found.port}"
        with pytest.raises(FetchFailedError):
            get(f"https://other.example:{found.port}/")
        assert len(found.hits) == 1


def test_a_server_that_is_not_there_is_no_bug(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with pytest.raises(FetchFailedError):
        get("http://127.0.0.1:1/")


# Their addresses are the operator's, the studio's own, or part of a test; nobody's input reaches them.
OTHERS = {
    "accounts/pages/microsoft.py",
    "ai/providers/elevenlabs.py",
    "ai/providers/google.py",
    "ai/providers/http.py",
    "ai/providers/plain.py",
    "ai/providers/replicate.py",
    "ai/weights/download.py",
    "ai/weights/fetch.py",
    "ai/weights/packages.py",
    "core/embedded/health.py",
    "core/outbound.py",
    "core/testing/server.py",
    "jobs/demo/client.py",
}
CLIENTS = re.compile(
    r"^\s*(?:import|from) (?:requests|urllib\.request|urllib3|httpx2?|httpcore2?|aiohttp|http\.client)\b", re.MULTILINE
)


def test_nothing_else_of_the_studio_fetches_addresses() -> None:
    root = Path(__file__).resolve().parents[2]
    apps = ("accounts", "ai", "chat", "config", "core", "dubbing", "generation", "jobs", "media_library", "qc")
    found = {
        str(path.relative_to(root))
        for app in apps
        for path in (root / app).rglob("*.py")
        if "tests" not in path.parts and CLIENTS.search(path.read_text())
    }
    assert found <= OTHERS


def test_a_download_is_written_as_it_comes(server: Server, settings: Any, tmp_path: Path) -> None:
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]
    heard: list[tuple[int, int | None]] = []
    with (tmp_path / "file").open("w+b") as file:
        answer = outbound.download(
            f"http://127.0.0.1:{server.port}/to//packed",
            into=file,
            max_bytes=1000,
            seconds=3,
            arrived=lambda size, announced: heard.append((size, announced)),
        )
        file.seek(0)
        assert (answer.status, answer.content, file.read()) == (200, b"", b"hello")
    assert (heard[0], heard[-1]) == ((0, None), (5, None))


def test_a_download_that_grows_too_large_or_is_unwanted_ends(server: Server, settings: Any, tmp_path: Path) -> None:
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{server.port}"]

    def unwanted(size: int, _: int | None) -> None:
        if size:
            raise UnsafeUrlError("Enough.")

    for path, arrived, error in (
        ("endless", lambda *_: None, FetchFailedError),
        ("bomb", lambda *_: None, FetchFailedError),
        ("endless", unwanted, UnsafeUrlError),
    ):
        with (tmp_path / "file").open("wb") as file, pytest.raises(error):
            outbound.download(
                f"http://127.0.0.1:{server.port}/{path}", into=file, max_bytes=100_000, seconds=3, arrived=arrived
            )
        assert (tmp_path / "file").stat().st_size <= 200_000
