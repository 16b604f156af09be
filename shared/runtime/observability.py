"""Structured logs and metrics. They must not contain personal data: log ids."""

from aws_lambda_powertools import Logger, Metrics

NAMESPACE = "Plumbline"

logger = Logger(service="plumbline")
metrics = Metrics(namespace=NAMESPACE, service="plumbline")
