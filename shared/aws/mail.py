"""Sends mail by SES as raw MIME, so that text, HTML and our headers stay exactly as written."""

from email.message import EmailMessage
from email.policy import SMTP
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from shared.domain.errors import InvalidInput, Throttled
from shared.ports import Mail

if TYPE_CHECKING:
    from mypy_boto3_sesv2.client import SESV2Client

_THROTTLED: Final = {"TooManyRequestsException", "LimitExceededException", "SendingPausedException"}
_REFUSED: Final = {"MessageRejected", "BadRequestException", "MailFromDomainNotVerifiedException"}


class SesMailer:
    """See ``shared.ports.Mailer``."""

    def __init__(self, ses: "SESV2Client", sender: str, configuration_set: str) -> None:
        self._ses = ses
        self._sender = sender
        self._configuration_set = configuration_set

    def send(self, mail: Mail) -> str:
        try:
            raw = mime(mail, self._sender)
        except ValueError as error:
            raise InvalidInput(f"the mail cannot be written: {type(error).__name__}") from error
        try:
            answer = self._ses.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": list(mail.to)},
                Content={"Raw": {"Data": raw}},
                ConfigurationSetName=self._configuration_set,
                EmailTags=[{"Name": "notice", "Value": mail.notice_id}],
            )
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _THROTTLED:
                raise Throttled(f"the mail service returned {code}") from error
            if code in _REFUSED:
                raise InvalidInput(f"the mail service refused the mail: {code}") from error
            raise
        return answer["MessageId"]


def mime(mail: Mail, sender: str) -> bytes:
    """The mail as RFC 5322 bytes: a plain text and an HTML alternative.

    Raises ValueError for an address or a subject that no header can hold. Both parts are base64, because
    quoted-printable breaks long links, and some mail programs do not join them again.
    """
    if not all(address.isprintable() for address in mail.to):
        raise ValueError("an address has an invisible character")
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = ", ".join(mail.to)
    message["Subject"] = mail.subject
    message["X-Plumbline-Notice"] = mail.notice_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text, cte="base64")
    message.add_alternative(mail.html, subtype="html", cte="base64")
    return message.as_bytes()
