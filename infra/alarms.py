"""Alarms for the operators. Each one calls for a person, and its description says what has happened."""

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.function import NAMESPACE, Function
from infra.settings import DeploymentSettings
from infra.storage import Storage, allow_service
from infra.workflows import Flow

SEAL_LAG_SECONDS = 300
"""An event is sealed within a minute. Five minutes mean that sealing fails repeatedly."""


class Alarms(Construct):
    def __init__(self, scope: Construct, name: str, settings: DeploymentSettings, storage: Storage) -> None:
        super().__init__(scope, name)
        self._table = storage.table
        self.topic = sns.Topic(
            self,
            "Topic",
            display_name="Plumbline alarms",
            master_key=storage.data_key,
            enforce_ssl=True,
        )
        allow_service(storage.data_key, "cloudwatch.amazonaws.com", Aws.ACCOUNT_ID)
        if settings.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(settings.alarm_email))

    def watch_queue(self, name: str, queue: sqs.Queue) -> None:
        self._alarm(
            f"{name}NotEmpty",
            queue.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(1), statistic="Maximum"
            ),
            threshold=0,
            means=f"A message could not be delivered and is in the dead-letter queue {name}.",
        )

    def watch_flow(self, name: str, flow: Flow) -> None:
        for ending in ("Failed", "TimedOut", "Aborted"):
            self._alarm(
                f"{name}Flow{ending}",
                flow.resource.metric(f"Executions{ending}", statistic="Sum", period=Duration.minutes(5)),
                threshold=0,
                means=f"A {name.lower()} workflow ended as {ending}. Its history shows the step.",
            )

    def watch_function(self, function: Function) -> None:
        name = function.node.id
        self._alarm(
            f"{name}Errors",
            function.resource.metric_errors(period=Duration.minutes(5), statistic="Sum"),
            threshold=5,
            means=f"The function {name} failed more than five times in five minutes.",
        )
        self._alarm(
            f"{name}Throttles",
            function.resource.metric_throttles(period=Duration.minutes(5), statistic="Sum"),
            threshold=50,
            means=f"The function {name} is throttled. Raise the account's concurrency limit.",
        )

    def watch_stream(self, function: Function) -> None:
        name = function.node.id
        self._alarm(
            f"{name}Behind",
            function.resource.metric("IteratorAge", statistic="Maximum", period=Duration.minutes(1)),
            threshold=Duration.minutes(10).to_milliseconds(),
            means=f"{name} is ten minutes behind the table's stream. Its scheduled run does the work.",
            for_minutes=5,
        )

    def watch_sealing(self) -> None:
        self._alarm(
            "SealLag",
            _seal_metric("SealLagSeconds"),
            threshold=SEAL_LAG_SECONDS,
            means="Events have waited five minutes to be sealed into the ledger.",
            for_minutes=2,
        )
        self._alarm(
            "SealBroken",
            _seal_metric("SealBroken"),
            threshold=0,
            means="An event cannot be sealed, and the ledger continues without it. Investigate at once.",
        )

    def watch_anchoring(self) -> None:
        self._alarm(
            "AnchorsFailed",
            _metric_of("anchor", "AnchorsFailed", "Sum", Duration.hours(6)),
            threshold=3,
            means="For hours the latest checkpoint could not be mailed, copied or time-stamped.",
        )

    def watch_table(self) -> None:
        self._alarm(
            "TableThrottled",
            # One operation only: the local engine refuses alarms on metric mathematics.
            self._table.metric_throttled_requests_for_operation(
                "TransactWriteItems", period=Duration.minutes(5), statistic="Sum"
            ),
            threshold=100,
            means="The table throttles requests: a partition is hot, or the account's limit is reached.",
        )

    def watch_mail(self) -> None:
        for rate, threshold in (("BounceRate", 0.05), ("ComplaintRate", 0.001)):
            self._alarm(
                f"Mail{rate}",
                cloudwatch.Metric(
                    namespace="AWS/SES",
                    metric_name=f"Reputation.{rate}",
                    statistic="Average",
                    period=Duration.hours(1),
                ),
                threshold=threshold,
                means=f"The account's mail {rate} nears the limit of SES. Check the directory's addresses.",
            )

    def _alarm(
        self, name: str, metric: cloudwatch.IMetric, *, threshold: float, means: str, for_minutes: int = 1
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=threshold,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=for_minutes,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=means,
        )
        alarm.add_alarm_action(actions.SnsAction(self.topic))


def _seal_metric(name: str) -> cloudwatch.Metric:
    return _metric_of("seal", name, "Maximum", Duration.minutes(1))


def _metric_of(service: str, name: str, statistic: str, period: Duration) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": service},
        statistic=statistic,
        period=period,
    )
