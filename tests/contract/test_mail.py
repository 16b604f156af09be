"""A mail as SES gets it: what the raw MIME has, and what SES refuses."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import boto3
import pytest

from shared.aws.mail import SesMailer, mime
from shared.domain.errors import InvalidInput
from shared.ports import Mail
from tests.contract.conftest import REGION

MAIL = Mail("notice-1", ("zoë@example.com",), "A question about Zoë", "Grüße\n", "<p>Grüße</p>")


def test_a_mail_is_mime_with_text_html_and_its_notice_id() -> None:
    message = message_from_bytes(mime(MAIL, "plumbline@example.com"), policy=policy.default)
    assert message["Subject"] == "A question about Zoë"
    assert message["X-Plumbline-Notice"] == "notice-1"
    plain, rich = message.iter_parts()
    assert (plain.get_content_type(), plain.get_content().strip()) == ("text/plain", "Grüße")
    assert (rich.get_content_type(), rich.get_content().strip()) == ("text/html", "<p>Grüße</p>")


def test_a_mail_is_handed_to_ses(aws: None) -> None:
    ses = boto3.client("sesv2", region_name=REGION)
    ses.create_email_identity(EmailIdentity="plumbline@example.com")
    assert SesMailer(ses, "plumbline@example.com", "notices").send(MAIL)


LINK = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/r/" + "k7" * 26


def test_no_line_break_of_the_encoding_falls_into_a_link() -> None:
    long = Mail("notice-1", ("a@example.com",), "A question", f"Grüße\n{LINK}\n", f'<a href="{LINK}">ü</a>')
    raw = mime(long, "plumbline@example.com")
    assert b"quoted-printable" not in raw.lower()
    assert all(len(line) <= 78 and line.isascii() for line in raw.split(b"\r\n"))
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    for part in message.iter_parts():
        encoding = part["Content-Transfer-Encoding"]
        # Base64 is decoded as a whole. In any other encoding the link must stand on one line as it is.
        assert encoding == "base64" or LINK.encode() in re.split(rb'\r\n|"', part.as_bytes()), encoding
        assert LINK in part.get_content()


@pytest.mark.parametrize("address", ["mara@example.com\u2028", "mara@exa\nmple.com"])
def test_a_mail_that_cannot_be_written_is_refused_as_such(aws: None, address: str) -> None:
    ses = boto3.client("sesv2", region_name=REGION)
    ses.create_email_identity(EmailIdentity="plumbline@example.com")
    with pytest.raises(InvalidInput):
        SesMailer(ses, "plumbline@example.com", "notices").send(
            Mail("notice-1", (address,), "A question", "text", "<p>text</p>")
        )
