"""The network of a client, which is what limits count: an address costs its owner nothing. Pure."""

from ipaddress import IPv6Address, IPv6Network, ip_address

# What a provider gives to one customer, at least (RFC 6177); each has 2^64 addresses.
_IPV6_PREFIX = 64
# Longer than any address with its zone: behind a proxy, the client writes this text.
_LONGEST = 64


def client_network(address: str) -> str:
    """Return an IPv4 address as it is, the /64 of an IPv6 address, or the text that is neither."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:_LONGEST]
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((parsed, _IPV6_PREFIX), strict=False))
