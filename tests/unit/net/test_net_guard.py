from __future__ import annotations

import pytest

from worker.net.guard import AddressGuard

CLOSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.1.2.3",
    "127.255.255.255",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::",
    "::1",
    "::2",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:7f00:1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.1.2.3",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2002:a9fe:a9fe::1",
    "2002:c0a8:101::1",
    "3fff::1",
    "5f00::1",
    "4000::1",
    "fc00::1",
    "fd00:ec2::254",
    "fd12:3456:789a::1",
    "fe80::1",
    "fe80::1%1",
    "fec0::1",
    "ff02::1",
    "ff05::1:3",
    "2600:1::5efe:10.0.0.1",
    "2600:1::200:5efe:7f00:1",
]

OPEN = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.1",
    "192.167.255.255",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2a00:1450:4007:80e::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",
]


@pytest.mark.parametrize("address", CLOSED)
def test_an_address_outside_the_public_internet_is_closed(address: str) -> None:
    assert not AddressGuard().permits(address)


@pytest.mark.parametrize("address", OPEN)
def test_a_public_address_is_open(address: str) -> None:
    assert AddressGuard().permits(address)


@pytest.mark.parametrize("address", ["", "localhost", "127.1", "0x7f000001", "2130706433", "[::1]"])
def test_what_is_no_literal_address_is_closed(address: str) -> None:
    assert not AddressGuard(["0.0.0.0/0", "::/0"]).permits(address)


def test_an_allowed_network_is_open_and_nothing_next_to_it() -> None:
    guard = AddressGuard(["10.1.0.0/16", "fd00:1::/32", "127.0.0.1/32"])
    assert guard.permits("10.1.2.3")
    assert guard.permits("::ffff:10.1.2.3")
    assert guard.permits("fd00:1::5")
    assert not guard.permits("10.2.0.1")
    assert not guard.permits("127.0.0.2")
    assert not guard.permits("fd00:2::5")


def test_translated_forms_do_not_borrow_an_allowance() -> None:
    assert not AddressGuard(["10.0.0.0/8"]).permits("64:ff9b::10.0.0.1")
    assert not AddressGuard(["10.0.0.0/8"]).permits("2002:a00:1::1")


@pytest.mark.parametrize("entry", ["nonsense", "10.0.0.1/8", "10.0.0.0/33"])
def test_an_allowance_that_is_no_network_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"does not appear|host bits"):
        AddressGuard([entry])
