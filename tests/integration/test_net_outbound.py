"""What is asked, followed and answered over HTTP, and what each failure is called."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.dns import FakeResolver
from tests.support.origin import Origin, Reply, origin
from tests.support.outbound import get
from worker.net import BadAddress, BadAnswer, NetError, Outbound, Unreachable, decode


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
