"""What other systems hear of a case is what docs/reference/notices.md promises them."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # its stubs are not among the pins

from shared.aws.topic import SnsTopic
from shared.domain.event import EventTag
from shared.domain.identifiers import case_subject
from tests.fakes.builders import CASE
from tests.unit.notify.office import Office
from tests.unit.notify.test_record_response import answered

NOTICES = Path(__file__).parents[3] / "docs" / "reference" / "notices.md"


class Sns:
    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def publish(self, **message: Any) -> None:
        self.messages.append(message)


def published() -> list[dict[str, Any]]:
    """The events of a case that was answered, as the topic carries them."""
    office, sns = Office(), Sns()
    answered(office, office.link())
    topic = SnsTopic(sns, "arn:aws:sns:us-east-1:123456789012:cases")  # type: ignore[arg-type]
    for event in office.store.events(case_subject(CASE)):
        topic.publish(event)
    return sns.messages


def test_every_message_has_the_documented_form() -> None:
    (schema,) = re.findall("```json\n(.*?)```", NOTICES.read_text(encoding="utf-8"), re.DOTALL)
    messages = [json.loads(message["Message"]) for message in published()]
    assert [message["tag"] for message in messages][-1] == EventTag.REQUEST_ANSWERED
    for message in messages:
        jsonschema.validate(message, json.loads(schema))


def test_no_message_names_a_person_or_says_what_anybody_said() -> None:
    told = json.dumps(published())
    for private in ("M000001", "R000004", "Mara", "talked", "coach"):
        assert private not in told
