"""XML as small trees, read without entities, document types, or anything from elsewhere.

Names are local names: what prefix a provider binds to which namespace tells nothing here, and a
document with a prefix that is bound to none is still to be read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from worker.feeds.parsed import Unparsable

_MAX_DEPTH = 100


@dataclass(slots=True)
class Node:
    """An element: its name, attributes by name as written, and in order what it holds."""

    name: str
    attributes: dict[str, str]
    content: list[Node | str] = field(default_factory=list)

    def children(self, *names: str) -> Iterator[Node]:
        """The elements directly inside that have one of these names."""
        for part in self.content:
            if isinstance(part, Node) and part.name in names:
                yield part

    def child(self, name: str) -> Node | None:
        """The first element directly inside that has this name."""
        return next(self.children(name), None)

    def below(self, *names: str) -> Iterator[Node]:
        """The outermost elements with one of these names, however deep, in order."""
        for part in self.content:
            if isinstance(part, Node):
                if part.name in names:
                    yield part
                else:
                    yield from part.below(*names)

    def text(self) -> str:
        """All the characters inside."""
        pieces: list[str] = []
        self._collect(pieces)
        return "".join(pieces)

    def _collect(self, pieces: list[str]) -> None:
        for part in self.content:
            if isinstance(part, str):
                pieces.append(part)
            else:
                part._collect(pieces)


class Reader:
    """Reads one document once.

    `found` are the complete outermost elements that have one of the names asked for, `error` is
    one line on what broke the document off, if anything did.
    """

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = frozenset(wanted)
        self._open: list[Node] = []
        self._depth = 0
        self.found: list[Node] = []
        self.error: str | None = None

    def read(self, document: bytes) -> None:
        """Read `document`, which is UTF-8 whatever it declares.

        Raises `Unparsable` for a document type declaration, which these formats have no use for
        and attacks have (CWE-611, CWE-776), and for nesting beyond reason.
        """
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse
        try:
            parser.Parse(document, True)
        except expat.ExpatError as error:
            self.error = f"{expat.errors.messages[error.code]} (line {error.lineno})"

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise Unparsable("nested too deeply")
        local = name.rpartition(":")[2]
        if self._open or local in self._wanted:
            node = Node(local, attributes)
            if self._open:
                self._open[-1].content.append(node)
            self._open.append(node)

    def _end(self, _name: str) -> None:
        self._depth -= 1
        if self._open:
            node = self._open.pop()
            if not self._open:
                self.found.append(node)

    def _characters(self, data: str) -> None:
        if self._open:
            self._open[-1].content.append(data)


def _refuse(*_: object) -> None:
    raise Unparsable("has a document type declaration, which NewsML-G2 does without")
