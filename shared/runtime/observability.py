"""Logs and metrics, as structured lines. Personal data has no place in either: log ids."""

from aws_lambda_powertools import Logger, Metrics

logger = Logger(service="plumbline")
metrics = Metrics(namespace="Plumbline", service="plumbline")
