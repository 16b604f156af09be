"""Publishes case events for other systems by SNS."""

from typing import TYPE_CHECKING

from shared.domain.canonical import canonical_bytes
from shared.domain.event import parse_event

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient


class SnsTopic:
    """See ``shared.ports.Topic``."""

    def __init__(self, sns: "SNSClient", topic_arn: str) -> None:
        self._sns = sns
        self._topic_arn = topic_arn

    def publish(self, event: bytes) -> None:
        happened = parse_event(event)
        message = {
            "v": 1,
            "tag": happened.tag.value,
            "subject": happened.subject,
            "sequence": happened.sequence,
            "occurred_at": happened.occurred_at,
        }
        self._sns.publish(
            TopicArn=self._topic_arn,
            Message=canonical_bytes(message).decode(),
            MessageAttributes={"tag": {"DataType": "String", "StringValue": happened.tag.value}},
        )
