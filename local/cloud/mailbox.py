"""The local inboxes: what the cloud mailed, as JSON for programs and as a page for people."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from jinja2 import Environment

# A mail is somebody else's HTML: it is shown in a frame that may run nothing, and whose links open outside.
PAGE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
    Path(__file__).with_suffix(".html").read_text()
)


@dataclass(frozen=True)
class Mail:
    """One mail that was sent; ``sent_at`` is by the world's clock, not by a faster one."""

    id: str
    to: list[str]
    sender: str
    subject: str
    text: str
    html: str
    sent_at: str

    def as_json(self) -> dict[str, Any]:
        fields = asdict(self)
        fields["from"] = fields.pop("sender")
        return fields


def read_mails(kept: list[dict[str, Any]]) -> list[Mail]:
    """What the engine keeps of each mail it sent, oldest first, in the product's words."""
    return [
        Mail(
            id=str(mail["MessageId"]).partition("@")[0],
            to=[parseaddr(address)[1] or address for address in mail["To"]],
            sender=str(mail["Source"]),
            subject=str(mail["Subject"]),
            text=str(mail["BodyText"] or ""),
            html=str(mail["BodyHtml"] or ""),
            sent_at=datetime.fromtimestamp(mail["Timestamp"], UTC).isoformat(timespec="milliseconds")[:-6]
            + "Z",
        )
        for mail in kept
    ]


def list_page(mails: list[Mail]) -> str:
    return PAGE.render(mails=mails, shown=None)


def mail_page(mail: Mail) -> str:
    # Links leave the frame for a tab of their own: within it they would have neither cookies nor forms.
    return PAGE.render(shown=mail, based=f'<base target="_blank">{mail.html}')
