"""The mailbox lists sent mails for programs and shows them to people."""

from local.cloud.mailbox import list_page, mail_page, read_mails

KEPT = {
    "MessageId": "0101@email.amazonses.com",
    "Source": "plumbline@example.com",
    "To": ["Ada Moe <ada@example.com>"],
    "Subject": "A question about <one> of your team",
    "BodyText": "Please answer.",
    "BodyHtml": '<p>Please <a href="http://127.0.0.1/r/t">answer</a>.</p><script>alert(1)</script>',
    "Timestamp": 1789459200.25,
}


def test_a_mail_is_listed_with_the_fields_that_programs_rely_on() -> None:
    (mail,) = read_mails([KEPT])
    assert mail.as_json() == {
        "id": "0101",
        "to": ["ada@example.com"],
        "from": "plumbline@example.com",
        "subject": "A question about <one> of your team",
        "text": "Please answer.",
        "html": KEPT["BodyHtml"],
        "sent_at": "2026-09-15T08:00:00.250Z",
    }


def test_a_mail_without_html_has_none() -> None:
    (mail,) = read_mails([KEPT | {"BodyHtml": None}])
    assert mail.html == ""
    assert "<iframe" not in mail_page(mail)


def test_the_list_shows_the_newest_mail_first_and_escapes_subjects() -> None:
    page = list_page(read_mails([KEPT, KEPT | {"Subject": "Later"}]))
    assert page.index("Later") < page.index("A question about &lt;one&gt;")


def test_an_empty_mailbox_says_so() -> None:
    assert "No mail yet." in list_page([])


def test_a_mail_is_shown_in_a_frame_that_runs_nothing_and_opens_links_outside() -> None:
    page = mail_page(read_mails([KEPT])[0])
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "&lt;base target=&#34;_blank&#34;&gt;" in page
    assert "<script" not in page
