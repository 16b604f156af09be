"""An anchor as mail programs save it; and mails that somebody made to be misread."""

import base64
import quopri
import time
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from functions.audit.ledger.format import parse_checkpoint
from functions.audit.verify.anchors import LARGEST, checkpoint_in, read_anchor
from local.cli import main
from shared.aws.mail import mime
from shared.ports import Mail
from tests.unit.audit.bundles import bundle_of_ledger
from tests.unit.audit.workshop import lived_in

LINE = lived_in().checkpoints()[2]
OTHER = lived_in().checkpoints()[3]
TEXT = f"The line in braces:\n\n{LINE.decode()}\n\nplumbline verify BUNDLE.zip --anchor FILE\n"
HTML = f"<p>The line</p><pre>{LINE.decode().replace(chr(34), '&#34;')}</pre>"


def sent(text: str = TEXT, html: str = HTML) -> bytes:
    """The mail as the product hands it to the mail service."""
    mail = Mail("n-1", ("notary@y.example",), "The ledger's checkpoint of the day", text, html)
    return mime(mail, "plumbline@example.com")


def encoded(encoding: str, text: str = TEXT) -> bytes:
    body = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}[encoding](text.encode())
    return f"Subject: kept\nContent-Transfer-Encoding: {encoding}\n\n".encode() + body


def forwarded(mail: bytes) -> bytes:
    outer = EmailMessage(policy=SMTP)
    outer["Subject"] = "Fwd: please keep this"
    outer.set_content("See below.\n")
    inner = EmailMessage(policy=SMTP)
    inner["Subject"] = "The ledger's checkpoint of the day"
    inner.set_content(mail.decode(), cte="base64")
    outer.add_attachment(inner)
    return outer.as_bytes()


def attached(data: bytes) -> bytes:
    outer = EmailMessage(policy=SMTP)
    outer.set_content("It is attached.\n")
    outer.add_attachment(data, maintype="application", subtype="octet-stream", filename="checkpoint.json")
    return outer.as_bytes()


@pytest.mark.parametrize(
    "saved",
    [
        LINE,
        LINE + b"\r\n",
        TEXT.encode(),
        TEXT.encode("utf-16"),
        b"> " + LINE + b"\n> Regards",
        b"\n".join(LINE[at : at + 76] for at in range(0, len(LINE), 76)),
        sent(),
        sent().replace(b"\r\n", b"\n"),
        b"From notary@y.example Thu Oct  1 06:00:00 2026\n" + sent(),
        sent(text="See the other half."),
        sent(html=""),
        encoded("base64"),
        encoded("quoted-printable"),
        forwarded(TEXT.encode()),
        attached(LINE),
    ],
    ids=[
        "the file",
        "the file with a line end",
        "the text",
        "the text as UTF-16",
        "quoted in an answer",
        "wrapped at 76",
        "the mail",
        "the mail with other line ends",
        "out of a mailbox",
        "HTML alone has it",
        "text alone has it",
        "base64",
        "quoted-printable",
        "forwarded as a mail",
        "as an attachment",
    ],
)
def test_the_checkpoint_is_found_however_the_mail_was_saved(saved: bytes) -> None:
    assert checkpoint_in(saved) == LINE


def test_a_mail_as_it_was_sent_serves_the_command(tmp_path: Path) -> None:
    (tmp_path / "ledger.zip").write_bytes(bundle_of_ledger(lived_in()))
    (tmp_path / "kept.eml").write_bytes(sent())
    verify = ["verify", str(tmp_path / "ledger.zip"), "--anchor", str(tmp_path / "kept.eml")]
    assert main(verify) == 0
    point, signature = parse_checkpoint(LINE)
    forged = replace(point, root="0" * 64).file(signature)
    text = TEXT.replace(LINE.decode(), forged.decode())
    (tmp_path / "kept.eml").write_bytes(sent(text=text, html=""))
    assert main(verify) == 1


@pytest.mark.parametrize(
    "saved",
    [
        LINE + b"\n" + OTHER,
        sent(html=HTML.replace(str(parse_checkpoint(LINE)[0].root), "0" * 64)),
        sent(text=TEXT + OTHER.decode()),
        b"Subject: " + OTHER + b"\n" + encoded("base64"),
        forwarded(TEXT.encode()) + OTHER,
        forwarded((TEXT + OTHER.decode()).encode()),
    ],
    ids=["two lines", "another in HTML", "two in the text", "in the subject", "after the end", "within"],
)
def test_a_mail_with_two_different_checkpoints_is_refused(saved: bytes) -> None:
    with pytest.raises(ValueError, match="several"):
        checkpoint_in(saved)


@pytest.mark.parametrize(
    "saved",
    [
        b"",
        b"\0\xff\xfe",
        b"Dear all, nothing here.\n",
        LINE[:-9],
        LINE.replace(b'"v":1', b'"v":2'),
        LINE.replace(b'"size":', b'"size":-'),
        LINE.replace(b'{"checkpoint":{', b'{"checkpoint":{"a":1,'),
        encoded("base64")[:300],
        b"Content-Type: multipart/mixed\n\n" + LINE[:50],
        b"Content-Type: multipart/mixed; boundary=\n\n--\n" + LINE[:50],
        b"Content-Type: text/plain; charset=\xff\xfe\nContent-Transfer-Encoding: base64\n\n!!!!=",
        b"Content-Type: text/plain; charset=punycode\nContent-Transfer-Encoding: x-uuencode\n\nbegin\n\xff",
        b"Content-Type: \xff\xff/;;;=;\nContent-Transfer-Encoding: \xff\n\n\xff",
        b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" + base64.b64encode(LINE),
    ],
    # Names of their own, because the bytes have a signature in them, which is another in each run.
    ids=[
        *("nothing", "no text", "no checkpoint", "cut", "another version", "negative", "a member more"),
        *("half a mail", "no boundary", "empty boundary", "charset of bytes", "unknown encoding"),
        *("type of bytes", "a mail in base64"),
    ],
)
def test_a_file_without_a_checkpoint_is_refused_in_one_line(saved: bytes, tmp_path: Path) -> None:
    path = tmp_path / "kept.eml"
    path.write_bytes(saved)
    with pytest.raises(ValueError, match="is not a checkpoint") as refused:
        read_anchor(path)
    assert "\n" not in str(refused.value)


def test_a_mail_with_endless_nesting_is_refused() -> None:
    nested = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth) for depth in range(9_999)
    )
    with pytest.raises(ValueError, match="too many parts"):
        checkpoint_in(nested)
    with pytest.raises(ValueError, match="too many parts"):
        checkpoint_in(b"Content-Type: message/rfc822\n\n" * 9_999)


def test_the_largest_mail_is_read_in_seconds_and_a_larger_one_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "large.eml"
    for filling in (
        b'{"checkpoint":{',
        b"&#34",
        b"\n",
        b"--b\n",
        b'{"checkpoint":{},"signature":"',
        b"begin ",
    ):
        head = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n"
        path.write_bytes((head + filling * LARGEST)[:LARGEST])
        began = time.process_time()
        with pytest.raises(ValueError, match="is not a checkpoint"):
            read_anchor(path)
        assert time.process_time() - began < 20, filling
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(ValueError, match="too large"):
        read_anchor(path)
