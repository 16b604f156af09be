"""What wakes a function: the table's stream, a mere doorbell, and a schedule for when it is not heard."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.function import Function
from infra.nag import acknowledge

NEW_EVENT = {
    "eventName": ["INSERT"],
    "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "CHAIN#"}]}, "sk": {"S": [{"prefix": "EVENT#"}]}}},
}
NEW_EFFECT = {
    "eventName": ["INSERT"],
    "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "OUTBOX#"}]}}},
}


def undelivered(scope: Construct, name: str) -> sqs.Queue:
    """Where a message goes that nobody could take; kept for two weeks, and watched by an alarm."""
    queue = sqs.Queue(
        scope,
        name,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(14),
    )
    acknowledge(queue, ("AwsSolutions-SQS3", "It is a dead-letter queue itself."))
    return queue


def ring(
    function: Function,
    table: dynamodb.Table,
    *,
    on: list[dict[str, Any]],
    undelivered: sqs.Queue,
    batch_size: int,
    window_seconds: int,
    reports_failures: bool,
) -> None:
    """Call the function for new items that match. What fails is split, tried again, then set aside."""
    stream = table.table_stream_arn
    assert stream is not None
    function.may(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], [stream])
    function.may(["dynamodb:ListStreams"], ["*"], because="Listing streams takes no resource.")
    function.may(["sqs:SendMessage"], [undelivered.queue_arn])
    lambda_.CfnEventSourceMapping(
        function,
        "Doorbell",
        function_name=function.resource.function_name,
        event_source_arn=stream,
        # The oldest record first: with the latest, what is written while this is deployed rings nowhere.
        starting_position="TRIM_HORIZON",
        batch_size=batch_size,
        maximum_batching_window_in_seconds=window_seconds,
        bisect_batch_on_function_error=True,
        maximum_retry_attempts=8,
        maximum_record_age_in_seconds=3600,
        function_response_types=["ReportBatchItemFailures"] if reports_failures else None,
        filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
            filters=[lambda_.CfnEventSourceMapping.FilterProperty(pattern=_pattern(each)) for each in on]
        ),
        destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
            on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=undelivered.queue_arn)
        ),
    ).node.add_dependency(function.role)


def hear(function: Function, topic: sns.Topic, undelivered: sqs.Queue) -> None:
    """Call the function with each of the topic's messages; what fails three times is set aside."""
    function.may(["sqs:SendMessage"], [undelivered.queue_arn])
    function.resource.configure_async_invoke(
        retry_attempts=2, max_event_age=Duration.hours(6), on_failure=destinations.SqsDestination(undelivered)
    )
    topic.add_subscription(subscriptions.LambdaSubscription(function.resource, dead_letter_queue=undelivered))


def every(function: Function, minutes: int) -> None:
    """Call the function every so many minutes; a call that cannot be made is dropped: another follows."""
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


def each_working_day(function: Function, hour: int, **says: str) -> None:
    """Call the function with these words at that hour (UTC), Monday to Friday."""
    events.Rule(
        function,
        "WorkingDays",
        schedule=events.Schedule.cron(minute="0", hour=str(hour), week_day="MON-FRI"),
        targets=[
            targets.LambdaFunction(
                function.resource,
                event=events.RuleTargetInput.from_object(says),
                max_event_age=Duration.hours(2),
                retry_attempts=3,
            )
        ],
    )


def _pattern(criteria: dict[str, Any]) -> str:
    return lambda_.FilterCriteria.filter(criteria)["pattern"]  # type: ignore[no-any-return]
