"""Two thousand hostile requests on the adapters: they leave few events, and HR works on meanwhile."""

import random
import re
from collections import Counter
from typing import Final
from urllib.parse import urlencode

import pytest

from functions.audit.api.answer_query import list_cases, show_case
from functions.notify.link_events import MOST_REFUSALS, Responding
from functions.notify.respond import WebRequest, WebResponse, respond
from shared.aws.dynamo import Table
from shared.domain.event import EventTag, parse_event
from shared.domain.identifiers import case_subject
from tests.contract.restore.world import ADMIN, ANSWERED, ASKED, REPS, Deployment, decided
from tests.unit.ingest.test_receive_export import HEADER

URL: Final = "https://cases.example.com"
FORM: Final = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}


@pytest.fixture
def deployment(table: Table) -> Deployment:
    """Open cases whose managers were mailed, one of which has answered."""
    made = Deployment(table)
    made.receive(
        "hr-people", b"id,name,email,boss,role,region,hired\nrep,Rep,rep@example.com,,AE,E,2020-01-01\n"
    )
    batch = made.receive("varicent-attainment", HEADER + b"rep,2026-09,1000,500,USD\n").batch
    made.evaluate(batch.id, *(decided("2026-09", rep) for rep in REPS))
    made.relay()
    made.answer(ANSWERED)
    return made


def links_of(deployment: Deployment) -> dict[str, str]:
    """The token of each case's question, by the case's id."""
    found = {}
    for mail in deployment.mailer.sent:
        for token in re.findall(rf"{URL}/r/([a-z0-9]{{52}})", mail.text):
            found[str(deployment.links.resolve(token)[0].partition(".")[0])] = token
    return found


def hostile(chance: random.Random, dead: str, living: str) -> WebRequest:
    """What an outsider sends who found an old mail, guesses, or makes a browser post."""
    unknown = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz234567", k=52))
    words = urlencode({"choice": "coach", "reason": f"Number {chance.random()}", "action": "answer"}).encode()
    return chance.choice(
        [
            WebRequest("GET", unknown, {}, b""),
            WebRequest("GET", "../" * chance.randrange(9), {}, b""),
            WebRequest("POST", unknown, FORM, words),
            WebRequest("GET", dead, {}, b""),
            WebRequest("POST", dead, FORM, words),
            WebRequest("POST", living, FORM | {"sec-fetch-site": "cross-site"}, words),
            WebRequest("POST", living, FORM | {"content-type": "text/plain"}, words),
            WebRequest("POST", living, FORM, b"\xff" * 100),
        ]
    )


def test_two_thousand_hostile_requests_leave_at_most_ten_events_and_hr_works_on(
    deployment: Deployment,
) -> None:
    counted: Counter[str] = Counter()
    responding = Responding(
        store=deployment.store,
        links=deployment.links,
        directories=deployment.directories,
        policies=deployment.policies,
        files=deployment.files,
        clock=deployment.clock,
        count=lambda reason: counted.update([reason]),
    )
    links = links_of(deployment)
    dead, living = links[deployment.case(ANSWERED).id], links[deployment.case(ASKED).id]
    before, chance = keys_of(deployment), random.Random(11)
    answers: list[WebResponse] = []
    for number in range(2000):
        deployment.clock.advance(seconds=1)
        answers.append(respond(hostile(chance, dead, living), URL, responding))
        if number % 100 == 0:
            assert list_cases(deployment.sources, ADMIN, {})
            assert show_case(deployment.sources, ADMIN, deployment.case(ASKED).id)

    left = keys_of(deployment) - before
    events = [sk for pk, sk in left if pk.startswith("CHAIN#") and sk.startswith("EVENT#")]
    chain = deployment.store.events(case_subject(deployment.case(ANSWERED).id))
    tags = Counter(parse_event(event).tag for event in chain)
    assert tags[EventTag.LINK_REFUSED] + tags[EventTag.ANSWER_REFUSED] == MOST_REFUSALS
    assert len([key for key in left if key[0].startswith("OUTBOX#")]) <= 1
    assert all(200 <= answer.status < 500 for answer in answers)
    assert set(counted) == {"malformed", "unknown", "used", "cross_site", "not_a_form"}
    assert len(events) <= 10
    deployment.answer(ASKED)


def keys_of(deployment: Deployment) -> set[tuple[str, str]]:
    return set(deployment.items())
