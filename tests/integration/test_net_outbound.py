from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator

import pytest

from tests.support.dns import FakeResolver
from tests.support.origin import Origin, Reply, origin
from worker.net import (
    BadAddress,
    BadAnswer,
    Blocked,
    NetError,
    Outbound,
    Response,
    TimedOut,
    TooLarge,
    Unreachable,
    decode,
)

LOOPBACK = ("127.0.0.0/8",)


@pytest.fixture
async def server() -> AsyncIterator[Origin]:
    async with origin() as running:
        yield running


@pytest.fixture
async def out() -> AsyncIterator[Outbound]:
    async with Outbound(LOOPBACK) as outbound:
        yield outbound


async def get(
    outbound: Outbound,
    url: str,
    *,
    headers: dict[str, str] | None = None,
    timeout: float = 5,  # noqa: ASYNC109
    max_bytes: int = 1_000_000,
    follow: bool = True,
    cut: bool = False,
) -> Response:
    return await outbound.request(
        "GET",
        url,
        headers=headers,
        timeout=timeout,
        max_bytes=max_bytes,
        follow_redirects=follow,
        cut=cut,
    )


async def test_an_answer_comes_back_whole(server: Origin, out: Outbound) -> None:
    url = server.on("/a", Reply(201, b"hello", {"ETag": '"x"', "X-Two": "2"}))
    answer = await out.request(
        "POST", url, headers={"X-One": "1"}, body=b"body", timeout=5, max_bytes=100
    )
    assert (answer.status, answer.body, answer.url) == (201, b"hello", url)
    assert answer.headers["etag"] == '"x"'
    asked = server.asked[0]
    assert (asked.method, asked.body, asked.raw("x-one")) == ("POST", b"body", b"1")
    assert asked.headers["User-Agent"].startswith("alliance-watch/")
    assert asked.headers["Accept-Encoding"] == decode.ACCEPTED


async def test_connections_are_kept(server: Origin, out: Outbound) -> None:
    url = server.on("/a", Reply(200, b"x"))
    for _ in range(5):
        await get(out, url)
    assert len({one.client for one in server.asked}) == 1


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


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("ftp://127.0.0.1/x", BadAddress),
        ("file:///etc/passwd", BadAddress),
        ("gopher://127.0.0.1/", BadAddress),
        ("javascript:alert(1)", BadAddress),
        ("http://[::1", BadAnswer),
    ],
)
async def test_redirects_lead_to_the_web_only(
    target: str, error: type[NetError], server: Origin, out: Outbound
) -> None:
    url = server.on("/go", Reply(302, headers={"Location": target}))
    with pytest.raises(error):
        await get(out, url)


async def test_redirects_are_followed_five_times(server: Origin, out: Outbound) -> None:
    for n in range(7):
        server.on(f"/{n}", Reply(301, headers={"Location": f"/{n + 1}"}))
    server.on("/7", Reply(200, b"there"))
    answer = await get(out, server.url + "/2")
    assert answer.body == b"there"
    assert answer.url == server.url + "/7"
    assert [(hop.status, hop.url) for hop in answer.redirects] == [
        (301, f"{server.url}/{n}") for n in range(3, 8)
    ]
    with pytest.raises(BadAnswer, match="more than 5"):
        await get(out, server.url + "/1")


async def test_redirects_are_left_alone_unless_asked_for(server: Origin, out: Outbound) -> None:
    url = server.on("/go", Reply(302, b"moved", {"Location": "/x"}))
    answer = await get(out, url, follow=False)
    assert (answer.status, answer.body, answer.redirects) == (302, b"moved", ())
    assert len(server.asked) == 1


async def test_credentials_stay_with_their_origin(server: Origin, out: Outbound) -> None:
    async with origin() as other:
        elsewhere = other.on("/b", Reply(200, b"x"))
        within = server.on("/a", Reply(302, headers={"Location": "/hop"}))
        server.on("/hop", Reply(307, headers={"Location": elsewhere}))
        headers = {"Authorization": "Bearer s", "X-Api-Key": "k", "Accept": "a/b", "Cookie": "c=1"}
        await get(out, within, headers=headers)
        assert server.asked[1].headers["Authorization"] == "Bearer s"
        assert server.asked[1].headers["X-Api-Key"] == "k"
        seen = other.asked[0].headers
    assert not {"Authorization", "X-Api-Key", "Cookie"} & set(seen)
    assert seen["Accept"] == "a/b"


