"""Which addresses an event may be sent to: the guard against requests forged through us (SSRF)."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from shared.domain.errors import ForbiddenAddress

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Sequence[str]]

PORTS: Final = {"https": 443, "http": 80}
LONGEST_URL: Final = 2048

REFUSED: Final = {
    "this network": ("0.0.0.0/8", "::/128"),
    "loopback": ("127.0.0.0/8", "::1/128"),
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
    "link-local": ("169.254.0.0/16", "fe80::/10"),
    "shared by a carrier's NAT": ("100.64.0.0/10",),
    "multicast": ("224.0.0.0/4", "ff00::/8"),
    "reserved": ("192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4", "100::/64", "2001::/23"),
    "for documentation": (
        *("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),
        *("2001:db8::/32", "3fff::/20"),
    ),
    "for benchmarks": ("198.18.0.0/15",),
    "an IPv4 address in disguise": (
        *("::ffff:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16"),
    ),
}
"""IANA's special-purpose registries (RFC 6890), with every form that embeds an IPv4 address."""

_REFUSED: Final = tuple(
    (ip_network(network), reason) for reason, networks in REFUSED.items() for network in networks
)


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart once: what is checked is what is connected to."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def server_name(self) -> str | None:
        """What the certificate must be for; None where the host is an address."""
        return None if _is_address(self.host) else self.host


def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver, which also understands `127.1`, `0x7f.1`, `2130706433`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What may be sent to; every refusal is a ForbiddenAddress."""

    https_only: bool = True
    ports: frozenset[int] = frozenset()
    """Besides 80 and 443."""
    allowed: tuple[Network, ...] = ()
    """Networks that are admitted although they are not public."""
    resolver: Resolver = resolve

    def target(self, url: str) -> Target:
        """Read a URL by the rules that need no resolver."""
        if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
            raise ForbiddenAddress(f"a URL is {LONGEST_URL} visible ASCII characters at most")
        try:
            parts = urlsplit(url)
            port, host = parts.port, parts.hostname or ""
        except ValueError as invalid:
            raise ForbiddenAddress(f"this is no URL: {invalid}") from None
        schemes = ("https",) if self.https_only else ("https", "http")
        if parts.scheme not in schemes:
            raise ForbiddenAddress(f"the scheme must be {' or '.join(schemes)}")
        usual = PORTS[parts.scheme]
        complaints = (
            ("@" in parts.netloc, "a user or password has no place in it"),
            ("#" in url, "a fragment has no place in it"),
            (not host or "%" in host or "\\" in url, "the host is missing or malformed"),
            (port not in {None, usual} and port not in self.ports, f"port {port} is not admitted"),
        )
        for is_so, complaint in complaints:
            if is_so:
                raise ForbiddenAddress(complaint)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(parts.scheme, host, port or usual, path)

    def addresses(self, target: Target) -> list[str]:
        """Resolve the target's name; one address that is refused condemns all of them."""
        try:
            found = [ip_address(one) for one in self.resolver(target.host, target.port)]
        except (OSError, ValueError):  # ValueError: no name at all, to the resolver's IDNA
            raise ForbiddenAddress(f"{target.host} does not resolve") from None
        for address in found:
            if reason := self._refusal(address):
                raise ForbiddenAddress(f"{target.host} leads to an address that is {reason}")
        return [str(address) for address in found]

    def check(self, url: str) -> None:
        """Refuse a URL that nothing would be sent to."""
        self.addresses(self.target(url))

    def _refusal(self, address: Address) -> str | None:
        if any(address in network for network in self.allowed):
            return None
        reasons = (reason for network, reason in _REFUSED if address in network)
        return next(reasons, None if address.is_global else "not public")


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
