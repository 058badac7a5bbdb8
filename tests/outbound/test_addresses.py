"""Events go to public addresses and nowhere else, whatever a URL or a name server says."""

from collections.abc import Sequence
from ipaddress import ip_network

import pytest

from shared.domain.errors import ForbiddenAddress
from shared.outbound.addresses import AddressRules, resolve

PUBLIC = "93.184.216.34"


def rules(*answers: str, https_only: bool = True) -> AddressRules:
    """Rules under a name server that gives these answers."""
    return AddressRules(https_only=https_only, resolver=lambda _host, _port: answers)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("0.0.0.0", "this network"),  # noqa: S104 an address that is refused
        ("0.1.2.3", "this network"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.168.1.1", "private"),
        ("169.254.169.254", "link-local"),
        ("100.64.0.1", "shared by a carrier's NAT"),
        ("100.127.255.255", "shared by a carrier's NAT"),
        ("192.0.0.8", "reserved"),
        ("192.0.2.1", "for documentation"),
        ("198.51.100.7", "for documentation"),
        ("203.0.113.9", "for documentation"),
        ("198.18.0.1", "for benchmarks"),
        ("192.88.99.1", "reserved"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "reserved"),
        ("::", "this network"),
        ("::1", "loopback"),
        ("fc00::1", "private"),
        ("fd12:3456::1", "private"),
        ("fec0::1", "private"),
        ("fe80::1", "link-local"),
        ("ff02::1", "multicast"),
        ("2001:db8::1", "for documentation"),
        ("3fff::1", "for documentation"),
        ("100::1", "reserved"),
        ("2001::1", "reserved"),
        ("::ffff:127.0.0.1", "an IPv4 address in disguise"),
        ("::ffff:93.184.216.34", "an IPv4 address in disguise"),
        ("::127.0.0.1", "an IPv4 address in disguise"),
        ("64:ff9b::a00:1", "an IPv4 address in disguise"),
        ("64:ff9b:1::a00:1", "an IPv4 address in disguise"),
        ("2002:7f00:1::", "an IPv4 address in disguise"),
    ],
)
def test_a_name_that_leads_to_no_public_address_is_refused(address: str, reason: str) -> None:
    with pytest.raises(ForbiddenAddress, match=f"an address that is {reason}"):
        rules(address).check("https://hooks.example/")


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "172.32.0.1", "2606:4700::6810:85e5"])
def test_a_public_address_is_admitted(address: str) -> None:
    rules(address).check("https://hooks.example/")


def test_one_address_that_is_refused_condemns_the_name() -> None:
    with pytest.raises(ForbiddenAddress, match="private"):
        rules(PUBLIC, "10.0.0.1").check("https://hooks.example/")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "[::1]", "localhost"],
)
def test_every_spelling_of_an_inner_address_is_understood(host: str) -> None:
    with pytest.raises(ForbiddenAddress):
        AddressRules(resolver=resolve).check(f"https://{host}/")


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("http://hooks.example/", "scheme"),
        ("ftp://hooks.example/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("//hooks.example/", "scheme"),
        ("gopher://hooks.example/", "scheme"),
        ("https:///hooks", "host"),
        ("https://", "host"),
        ("https://user@hooks.example/", "user"),
        ("https://user:word@hooks.example/", "user"),
        ("https://hooks.example@127.0.0.1/", "user"),
        ("https://hooks.example\\@127.0.0.1/", "user"),
        ("https://hooks.example\\.inner/", "host"),
        ("https://[fe80::1%25eth0]/", "host"),
        ("https://hooks.example/#@127.0.0.1", "fragment"),
        ("https://hooks.example:22/", "port 22"),
        ("https://hooks.example:80/", "port 80"),
        ("https://hooks.example:0/", "port 0"),
        ("https://hooks.example:99999/", "no URL"),
        ("https://hooks.example:x/", "no URL"),
        ("https://[::1/", "no URL"),
        ("https://hooks.example/a b", "characters"),
        ("https://hooks.example/\r\nHost: inner", "characters"),
        ("https://hooks\u3002example/", "characters"),
        ("https://hooks.example/" + "x" * 3000, "characters"),
    ],
)
def test_a_url_that_hides_where_it_leads_is_refused(url: str, complaint: str) -> None:
    with pytest.raises(ForbiddenAddress, match=complaint):
        rules(PUBLIC).check(url)


def test_a_name_that_does_not_resolve_is_refused() -> None:
    def nowhere(_host: str, _port: int) -> Sequence[str]:
        raise OSError("no such name")

    with pytest.raises(ForbiddenAddress, match="does not resolve"):
        AddressRules(resolver=nowhere).check("https://hooks.example/")


@pytest.mark.parametrize("host", ["a..b", "-" * 70, "xn--a"])
def test_what_is_no_name_to_the_resolver_is_refused(host: str) -> None:
    with pytest.raises(ForbiddenAddress):
        AddressRules(resolver=resolve).check(f"https://{host}.invalid/")


def test_settings_admit_networks_ports_and_plain_http() -> None:
    admitting = AddressRules(
        https_only=False,
        ports=frozenset({9000}),
        allowed=(ip_network("10.1.0.0/16"),),
        resolver=lambda _host, _port: ["10.1.2.3"],
    )

    target = admitting.target("http://inner.example:9000/hooks?a=b")

    assert admitting.addresses(target) == ["10.1.2.3"]
    assert (target.authority, target.path) == ("inner.example:9000", "/hooks?a=b")


def test_a_network_that_is_admitted_admits_no_other() -> None:
    admitting = AddressRules(
        allowed=(ip_network("127.0.0.0/8"),), resolver=lambda _host, _port: ["10.0.0.1"]
    )

    with pytest.raises(ForbiddenAddress, match="private"):
        admitting.check("https://hooks.example/")
