"""The only way the studio fetches an address that somebody gave it.

Every hop is judged by the addresses its name has right now, and the connection goes to one of exactly those: a name that
changes its mind between the check and the connection gains nothing. Private networks can be opened by OUTBOUND_ALLOW.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from functools import cache
from threading import Thread
from typing import IO, Any
from urllib.parse import urljoin, urlsplit

import httpcore2
import httpx2
import idna
import structlog
from django.conf import settings

from core.errors import FetchFailedError, UnsafeUrlError
from core.outbound_bodies import Kept, Sink, Written, limited_body

log = structlog.get_logger(__name__)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

CONNECT_SECONDS = 5.0
MOST_REDIRECTS = 3
LONGEST_URL = 2048
PORTS = {"https": 443, "http": 80}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# Python's is_global calls these global: relays that carry an IPv4 address inside, and the relays' own anycast address.
CARRIERS = tuple(
    ipaddress.ip_network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "192.88.99.0/24")
)
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
# What URL parsers disagree about is refused rather than guessed: white space, control characters, backslashes.
UNCLEAR = re.compile(r"[\x00-\x20\x7f\\]")
# 127.1, 0x7f.1, 2130706433: some resolvers read these as addresses.
ENDS_IN_A_NUMBER = re.compile(r"(^|\.)(0x[0-9a-f]*|[0-9]+)$")
HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")


@dataclass(frozen=True)
class Answer:
    """`headers` have lower-case names; `url` is where the last redirect led."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str


@dataclass(frozen=True)
class Target:
    """A URL that may be fetched, and the addresses that were judged."""

    url: str
    scheme: str
    host: str
    port: int
    addresses: tuple[str, ...] = field(default=())

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port


def fetch(
    url: str,
    *,
    max_bytes: int,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
    content: bytes | None = None,
) -> Answer:
    """The answer of a public web server, whatever its status.

    UnsafeUrlError: the address, or one it redirects to, may not be fetched. FetchFailedError: no complete answer within the limits.
    Redirects are followed for GET and HEAD only; credentials in `headers` do not travel to another origin.
    """
    until = time.monotonic() + seconds
    kept = Kept(max_bytes)
    return follow(url, headers=headers, method=method, content=content, into=kept, until=until)


def download(
    url: str, *, into: IO[bytes], max_bytes: int, seconds: float, arrived: Callable[[int, int | None], None]
) -> Answer:
    """As `fetch`, but what comes is written into `into` as it comes; the answer's `content` is empty.

    `arrived` hears how much there is so far and how much was announced, first with 0; what it raises ends the transfer.
    """
    file = Written(into, max_bytes, arrived)
    return follow(url, headers=None, method="GET", content=None, into=file, until=time.monotonic() + seconds)


def follow(
    url: str,
    *,
    headers: Mapping[str, str] | None,
    method: str,
    content: bytes | None,
    into: Sink,
    until: float,
) -> Answer:
    sent = {name: value for name, value in (headers or {}).items() if name.lower() not in {"host", "accept-encoding"}}
    target = judge(url, until=until)
    for _ in range(MOST_REDIRECTS + 1):
        answer = ask(target, method=method, headers=sent, content=content, into=into, until=until)
        location = answer.headers.get("location")
        if answer.status not in REDIRECTS or not location or method not in {"GET", "HEAD"}:
            return answer
        following = judge(urljoin(target.url, location), until=until)
        if following.origin != target.origin:
            sent = {name: value for name, value in sent.items() if name.lower() not in {"authorization", "cookie"}}
        target = following
    raise FetchFailedError("The address redirects too often.")


def judge(url: str, *, until: float | None = None) -> Target:
    """The target behind a URL, or UnsafeUrlError. Also for addresses that are kept and fetched later: those are judged again then."""
    target = read(url)
    allowed = Allowed.from_settings()
    named = allowed.names(target.host, target.port)
    found = resolved(target, until=until or time.monotonic() + CONNECT_SECONDS)
    if not found:
        raise UnsafeUrlError("The address has no host that can be found.")
    for address in found:
        private = not is_public(address)
        opened = named or allowed.holds(address)
        if private and not opened:
            raise UnsafeUrlError("The address leads into a private network.")
        if not opened and (target.scheme != "https" or target.port not in PORTS.values()):
            raise UnsafeUrlError("Only https addresses on the usual ports can be fetched.")
    return Target(target.url, target.scheme, target.host, target.port, tuple(str(address) for address in found))


