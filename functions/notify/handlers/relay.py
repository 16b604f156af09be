"""Lambda: carries out committed effects. The stream announces them; a sweep each minute finds the rest."""

import base64
from functools import cache
from typing import Any, Final

import boto3
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from functions.notify.deliver import Delivering, deliver_pending
from functions.notify.mail_facts import Addresses, Composing
from functions.notify.queue_digests import queue_digests
from functions.notify.relay_item import NewEffect, NewEvent, Relaying, relay_item
from shared.aws import adapters, keys
from shared.aws.mail import SesMailer
from shared.aws.topic import SnsTopic
from shared.aws.workflow import StepFunctionsWorkflow
from shared.runtime.observability import logger, metrics
from shared.runtime.settings import RelaySettings

_SPARE_MS: Final = 20_000
"""A sweep stops this long before the Lambda's timeout, so that its last effect is carried out whole."""


@cache
def _dependencies() -> Relaying:
    settings = RelaySettings.from_environment()
    ses = boto3.client("sesv2", config=adapters.AWS)
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
        mailer=SesMailer(ses, settings.mail_from, settings.configuration_set),
        workflow=StepFunctionsWorkflow(sfn, settings.case_state_machine_arn),
        tokens=adapters.task_tokens(settings),
        report=_log_failure,
    )
    return Relaying(delivering, SnsTopic(sns, settings.topic_arn))


@logger.inject_lambda_context
@metrics.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Stream records, of which the failed ones are returned; the digest's schedule; or the sweep's."""
    if "Records" in event:
        # The stream brings a failed record again, and with it those after it in its shard.
        processor = BatchProcessor(EventType.DynamoDBStreams, raise_on_entire_batch_failure=False)
        answer = process_partial_response(event, _relay, processor, context)
        metrics.add_metric("EffectsFailed", MetricUnit.Count, len(answer["batchItemFailures"]))
        return dict(answer)
    delivering = _dependencies().delivering
    if event.get("task") == "digest":
        queued = queue_digests(delivering.composing)
        metrics.add_metric("DigestsQueued", MetricUnit.Count, queued)
        return {"digests": queued}
    counts = deliver_pending(delivering, lambda: context.get_remaining_time_in_millis() > _SPARE_MS)
    metrics.add_metric("EffectsFailed", MetricUnit.Count, counts.get("to_be_tried_again", 0))
    logger.info("swept the outbox", counts=counts)
    return counts


def _relay(record: DynamoDBRecord) -> None:
    image = record["dynamodb"].get("NewImage")
    if record["eventName"] != "INSERT" or image is None:
        return
    key = (image["pk"]["S"], image["sk"]["S"])
    effect_id = keys.effect_of(key)
    if effect_id is None and not keys.is_case_event(key):
        return
    item = NewEvent(base64.b64decode(image["body"]["B"])) if effect_id is None else NewEffect(effect_id)
    try:
        logger.info("relayed an item", item="/".join(key), outcome=relay_item(item, _dependencies()))
    except Exception as error:
        _log_failure("/".join(key), error)
        raise


def _log_failure(item: str, error: Exception) -> None:
    # The error's class alone: its message may hold what the mail says.
    logger.warning("could not relay an item", item=item, because=type(error).__name__)
