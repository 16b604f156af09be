"""Lambda: carry out what was committed. The stream rings; each minute a sweep finds what it missed."""

import base64
from functools import cache
from typing import Any, Final

import boto3
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from functions.notify.compose import Addresses, Composing
from functions.notify.deliver import Delivering, deliver, deliver_pending
from functions.notify.queue_digests import queue_digests
from shared.aws import adapters, keys
from shared.aws.mail import SesMailer
from shared.aws.topic import SnsTopic
from shared.aws.workflow import StepFunctionsWorkflow
from shared.ports import Topic
from shared.runtime.observability import logger, metrics
from shared.runtime.settings import RelaySettings

_SPARE_MS: Final = 20_000
"""What a sweep leaves of its time, so that the last effect which it began is carried out whole."""


@cache
def _dependencies() -> tuple[Delivering, Topic]:
    settings = RelaySettings.from_environment()
    sesv2 = boto3.client("sesv2", config=adapters.AWS)
    sfn = boto3.client("stepfunctions", config=adapters.AWS)
    sns = boto3.client("sns", config=adapters.AWS)
    composing = Composing(
        store=adapters.case_store(settings),
        links=adapters.links(settings),
        directories=adapters.directories(settings),
        policies=adapters.policies(settings),
        files=adapters.files(settings),
        clock=settings.clock,
        addresses=Addresses(
            settings.public_url,
            settings.hr_queue_email,
            settings.source_owner_email,
            settings.source_owners,
            settings.console_url,
        ),
    )
    delivering = Delivering(
        composing=composing,
        outbox=adapters.outbox(settings),
        mailer=SesMailer(sesv2, settings.mail_from, settings.configuration_set),
        workflow=StepFunctionsWorkflow(sfn, settings.case_state_machine_arn),
        tokens=adapters.task_tokens(settings),
    )
    return delivering, SnsTopic(sns, settings.topic_arn)


@logger.inject_lambda_context
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A batch of stream records, of which those that failed are handed back; or a schedule's ring.

    The ring of each working day says ``{"task": "digest"}``.
    """
    if "Records" in event:
        # One that fails is tried again by the stream, and those after it in its shard with it.
        processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
        answer = process_partial_response(event, _carry_out, processor, context)
        metrics.add_metric("EffectsFailed", MetricUnit.Count, len(answer["batchItemFailures"]))
        return dict(answer)
    if event.get("task") == "digest":
        queued = queue_digests(_dependencies()[0].composing)
        metrics.add_metric("DigestsQueued", MetricUnit.Count, queued)
        return {"digests": queued}
    counts = deliver_pending(
        _dependencies()[0], _tell_of_failure, lambda: context.get_remaining_time_in_millis() > _SPARE_MS
    )
    metrics.add_metric("EffectsFailed", MetricUnit.Count, counts.get("to_be_tried_again", 0))
    logger.info("swept", counts=counts)
    return counts


def _carry_out(record: DynamoDBRecord) -> None:
    """The record only rings: an effect is read from the table again, and an event never changes."""
    delivering, topic = _dependencies()
    image = record["dynamodb"].get("NewImage")
    if record["eventName"] != "INSERT" or image is None:
        return
    key = (image["pk"]["S"], image["sk"]["S"])
    effect_id = keys.effect_of(key)
    try:
        if effect_id is not None:
            logger.info("delivered", effect=effect_id, outcome=deliver(effect_id, delivering))
        elif keys.is_case_event(key):
            topic.publish(base64.b64decode(image["body"]["B"]))
    except Exception as error:
        _tell_of_failure(effect_id or f"{key[0]}/{key[1]}", error)
        raise


def _tell_of_failure(what: str, error: Exception) -> None:
    # By class alone: a message may hold what was to be said to somebody.
    logger.warning("not carried out", what=what, because=type(error).__name__)
