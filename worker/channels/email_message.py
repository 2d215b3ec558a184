"""An alert as an e-mail: text and HTML of the same content, the same bytes on every attempt."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING

from worker.channels.text import clean_line, unlinkable
from worker.channels.view import View, view_of
from worker.domain.delivery import Notice

if TYPE_CHECKING:
    import jinja2

_MAX_SUBJECT = 150
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


def compose(notice: Notice, *, sender: str, recipients: Sequence[str]) -> bytes:
    """The message as it goes over SMTP.

    `sender` and `recipients` are checked addresses (`a@b` or `Name <a@b>`). `Message-ID` comes
    from the notice's id, and `References` names a root that all messages of the story share, so
    that mail programs show them as one conversation.
    """
    view = view_of(notice)
    domain = parseaddr(sender)[1].rpartition("@")[2].lower()
    root = f"<{_id_part(notice.alert.story_id)}@{domain}>"
    message = EmailMessage(policy=_POLICY)
    message["From"] = _mailbox(sender)
    message["To"] = [_mailbox(recipient) for recipient in recipients]
    message["Subject"] = header_text(view.headline, _MAX_SUBJECT)
    message["Date"] = format_datetime(notice.alert.created)
    message["Message-ID"] = f"<{_id_part(notice.message_id)}@{domain}>"
    message["In-Reply-To"] = root
    message["References"] = root
    message["Auto-Submitted"] = "auto-generated"
    message["List-Id"] = f"<alliance-watch.{domain}>"
    message.set_content(_render("alert.txt.j2", view), charset="utf-8", cte="quoted-printable")
    message.add_alternative(
        _render("alert.html.j2", view), subtype="html", charset="utf-8", cte="quoted-printable"
    )
    message.set_boundary(f"=_{_id_part(notice.message_id)}")
    return message.as_bytes()


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


def _render(template: str, view: View) -> str:
    return _environment().get_template(template).render(view=view, labels=view.labels)


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
