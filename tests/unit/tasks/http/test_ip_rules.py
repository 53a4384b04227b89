"""Which IP addresses may be dialled."""

from ipaddress import ip_network

import pytest

from tasks.http.ip_rules import AllowedNetwork, parse_allowed_networks, refusal


@pytest.mark.parametrize(
    ("address", "rule"),
    [
        ("0.0.0.0", "unspecified"),  # noqa: S104 - an address to refuse, not one to bind
        ("0.1.2.3", "unspecified"),
        ("10.1.2.3", "private"),
        ("100.64.0.1", "CGNAT"),
        ("100.127.255.254", "CGNAT"),
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("168.63.129.16", "cloud"),
        ("169.254.169.254", "link-local"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.192", "protocols"),
        ("192.0.2.1", "documentation"),
        ("192.88.99.1", "6to4"),
        ("192.168.1.1", "private"),
        ("198.18.0.1", "benchmarks"),
        ("198.19.255.255", "benchmarks"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.1", "documentation"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.255", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::7f00:1", "IPv4-compatible"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:a00:1", "private"),
        ("64:ff9b::7f00:1", "NAT64 for an address that is loopback"),
        ("64:ff9b::a9fe:a9fe", "NAT64 for an address that is link-local"),
        ("64:ff9b:1::1", "local NAT64"),
        ("100::1", "discard"),
        ("2001::1", "Teredo"),
        ("2001:2::1", "protocols"),
        ("2001:db8::1", "documentation"),
        ("2002:7f00:1::1", "6to4"),
        ("3fff::1", "documentation"),
        ("fc00::1", "unique local"),
        ("fd00:ec2::254", "unique local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
        ("5f00::1", "not a global unicast"),
        ("4000::1", "not a global unicast"),
        ("not-an-address", "not an IP address"),
    ],
)
def test_refusal_of_a_non_public_address_names_its_rule(address: str, rule: str) -> None:
    refused = refusal(address, 443)
    assert refused is not None
    assert refused.reason == "address_refused"
    assert rule in refused.message


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
        "2001:200::1",
        "2606:4700::1111",
    ],
)
def test_refusal_of_a_public_address_depends_on_its_port(address: str) -> None:
    assert refusal(address, 80) is None
    assert refusal(address, 443) is None
    refused = refusal(address, 22)
    assert refused is not None
    assert refused.reason == "port_refused"
    assert refusal(address, 22, ports=frozenset({22})) is None


def test_allowed_network_with_port_allows_only_that_port() -> None:
    allowed = parse_allowed_networks("127.0.0.1:8000")
    assert refusal("127.0.0.1", 8000, allowed) is None
    assert refusal("::ffff:127.0.0.1", 8000, allowed) is None
    assert refusal("127.0.0.1", 8001, allowed) is not None
    assert refusal("127.0.0.2", 8000, allowed) is not None


def test_allowed_network_without_port_allows_every_port() -> None:
    allowed = parse_allowed_networks("10.0.0.0/8")
    assert refusal("10.2.3.4", 5432, allowed) is None
    # The same address through NAT64 is another network: a gateway may lead anywhere.
    assert refusal("64:ff9b::a02:304", 5432, allowed) is not None


def test_allowed_networks_parse_with_and_without_ports() -> None:
    assert parse_allowed_networks(" 10.0.0.0/8, 192.168.1.5:8000,[fd00::/8]:80,fd12::1, ") == (
        AllowedNetwork(ip_network("10.0.0.0/8")),
        AllowedNetwork(ip_network("192.168.1.5/32"), 8000),
        AllowedNetwork(ip_network("fd00::/8"), 80),
        AllowedNetwork(ip_network("fd12::1/128")),
    )
    assert parse_allowed_networks("") == ()


@pytest.mark.parametrize(
    "text", ["lan", "10.0.0.1/8", "10.0.0.0/8:http", "10.0.0.0/8:0", "[fd00::/8", "10.0.0.0/8:"]
)
def test_allowed_networks_error_names_the_malformed_entry(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a network|is written") as error:
        parse_allowed_networks(f"127.0.0.1, {text}")
    assert repr(text) in str(error.value)
