"""What calls a function or starts a workflow: the table's stream, topics, schedules and dropped exports.

The stream only speeds things up. A scheduled function reads the table itself, so a lost record costs minutes.
"""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.function import Function
from infra.nag import acknowledge
from infra.workflows import Flow

NEW_EVENT = {
    "eventName": ["INSERT"],
    "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "CHAIN#"}]}, "sk": {"S": [{"prefix": "EVENT#"}]}}},
}
NEW_EFFECT = {
    "eventName": ["INSERT"],
    "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "OUTBOX#"}]}}},
}


def dead_letter_queue(scope: Construct, name: str) -> sqs.Queue:
    """A queue for messages that could not be delivered. It keeps them for two weeks; an alarm watches it."""
    queue = sqs.Queue(
        scope,
        name,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(14),
    )
    acknowledge(queue, ("AwsSolutions-SQS3", "This is a dead-letter queue itself."))
    return queue


def call_on_new_items(
    function: Function,
    table: dynamodb.Table,
    *,
    matching: list[dict[str, Any]],
    dead_letters: sqs.Queue,
    batch_size: int,
    window_seconds: int,
    reports_failures: bool,
) -> None:
    """Call the function with new items of the table that match.

    A batch that fails is split and retried, and finally sent to the dead-letter queue.
    """
    stream = table.table_stream_arn
    assert stream is not None
    function.may(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], [stream])
    function.may(["dynamodb:ListStreams"], ["*"], because="ListStreams takes no resource.")
    function.may(["sqs:SendMessage"], [dead_letters.queue_arn])
    lambda_.CfnEventSourceMapping(
        function,
        "Doorbell",
        function_name=function.resource.function_name,
        event_source_arn=stream,
        # Start at the oldest record. LATEST would skip records written during the deployment.
        starting_position="TRIM_HORIZON",
        batch_size=batch_size,
        maximum_batching_window_in_seconds=window_seconds,
        bisect_batch_on_function_error=True,
        maximum_retry_attempts=8,
        maximum_record_age_in_seconds=3600,
        function_response_types=["ReportBatchItemFailures"] if reports_failures else None,
        filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
            filters=[
                lambda_.CfnEventSourceMapping.FilterProperty(pattern=_pattern(each)) for each in matching
            ]
        ),
        destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
            on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=dead_letters.queue_arn)
        ),
    ).node.add_dependency(function.role)


def call_on_messages(function: Function, topic: sns.Topic, dead_letters: sqs.Queue) -> None:
    """Call the function with each message of the topic. After three failures it is a dead letter."""
    function.may(["sqs:SendMessage"], [dead_letters.queue_arn])
    function.resource.configure_async_invoke(
        retry_attempts=2,
        max_event_age=Duration.hours(6),
        on_failure=destinations.SqsDestination(dead_letters),
    )
    topic.add_subscription(
        subscriptions.LambdaSubscription(function.resource, dead_letter_queue=dead_letters)
    )


def call_every(function: Function, minutes: int) -> None:
    """Call the function at this interval. A call that cannot be made is dropped; the next one follows."""
    events.Rule(
        function,
        "Schedule",
        schedule=events.Schedule.rate(Duration.minutes(minutes)),
        targets=[
            targets.LambdaFunction(
                function.resource, max_event_age=Duration.minutes(max(minutes, 1)), retry_attempts=1
            )
        ],
    )


def call_on_working_days(function: Function, hour: int, **event: str) -> None:
    """Call the function with the event at that hour (UTC), Monday to Friday."""
    events.Rule(
        function,
        "WorkingDays",
        schedule=events.Schedule.cron(minute="0", hour=str(hour), week_day="MON-FRI"),
        targets=[
            targets.LambdaFunction(
                function.resource,
                event=events.RuleTargetInput.from_object(event),
                max_event_age=Duration.hours(2),
                retry_attempts=3,
            )
        ],
    )


def start_on_arrival(
    scope: Construct, flow: Flow, exports: s3.Bucket, dead_letters: sqs.Queue
) -> events.Rule:
    """Start the workflow for every object created under ``incoming/``. Retries for a day."""
    rule = events.Rule(
        scope,
        "ExportArrived",
        description="Starts the evaluation of a dropped export",
        event_pattern=events.EventPattern(
            source=["aws.s3"],
            detail_type=["Object Created"],
            detail={
                "bucket": {"name": [exports.bucket_name]},
                "object": {"key": [{"prefix": "incoming/"}]},
            },
        ),
    )
    rule.add_target(
        targets.SfnStateMachine(
            flow.resource,
            dead_letter_queue=dead_letters,
            max_event_age=Duration.hours(24),
            retry_attempts=185,
        )
    )
    return rule


def _pattern(criteria: dict[str, Any]) -> str:
    return lambda_.FilterCriteria.filter(criteria)["pattern"]  # type: ignore[no-any-return]
