"""The Lambda functions: the handler, time limit and memory of each."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Self

from constructs import Construct

from infra.function import Function
from infra.settings import DeploymentSettings
from infra.storage import Storage


@dataclass(frozen=True, slots=True)
class Functions:
    """Every function of the stack. A function's construct id is its field's name, capitalised."""

    ingest: Function
    sweep: Function
    plan: Function
    shard: Function
    open: Function
    case: Function
    reconcile: Function
    relay: Function
    respond: Function
    feedback: Function
    seal: Function
    anchor: Function
    query: Function

    def __iter__(self) -> Iterator[Function]:
        return (getattr(self, field.name) for field in fields(self))

    @classmethod
    def of(cls, scope: Construct, settings: DeploymentSettings, storage: Storage) -> Self:
        """Create the functions. Each knows the table and the key that wraps people's data keys."""

        def f(
            name: str, handler: str, does: str, seconds: int, memory_mb: int, reserved: int | None = None
        ) -> Function:
            function = Function(
                scope, name, settings=settings, handler=handler, does=does,
                timeout_seconds=seconds, memory_mb=memory_mb, reserved=reserved,
            )  # fmt: skip
            function.set_environment(
                TABLE_NAME=storage.table.table_name, SUBJECT_KEY_ID=storage.subject_key.key_id
            )
            return function

        return cls(
            ingest=f("Ingest", "ingest.handlers.receive", "Reads an export and files its facts", 900, 3008),
            sweep=f("Sweep", "ingest.handlers.sweep", "Finds exports whose event was lost", 280, 512),
            plan=f("Plan", "evaluate.handlers.plan", "Plans the evaluations of an export", 120, 512),
            shard=f("Shard", "evaluate.handlers.shard", "Evaluates the reps of one shard", 300, 1769),
            open=f("Open", "evaluate.handlers.open", "Opens cases and adds results to them", 120, 1024),
            case=f("Case", "evaluate.handlers.case", "Carries out the due steps of a case", 60, 512),
            reconcile=f(
                "Reconcile", "evaluate.handlers.reconcile", "Restarts case workflows that stopped", 280, 512
            ),
            relay=f(
                "Relay",
                "notify.handlers.relay",
                "Sends mails, wakes workflows and publishes case events",
                120,
                512,
            ),
            respond=f(
                "Respond", "notify.handlers.respond", "Serves response pages and records answers", 29, 1024
            ),
            feedback=f("Feedback", "notify.handlers.feedback", "Records deliveries and bounces", 30, 512),
            # One at a time. The ledger's fence is correct without this limit; it avoids wasted attempts.
            seal=f("Seal", "audit.handlers.seal", "Seals events into the ledger", 120, 1024, reserved=1),
            anchor=f(
                "Anchor", "audit.handlers.anchor", "Sends the latest checkpoint to its recipients", 120, 512
            ),
            query=f("Query", "audit.handlers.query", "Answers HR's requests and exports evidence", 29, 1769),
        )
