"""Structured logs and metrics. They must not contain personal data: log ids."""

from aws_lambda_powertools import Logger, Metrics

logger = Logger(service="plumbline")
metrics = Metrics(namespace="Plumbline", service="plumbline")
