"""Which IP addresses may be dialled: public ones on web ports, and allowed networks. Pure."""

from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Where feeds are served: the two standard ports and their customary alternatives. Another port of a
# public address is more often a database or a mail server than a podcast.
WEB_PORTS = frozenset({80, 443, 8080, 8443})

# IANA's special-purpose registries (RFC 6890 and its successors), and addresses of cloud platforms.
_REFUSED_4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), rule)
    for network, rule in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared with a carrier (CGNAT)"),
        ("127.0.0.0/8", "loopback"),
        ("168.63.129.16/32", "the platform service of a cloud"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "broadcast"),
        ("240.0.0.0/4", "reserved"),
    )
)
_REFUSED_6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), rule)
    for network, rule in (
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        ("::/96", "IPv4-compatible"),
        ("64:ff9b:1::/48", "local NAT64"),
        ("100::/64", "discard-only"),
        ("2001::/32", "Teredo"),
        ("2001:db8::/32", "for documentation"),
        ("2001::/23", "reserved for protocols"),
        ("2002::/16", "6to4"),
        ("3fff::/20", "for documentation"),
        ("fc00::/7", "private (unique local)"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
_GLOBAL_6 = IPv6Network("2000::/3")  # all global unicast addresses that IANA has allocated
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class AllowedNetwork:
    """A network that the operator allows, on every port unless ``port`` is given."""

    network: Network
    port: int | None = None

    def allows(self, address: Address, port: int) -> bool:
        """Return whether this entry allows ``address`` and ``port``."""
        return address in self.network and self.port in {None, port}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an IP address is refused; ``reason`` is ``address_refused`` or ``port_refused``."""

    reason: str
    message: str


def parse_allowed_networks(text: str) -> tuple[AllowedNetwork, ...]:
    """Parse allowed networks, such as ``10.0.0.0/8, 192.168.1.5:8000, [fd00::/8]:80``.

    Each entry is a network in CIDR notation or a single address, with an optional ``:port``; IPv6
    with a port needs brackets. Empty text allows nothing.

    Raises:
        ValueError: an entry is malformed; the message names it.
    """
    entries = (entry.strip() for entry in text.split(","))
    return tuple(_allowed_network(entry) for entry in entries if entry)


def refusal(
    address: str | Address,
    port: int,
    allowed: tuple[AllowedNetwork, ...] = (),
    ports: frozenset[int] = WEB_PORTS,
) -> Refusal | None:
    """Return why ``address`` may not be dialled on ``port``; None when it may."""
    try:
        parsed = _unmapped(ip_address(address))
    except ValueError:
        return Refusal("address_refused", f"{address} is not an IP address")
    if any(entry.allows(parsed, port) for entry in allowed):
        return None
    if rule := _special_purpose(parsed):
        return Refusal("address_refused", f"{address} is {rule}")
    if port not in ports:
        return Refusal("port_refused", f"port {port} is not a port that serves podcasts")
    return None


def _unmapped(address: Address) -> Address:
    """Return the IPv4 address that the kernel dials for an IPv4-mapped one (RFC 4291, 2.5.5.2)."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _special_purpose(address: Address) -> str | None:
    if isinstance(address, IPv4Address):
        return next((rule for network, rule in _REFUSED_4 if address in network), None)
    if address in _NAT64:  # how a network without IPv4 reaches IPv4 addresses (RFC 6052)
        inner = _special_purpose(IPv4Address(int(address) & 0xFFFFFFFF))
        return inner and f"NAT64 for an address that is {inner}"
    rule = next((rule for network, rule in _REFUSED_6 if address in network), None)
    return rule or (None if address in _GLOBAL_6 else "not a global unicast address")


def _allowed_network(entry: str) -> AllowedNetwork:
    network, port = _split_port(entry)
    try:
        return AllowedNetwork(ip_network(network), None if port is None else _port(port))
    except ValueError as error:
        message = f"{entry!r} is not a network with an optional port like 10.0.0.0/8:80"
        repeats = "does not appear to be" in str(error)
        raise ValueError(message if repeats else f"{message}: {error}") from error


def _split_port(entry: str) -> tuple[str, str | None]:
    if entry.startswith("["):
        network, bracket, rest = entry[1:].partition("]")
        if not bracket or rest[:1] not in {"", ":"}:
            raise ValueError(f"{entry!r}: an IPv6 network with a port is written [fd00::/8]:80")
        return network, rest[1:] if rest else None
    if entry.count(":") == 1:
        network, _, port = entry.partition(":")
        return network, port
    return entry, None


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ValueError(f"{text!r} is not a port")
    return int(text)
