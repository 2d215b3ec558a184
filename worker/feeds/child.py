"""The process that parses documents for `ParserPool`: `python -m worker.feeds.child`.

It reads requests from standard input and writes answers to standard output, each a length (four
bytes, big endian) and that many bytes. A request is a line of JSON, then the document. An answer
is `o` and a feed (`parsed.dump`), `t` and the text of an article, `e` and one line of text, or `x`
and a line before it goes.
It ends when its input ends, when its parent dies, when a document takes too much memory or time,
and is never trusted.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import struct
import sys
from typing import Any, BinaryIO

# Not through `parse`, which brings the event loop and the log of the other side along.
from worker.feeds.parsed import Unparsable, dump
from worker.feeds.reading import parse_document

LENGTH = struct.Struct(">I")
READY = b"r"
FEED = b"o"
TEXT = b"t"
ERROR = b"e"
LAST = b"x"
_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Serve until the input ends; arguments: memory in bytes, CPU seconds a document, parent."""
    memory, seconds, parent = (int(argument) for argument in sys.argv[1:4])
    _die_with(parent)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the answers
    import worker.feeds.document  # noqa: F401 - loaded before the limit, ready before the first

    _limit(memory)
    _send(answers, READY)
    while (request := _receive(sys.stdin.buffer)) is not None:
        _allow_cpu(seconds)
        head, _, body = request.partition(b"\n")
        options = json.loads(head)
        try:
            answer = _answer(body, options)
        except Unparsable as error:
            answer = ERROR + str(error).encode("utf-8", "replace")
        except MemoryError:
            _send(answers, LAST + b"parsing needs more memory than is allowed")
            return 1  # what is left of this heap is not worth keeping
        except RecursionError:
            answer = ERROR + b"nested too deeply"
        except Exception as error:
            answer = ERROR + f"cannot be parsed ({type(error).__name__})".encode()
        _send(answers, answer)
        del request, body, answer
    return 0


def _answer(body: bytes, options: dict[str, Any]) -> bytes:
    """Raises `Unparsable`."""
    if options.get("task") == "article":
        # Few children are asked for articles, and what it takes to read them is large.
        from worker.feeds.article_text import article_text

        return TEXT + article_text(body, options["type"], options["base"]).encode("utf-8")
    return FEED + dump(parse_document(body, options["type"], options["base"]))


def _receive(stream: BinaryIO) -> bytes | None:
    length = stream.read(LENGTH.size)
    if len(length) < LENGTH.size:
        return None
    expected = LENGTH.unpack(length)[0]
    data = stream.read(expected)
    return data if len(data) == expected else None


def _send(stream: BinaryIO, data: bytes) -> None:
    stream.write(LENGTH.pack(len(data)) + data)
    stream.flush()


def _die_with(parent: int) -> None:
    """On Linux at once; elsewhere when the input ends or the CPU limit strikes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)


def _limit(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # macOS refuses this one; the clock and the CPU limit hold there.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _allow_cpu(seconds: int) -> None:
    """The limit counts the whole life of a process: move it on by what one document may take."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    limit = used + seconds + 1
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


if __name__ == "__main__":
    sys.exit(main())
