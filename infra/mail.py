"""The SES sender, the topic of its deliveries and bounces, and the topic of case events for other systems."""

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.settings import DeploymentSettings
from infra.storage import Storage, allow_service


class Mail(Construct):
    def __init__(self, scope: Construct, name: str, settings: DeploymentSettings, storage: Storage) -> None:
        super().__init__(scope, name)
        self._sender = settings.mail_from
        self.configuration_set = ses.ConfigurationSet(
            self,
            "ConfigurationSet",
            reputation_metrics=True,
            suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
            tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,
        )
        if settings.mail_identity == "create":
            ses.EmailIdentity(
                self,
                "Sender",
                identity=ses.Identity.domain(_domain_of(settings.mail_from)),
                configuration_set=self.configuration_set,
            )
        self.feedback = sns.Topic(
            self,
            "Feedback",
            display_name="Plumbline mail feedback",
            master_key=storage.data_key,
            enforce_ssl=True,
        )
        allow_service(storage.data_key, "ses.amazonaws.com", Aws.ACCOUNT_ID)
        self.configuration_set.add_event_destination(
            "Feedback",
            destination=ses.EventDestination.sns_topic(self.feedback),
            events=[
                ses.EmailSendingEvent.DELIVERY,
                ses.EmailSendingEvent.BOUNCE,
                ses.EmailSendingEvent.COMPLAINT,
                ses.EmailSendingEvent.REJECT,
            ],
        )
        self.topic = sns.Topic(
            self,
            "CaseEvents",
            display_name="Plumbline case events",
            master_key=storage.data_key,
            enforce_ssl=True,
        )

    @property
    def sending_arns(self) -> list[str]:
        """The resources that SES checks: the sender's domain, its address and the configuration set."""
        return [
            self._ses_arn("identity", _domain_of(self._sender)),
            self._ses_arn("identity", self._sender),
            self._ses_arn("configuration-set", self.configuration_set.configuration_set_name),
        ]

    def _ses_arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(
            service="ses", resource=resource, resource_name=name, arn_format=ArnFormat.SLASH_RESOURCE_NAME
        )


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2]
