"""No address, name, redirect or proxy leads inwards."""

from __future__ import annotations

import pytest

from tests.support.dns import FakeResolver
from tests.support.origin import Origin, Reply
from tests.support.outbound import get
from worker.net import BadAddress, Blocked, Outbound, Unreachable


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "127.0.1", "127.0.0.1.", "2130706433", "0x7f000001", "0x7f.1",
        "0177.0.0.1", "017700000001", "0", "0.0.0.0", "localhost", "LOCALHOST", "localhost.",
        "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
        "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fe80::1%25lo]",
        "[fd00:ec2::254]", "[ff02::1]", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1",
        "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[::ffff:a9fe:a9fe]",
        "①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1", "%31%32%37.0.0.1", "127.0.0.1%00.example.org",
        "user@127.0.0.1", "example.org@127.0.0.1", "127.000.000.001", "0x7f.0x0.0x0.0x1",
        "224.0.0.1", "255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "168.63.129.16",
        "inward.example", "mixed.example", "metadata.example", "mapped.example", "v6.example",
        "cgnat.example", "nat64.example", "zero.example", "sixtofour.example", "multicast.example",
    ],
)  # fmt: skip
async def test_no_spelling_of_an_inner_address_gets_through(host: str, server: Origin) -> None:
    url = server.on("/secret", Reply(200, b"inside"))
    inner = {
        "inward.example": "127.0.0.1",
        "mixed.example": "10.0.0.1 127.0.0.1 ::1",
        "metadata.example": "169.254.169.254",
        "mapped.example": "::ffff:127.0.0.1",
        "v6.example": "::1",
        "cgnat.example": "100.64.0.1",
        "nat64.example": "64:ff9b::7f00:1",
        "zero.example": "0.0.0.0",
        "sixtofour.example": "2002:7f00:1::1",
        "multicast.example": "224.0.0.1",
    }
    names = {name: [addresses.split()] for name, addresses in inner.items()}
    table = {"localhost": [["127.0.0.1"]], "localhost.": [["127.0.0.1"]], **names}
    for spelling in ("127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "0"):
        table[spelling] = [["127.0.0.1"]]
    async with Outbound(resolver=FakeResolver(table)) as strict:
        with pytest.raises((Blocked, BadAddress, Unreachable)) as caught:
            await get(strict, url.replace("127.0.0.1", host))
    assert server.asked == []
    if host in names or host in ("127.0.0.1", "localhost", "[::1]", "169.254.169.254"):
        assert caught.type is Blocked


async def test_the_systems_own_resolver_is_guarded_too(server: Origin) -> None:
    url = server.on("/secret", Reply(200, b"inside"))
    async with Outbound() as strict:
        for host in ("localhost", "0x7f.1", "127.1"):
            with pytest.raises((Blocked, BadAddress)):
                await get(strict, url.replace("127.0.0.1", host))
    assert server.asked == []


async def test_of_several_addresses_only_permitted_ones_are_dialled(server: Origin) -> None:
    server.on("/a", Reply(200, b"x"))
    resolver = FakeResolver({"two.example": [["10.0.0.1", "127.0.0.1"]]})
    async with Outbound(["127.0.0.1/32"], resolver=resolver) as outbound:
        answer = await get(outbound, f"http://two.example:{server.port}/a")
    assert answer.body == b"x"
    assert server.asked[0].headers["Host"] == f"two.example:{server.port}"


async def test_a_name_that_turns_inwards_after_its_check_gains_nothing(server: Origin) -> None:
    server.on("/a", Reply(200, b"x", {"Connection": "close"}))
    resolver = FakeResolver({"turning.example": [["127.0.0.1"], ["127.0.0.2"]]})
    async with Outbound(["127.0.0.1/32"], resolver=resolver) as outbound:
        url = f"http://turning.example:{server.port}/a"
        await get(outbound, url)
        assert outbound._session is not None
        outbound._session.connector.clear_dns_cache()  # type: ignore[union-attr]
        with pytest.raises(Blocked):
            await get(outbound, url)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "target",
    ["http://10.0.0.1/", "http://[::1]/", "//169.254.169.254/latest/meta-data", "http://inner.example/"],
)  # fmt: skip
async def test_every_hop_is_guarded(target: str, server: Origin) -> None:
    url = server.on("/go", Reply(302, headers={"Location": target}))
    resolver = FakeResolver({"inner.example": [["10.0.0.1"]]})
    async with Outbound(["127.0.0.1/32"], resolver=resolver) as outbound:
        with pytest.raises(Blocked):
            await get(outbound, url)


async def test_through_a_proxy_the_targets_are_checked_too(server: Origin) -> None:
    server.on("/a", Reply(200, b"inside"))
    resolver = FakeResolver({"inner.example": [["10.0.0.1"]], "proxy.example": [["127.0.0.1"]]})
    proxy = f"http://user:pass@proxy.example:{server.port}"
    async with Outbound(proxy=proxy, resolver=resolver) as outbound:
        hosts = ("inner.example", "10.0.0.1", "[::1]", "proxy.example", "127.0.0.1")
        for target in (f"http://{host}/a" for host in hosts):
            with pytest.raises(Blocked):
                await get(outbound, target)
        assert server.asked == []
        # What does not resolve here is the proxy's to find.
        await get(outbound, "http://outer.example/a")
        assert server.asked[0].headers["Host"] == "outer.example"
        assert server.asked[0].headers["Proxy-Authorization"] == "Basic dXNlcjpwYXNz"
