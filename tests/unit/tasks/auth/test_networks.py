"""What limits count: one address of IPv4, and all 2^64 of a customer's IPv6 network as one."""

import pytest

from tasks.auth.networks import client_network


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", "unix:"),
        ("x" * 300, "x" * 64),
    ],
)
def test_client_network_is_what_one_customer_has(address: str, network: str) -> None:
    assert client_network(address) == network