async def test_user_and_password_become_a_header_and_leave_the_address(
    server: Origin, out: Outbound
) -> None:
    url = server.on("/a", Reply(200)).replace("http://", "http://user:pa%20ss@")
    answer = await get(out, url)
    assert server.asked[0].headers["Authorization"] == "Basic dXNlcjpwYSBzcw=="
    assert "pa" not in answer.url


async def test_a_post_is_not_repeated_as_a_post_after_303(server: Origin, out: Outbound) -> None:
    url = server.on("/a", Reply(303, headers={"Location": "/b"}))
    server.on("/b", Reply(200))
    await out.request("POST", url, body=b"x", timeout=5, max_bytes=10, follow_redirects=True)
    assert [(one.method, one.body) for one in server.asked] == [("POST", b"x"), ("GET", b"")]


@pytest.mark.parametrize("coding", ["", "gzip"])
async def test_a_body_over_the_cap_is_refused(coding: str, server: Origin, out: Outbound) -> None:
    body = b"x" * 5_001
    headers = {"Content-Encoding": coding} if coding else {}
    url = server.on("/a", Reply(200, gzip.compress(body) if coding else body, headers))
    with pytest.raises(TooLarge, match="5000 bytes"):
        await get(out, url, max_bytes=5_000)
    assert len((await get(out, url, max_bytes=5_001)).body) == 5_001


async def test_an_endless_body_is_refused(server: Origin, out: Outbound) -> None:
    url = server.on("/a", Reply(200, b"x" * 50_000, endless=True))
    with pytest.raises(TooLarge):
        await get(out, url)


async def test_compressed_bytes_that_unfold_to_nothing_are_capped(
    server: Origin, out: Outbound
) -> None:
    url = server.on(
        "/a", Reply(200, gzip.compress(b"", 0) * 50, {"Content-Encoding": "gzip"}, endless=True)
    )
    with pytest.raises((TooLarge, BadAnswer)):
        await get(out, url, max_bytes=1_000)


async def test_a_drip_meets_the_deadline(server: Origin, out: Outbound) -> None:
    url = server.on("/a", Reply(200, b"x" * 1_000, drip=0.05))
    begun = time.monotonic()
    with pytest.raises(TimedOut, match=r"0\.3 s"):
        await get(out, url, timeout=0.3)
    assert time.monotonic() - begun < 2


async def test_the_deadline_covers_all_hops(server: Origin, out: Outbound) -> None:
    for n in range(5):
        server.on(f"/{n}", Reply(302, headers={"Location": f"/{n + 1}"}, delay=0.2))
    with pytest.raises(TimedOut):
        await get(out, server.url + "/0", timeout=0.5)


async def test_a_body_shorter_than_promised_is_noticed(server: Origin, out: Outbound) -> None:
    url = server.on("/a", Reply(200, b"half", promise=100))
    with pytest.raises(BadAnswer, match="cut short"):
        await get(out, url)


async def test_of_an_error_the_status_is_kept_whatever_its_body(
    server: Origin, out: Outbound
) -> None:
    bodies = {
        "/long": Reply(503, b"x" * 200_000, {"Retry-After": "7"}),
        "/endless": Reply(503, b"x" * 50_000, {"Retry-After": "7"}, endless=True),
        "/broken": Reply(503, b"\x1f\x8bxxx", {"Content-Encoding": "gzip", "Retry-After": "7"}),
        "/short": Reply(503, b"half", {"Retry-After": "7"}, promise=100),
        "/strange": Reply(503, b"x", {"Content-Encoding": "compress", "Retry-After": "7"}),
    }
    for path, reply in bodies.items():
        answer = await get(out, server.on(path, reply))
        assert (answer.status, answer.headers["Retry-After"]) == (503, "7"), path
        assert len(answer.body) <= 64 * 1024


async def test_with_cut_a_success_keeps_its_status_too(server: Origin, out: Outbound) -> None:
    url = server.on("/a", Reply(200, b"x" * 50_000, endless=True))
    answer = await get(out, url, max_bytes=2_000, cut=True)
    assert (answer.status, answer.body) == (200, b"x" * 2_000)
    slow = server.on("/slow", Reply(200, b"ok" + b"." * 1_000, drip=0.02))
    begun = time.monotonic()
    answer = await get(out, slow, cut=True, timeout=10)
    assert answer.body.startswith(b"ok")
    assert time.monotonic() - begun < 5


