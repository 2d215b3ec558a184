"""Which network addresses a request may reach: the public Internet, and what is allowed by name.

The rule is on addresses as they are dialled, after name resolution: no spelling of a host
(decimal, octal, a name that points inwards) has to be recognised for it to hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IANA's IPv4 special-purpose registry (RFC 6890 and successors), spelled out because the
# properties of `ipaddress` differ between patch releases of Python. The last one is public by
# registry, yet answered by the cloud host that the machine runs on.
_CLOSED_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "168.63.129.16/32",
    )
)
# Only global unicast is open in IPv6 (RFC 4291), less these.
_GLOBAL_6 = IPv6Network("2000::/3")
_CLOSED_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocol assignments: Teredo, benchmarking, ORCHID, …
        "2001:db8::/32",
        "3fff::/20",
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


class AddressGuard:
    """Decides about addresses; `allow` names networks that are open although not public.

    Raises `ValueError` for an `allow` entry that is not a network.
    """

    def __init__(self, allow: Iterable[str] = ()) -> None:
        self._allow: tuple[Network, ...] = tuple(ip_network(entry) for entry in allow)

    def permits(self, address: str) -> bool:
        """Whether `address`, a literal as sockets take it, may be dialled."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
            parsed = IPv6Address(int(parsed))
        mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
        parsed = mapped or parsed
        return any(parsed in network for network in self._allow) or _is_public(parsed)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    # Translated forms lead to an IPv4 host: that host decides.
    if address in _NAT64:
        return _is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    if address.sixtofour is not None:
        return _is_public(address.sixtofour)
    if _isatap(address):
        return _is_public(IPv4Address(int(address) & 0xFFFFFFFF)) and _is_global(address)
    return _is_global(address)


def _is_global(address: IPv6Address) -> bool:
    return address in _GLOBAL_6 and not any(address in network for network in _CLOSED_6)


def _isatap(address: IPv6Address) -> bool:
    """RFC 5214: an interface identifier `[02]00:5efe` and an IPv4 address."""
    return (int(address) >> 32) & 0xFDFFFFFF == 0x00005EFE
