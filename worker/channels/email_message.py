"""An alert as an e-mail: text and HTML of the same content, the same bytes on every attempt."""

from __future__ import annotations

import functools
import re
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING

from worker.channels.labels import ENGLISH
from worker.channels.links import ReaderLinks
from worker.channels.text import clean_line, safe_link, unlinkable
from worker.channels.view import view_of
from worker.domain.delivery import Bulletin, Notice
from worker.domain.ids import derive

if TYPE_CHECKING:
    import jinja2

_MAX_SUBJECT = 150
_SIGNED = (
    b"from", b"to", b"subject", b"date", b"message-id", b"in-reply-to", b"references",
    b"mime-version", b"content-type", b"list-id", b"list-unsubscribe", b"list-unsubscribe-post",
    b"auto-submitted",
)  # fmt: skip
_ENCODED_WORD = re.compile(r"=\?[^?\s]*\?[^?\s]*\?[^?\s]*\?=")


class _Policy(EmailPolicy):
    """SMTP's, with a subject of our own folding.

    The standard one loses or doubles a space where it breaks between encoded words. Here a
    subject in ASCII stays on one line, and any other is encoded as a whole.
    """

    def fold(self, name: str, value: str) -> str:
        if name != "Subject":
            return str(super().fold(name, value))
        subject = str(value)
        if not subject.isascii():
            subject = Header(subject, "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {subject}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("ascii")


_POLICY = _Policy(linesep="\r\n", raise_on_defect=True)


def compose(
    notice: Notice, *, sender: str, recipient: str, links: ReaderLinks | None = None
) -> bytes:
    """The message as it goes over SMTP.

    `sender` and `recipient` are checked addresses (`a@b` or `Name <a@b>`). `Message-ID` comes
    from the notice's id and the recipient, and `References` names a root that all messages of
    the story share, so that mail programs show them as one conversation.
    """
    view = view_of(notice)
    domain = _domain_of(sender)
    root = f"<{_id_part(notice.alert.story_id)}@{domain}>"
    message = _begin(notice.message_id, notice.alert.created, view.headline, sender, recipient)
    message["In-Reply-To"] = root
    message["References"] = root
    message["List-Id"] = f"<alliance-watch.{domain}>"
    if links is not None:
        _let_unsubscribe(message, links.unsubscribe)
    return _finish(
        message,
        notice.message_id,
        _render("alert.txt.j2", view=view, labels=view.labels, links=links),
        _render("alert.html.j2", view=view, labels=view.labels, links=links),
    )


def compose_announcement(
    bulletin: Bulletin, *, sender: str, recipient: str, unsubscribe: str = ""
) -> bytes:
    """The same for a message that is no alert, such as a digest of many."""
    said = bulletin.said
    headline = clean_line(said.headline, 400) or said.kind
    lines = [(clean_line(line, 400), safe_link(link)) for line, link in said.linked_lines()]
    message = _begin(bulletin.message_id, said.created, headline, sender, recipient)
    if unsubscribe:
        _let_unsubscribe(message, unsubscribe)
    values = {
        "headline": headline,
        "lines": lines,
        "labels": ENGLISH,
        "unsubscribe": unsubscribe,
    }
    return _finish(
        message,
        bulletin.message_id,
        _render("announcement.txt.j2", **values),
        _render("announcement.html.j2", **values),
    )


def sign(raw: bytes, *, selector: str, domain: str, key: str) -> bytes:
    """The message with a DKIM signature (RFC 6376) over its body and every header it has.

    Each of those headers is signed as absent beyond what is there, so that none can be added.
    """
    import dkim

    present = [name for name in _SIGNED if re.search(rb"(?mi)^" + name + rb":", raw)]
    signature: bytes = dkim.sign(
        raw,
        selector.encode(),
        domain.encode(),
        key.strip().encode(),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[*present, *present],
    )
    return signature + raw


def _begin(
    message_id: str, moment: datetime, headline: str, sender: str, recipient: str
) -> EmailMessage:
    message = EmailMessage(policy=_POLICY)
    message["From"] = _mailbox(sender)
    message["To"] = [_mailbox(recipient)]
    message["Subject"] = header_text(headline, _MAX_SUBJECT)
    message["Date"] = format_datetime(moment)
    own = derive("to", message_id, parseaddr(recipient)[1]).removeprefix("to_")[:12]
    message["Message-ID"] = f"<{_id_part(message_id)}.{own}@{_domain_of(sender)}>"
    message["Auto-Submitted"] = "auto-generated"
    return message


def _let_unsubscribe(message: EmailMessage, address: str) -> None:
    """RFC 8058: a mail program may unsubscribe its reader by one POST."""
    message["List-Unsubscribe"] = f"<{address}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _finish(message: EmailMessage, message_id: str, text: str, html: str) -> bytes:
    message.set_content(text, charset="utf-8", cte="quoted-printable")
    message.add_alternative(html, subtype="html", charset="utf-8", cte="quoted-printable")
    message.set_boundary(f"=_{_id_part(message_id)}")
    return message.as_bytes()


def _domain_of(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2].lower()


def header_text(text: str, limit: int) -> str:
    """`text` so that it can only ever be the value of the header that it is put in.

    Control characters go, and encoded words too: some mail libraries decode those in what they
    are given, line ends included, which opens a way to headers of a stranger's choice.
    """
    text = clean_line(text, limit * 4)
    while (stripped := _ENCODED_WORD.sub(" ", text)) != text:
        text = stripped
    return clean_line(text.replace("=?", "= ?").replace("?=", "? ="), limit) or "-"


def _mailbox(address: str) -> Address:
    name, bare = parseaddr(address)
    return Address(display_name=header_text(name, 100) if name else "", addr_spec=bare)


def _id_part(identity: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", identity)


def _render(template: str, **values: object) -> str:
    return _environment().get_template(template).render(**values)


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("worker.channels", "templates"),
        autoescape=jinja2.select_autoescape(disabled_extensions=("txt.j2",), default=True),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["dead"] = unlinkable
    return environment