async def test_nobody_listening_is_told_apart(out: Outbound) -> None:
    with pytest.raises(Unreachable, match="refused"):
        await get(out, "http://127.0.0.1:1/")
    with pytest.raises(Unreachable, match="no address"):
        async with Outbound(resolver=FakeResolver({})) as nameless:
            await get(nameless, "http://nowhere.example/")


async def test_an_answer_that_is_no_http_is_refused(out: Outbound) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(NetError):
            await get(out, f"http://127.0.0.1:{port}/")
        with pytest.raises(Unreachable):
            await get(out, f"https://127.0.0.1:{port}/")


async def test_headers_have_limits(server: Origin, out: Outbound) -> None:
    long = server.on("/long", Reply(200, b"x", {"X-Long": "y" * 20_000}))
    many = server.on("/many", Reply(200, b"x", {f"X-{n}": "y" for n in range(500)}))
    for url in (long, many):
        with pytest.raises(BadAnswer):
            await get(out, url)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b"])
async def test_a_header_cannot_hold_two(value: str, server: Origin, out: Outbound) -> None:
    with pytest.raises(BadAddress):
        await get(out, server.on("/a", Reply(200)), headers={"X-One": value})
    assert server.asked == []


@pytest.mark.parametrize(
    "url", ["", "x", "http:/x", "http://", "https:///x", "ftp://example.org/", "//x"]
)
async def test_what_is_no_web_address_is_refused(url: str, out: Outbound) -> None:
    with pytest.raises(BadAddress):
        await get(out, url)


async def test_messages_hold_no_secret(server: Origin, out: Outbound) -> None:
    secret = "hunter2hunter2"
    server.on("/a", Reply(200, b"x" * 100))
    base = server.url.replace("http://", f"http://u:{secret}@")
    for url in (f"{base}/a?k={secret}", f"http://u:{secret}@127.0.0.1:1/{secret}?k={secret}"):
        with pytest.raises(NetError) as caught:
            await get(out, url, max_bytes=10)
        assert secret not in str(caught.value)
        assert caught.value.__cause__ is None
        assert "\n" not in str(caught.value)


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


BOMB = """
import asyncio, json, resource, sys
from worker.net import Outbound, TooLarge
async def main():
    async with Outbound(["127.0.0.0/8"]) as out:
        async def one(path):
            try:
                await out.request("GET", sys.argv[1] + path, timeout=60, max_bytes=10 << 20)
            except TooLarge:
                return True
        await out.request("GET", sys.argv[1] + "/plain", timeout=60, max_bytes=10 << 20)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        refused = [await one(path) for path in sys.argv[2:]]
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps([refused, after - before]))
asyncio.run(main())
"""


def bomb_gzip(megabytes: int) -> bytes:
    import zlib

    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    block = bytes(1 << 20)
    return b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()


async def test_memory_stays_flat_under_bombs(server: Origin) -> None:
    """300 MiB in gzip, the same in two layers, in brotli and zstd, against a cap of 10 MiB."""
    import brotli  # type: ignore[import-untyped]

    bomb = bomb_gzip(300)
    packer = brotli.Compressor(quality=5)
    block = bytes(1 << 20)
    tight = b"".join(packer.process(block) for _ in range(300)) + packer.finish()
    server.on("/plain", Reply(200, b"x" * (9 << 20)))
    server.on("/gzip", Reply(200, bomb, {"Content-Encoding": "gzip"}))
    server.on("/twice", Reply(200, gzip.compress(bomb), {"Content-Encoding": "gzip, gzip"}))
    server.on("/br", Reply(200, tight, {"Content-Encoding": "br"}))
    paths = ["/gzip", "/twice", "/br"]
    if decode._zstd is not None:
        server.on(
            "/zstd",
            Reply(200, decode._zstd.compress(bytes(300 << 20)), {"Content-Encoding": "zstd"}),
        )
        paths.append("/zstd")
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BOMB, server.url, *paths, stdout=subprocess.PIPE
    )
    output, _ = await child.communicate()
    refused, grown_kib = json.loads(output)
    assert refused == [True] * len(paths)
    assert grown_kib < 30 * 1024
