"""The mailbox of the local cloud: its sent mails as JSON and as web pages."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from jinja2 import Environment

# A mail's HTML is shown in a frame that runs no script and opens links in a new tab.
PAGE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
    Path(__file__).with_suffix(".html").read_text()
)


@dataclass(frozen=True)
class Mail:
    """One sent mail. ``sent_at`` is real time, even if the product's clock runs faster."""

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
    """The engine's records of sent mails as `Mail` objects, in the same order."""
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
    # Links open in a new tab, because pages in the frame have neither cookies nor forms.
    return PAGE.render(shown=mail, based=f'<base target="_blank">{mail.html}')
