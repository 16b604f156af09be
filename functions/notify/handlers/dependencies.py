"""What the handlers of this folder work with, made from their settings."""

import boto3

from functions.notify.deliver import Delivering
from functions.notify.link_events import Responding
from functions.notify.mail_facts import Addresses, Composing
from functions.notify.relay_item import Relaying
from shared.aws import adapters
from shared.aws.mail import SesMailer
from shared.aws.topic import SnsTopic
from shared.aws.workflow import StepFunctionsWorkflow
from shared.runtime.settings import RelaySettings, RespondSettings


def relaying(settings: RelaySettings) -> Relaying:
    ses = boto3.client("sesv2", config=adapters.AWS)
    sfn = boto3.client("stepfunctions", config=adapters.AWS)
    sns = boto3.client("sns", config=adapters.AWS)
    delivering = Delivering(
        composing=_composing(settings),
        outbox=adapters.outbox(settings),
        mailer=SesMailer(ses, settings.mail_from, settings.configuration_set),
        workflow=StepFunctionsWorkflow(sfn, settings.case_state_machine_arn),
        tokens=adapters.task_tokens(settings),
    )
    return Relaying(delivering, SnsTopic(sns, settings.topic_arn))


def responding(settings: RespondSettings) -> Responding:
    return Responding(
        store=adapters.case_store(settings),
        links=adapters.links(settings),
        directories=adapters.directories(settings),
        policies=adapters.policies(settings),
        files=adapters.files(settings),
        clock=settings.clock,
    )


def _composing(settings: RelaySettings) -> Composing:
    return Composing(
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