def read(url: str) -> Target:
    """The parts of a URL that every parser reads alike."""
    if not url or len(url) > LONGEST_URL or UNCLEAR.search(url):
        raise UnsafeUrlError("This is no complete web address.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UnsafeUrlError("This is no complete web address.") from error
    scheme = parts.scheme.lower()
    if scheme not in PORTS or not parts.hostname or port == 0:
        raise UnsafeUrlError("Only http and https addresses can be fetched.")
    if "@" in parts.netloc:
        raise UnsafeUrlError("The address must hold no user name or password.")
    host = normal_host(parts.hostname)
    port = port or PORTS[scheme]
    shown = f"[{host}]" if ":" in host else host
    path = idna_free(parts.path or "/") + (f"?{idna_free(parts.query)}" if parts.query else "")
    suffix = "" if port == PORTS[scheme] else f":{port}"
    return Target(f"{scheme}://{shown}{suffix}{path}", scheme, host, port)


def idna_free(text: str) -> str:
    """Characters outside ASCII, percent-encoded as UTF-8; what is encoded already stays."""
    return "".join(char if char.isascii() else "".join(f"%{byte:02X}" for byte in char.encode()) for char in text)


def normal_host(host: str) -> str:
    """Lower case, ASCII, without a trailing dot; numbers only as complete addresses."""
    try:
        return str(ipaddress.IPv6Address(host)) if ":" in host and "%" not in host else named_host(host)
    except ValueError as error:
        raise UnsafeUrlError("The host's name is not a valid one.") from error


def named_host(host: str) -> str:
    name = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode()
    name = name.removesuffix(".")
    if ENDS_IN_A_NUMBER.search(name):
        return str(ipaddress.IPv4Address(name))
    if not HOST.fullmatch(name) or len(name) > 253:
        raise ValueError(name)
    return name


def is_public(address: Address) -> bool:
    """Global unicast, and no wrapper around an address that may not be."""
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    if any(address in network for network in CARRIERS if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


@dataclass(frozen=True)
class Allowed:
    """OUTBOUND_ALLOW: hosts, host:port, or networks that may be reached although they are private."""

    hosts: frozenset[str]
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

    @classmethod
    def from_settings(cls) -> Allowed:
        hosts, networks = set(), []
        for entry in settings.OUTBOUND_ALLOW:
            try:
                networks.append(ipaddress.ip_network(entry))
            except ValueError:
                hosts.add(entry.lower().replace("[", "").replace("]", ""))
        return cls(frozenset(hosts), tuple(networks))

    def names(self, host: str, port: int) -> bool:
        return host in self.hosts or f"{host}:{port}" in self.hosts

    def holds(self, address: Address) -> bool:
        return any(address in network for network in self.networks if network.version == address.version)


def resolved(target: Target, *, until: float) -> list[Address]:
    """Every address of the host, asked once."""
    try:
        return [ipaddress.ip_address(target.host)]
    except ValueError:
        pass
    future: Future[Iterable[str]] = Future()

    def look_up() -> None:
        try:
            future.set_result(resolve(target.host, target.port))
        except OSError as error:
            future.set_exception(error)

    # The system's resolver knows no time limit of ours; a thread that is left behind ends by itself.
    Thread(target=look_up, daemon=True).start()
    try:
        names = future.result(timeout=max(0.0, min(CONNECT_SECONDS, until - time.monotonic())))
    except FutureTimeoutError as error:
        raise FetchFailedError("The host could not be found in time.") from error
    except (OSError, UnicodeError) as error:
        raise UnsafeUrlError("The address has no host that can be found.") from error
    return [ipaddress.ip_address(name) for name in dict.fromkeys(names)]


def resolve(host: str, port: int) -> list[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Limited(httpcore2.NetworkStream):
    """A connection whose every read and write ends with the whole request's time: dripping bytes buys none."""

    def __init__(self, inner: httpcore2.NetworkStream, *, until: float) -> None:
        self.inner = inner
        self.until = until

    def left(self, timeout: float | None) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the request took too long")
        return left if timeout is None else min(left, timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, self.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, self.left(timeout))

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return Limited(self.inner.start_tls(ssl_context, server_hostname, self.left(timeout)), until=self.until)

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


class Pinned(httpcore2.NetworkBackend):
    """Connects to the addresses that were judged, whatever name is asked for; the name stays in Host, SNI and the certificate's check."""

    def __init__(self, addresses: Iterable[str], *, until: float) -> None:
        self.addresses = tuple(addresses)
        self.until = until
        self.inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002  (the addresses stand for it)
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        failed: Exception = httpcore2.ConnectError("no address")
        for address in self.addresses:
            left = self.until - time.monotonic()
            if left <= 0:
                raise httpcore2.ConnectTimeout("the request took too long")
            try:
                seconds = min(timeout or CONNECT_SECONDS, left)
                stream = self.inner.connect_tcp(address, port, seconds, local_address, socket_options)
                return Limited(stream, until=self.until)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed


@cache
def certificates() -> ssl.SSLContext:
    return httpx2.create_ssl_context(trust_env=False)


def ask(
    target: Target, *, method: str, headers: Mapping[str, str], content: bytes | None, into: Sink, until: float
) -> Answer:
    sent = {"User-Agent": "Reelwright", "Accept": "*/*", **headers, "Accept-Encoding": "identity"}
    timeouts = {"connect": CONNECT_SECONDS, "read": None, "write": None, "pool": CONNECT_SECONDS}
    backend = Pinned(target.addresses, until=until)
    try:
        with (
            httpcore2.ConnectionPool(ssl_context=certificates(), network_backend=backend, retries=0) as pool,
            pool.stream(
                method, target.url, headers=list(sent.items()), content=content, extensions={"timeout": timeouts}
            ) as response,
        ):
            received = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            body = b"" if response.status in REDIRECTS else limited_body(response.iter_stream(), received, into=into)
            return Answer(response.status, received, body, target.url)
    except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, ssl.SSLError) as error:
        log.info("outbound.failed", host=target.host, error=type(error).__name__)
        raise FetchFailedError from error
