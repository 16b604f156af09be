"""What each function may do with the table, the files and the keys: the partitions, folders and keys it uses.

`tests/infra/access` runs every function and compares its calls with these grants, in both directions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from infra.function import Function
from infra.storage import Storage

NAMED_AT_RUN_TIME: Final = (
    "Objects and executions get their names at run time; the bucket, prefix or machine is named."
)
# An event with what it needs: its chain, the command that is not carried out twice, and what it sets off.
_RECORDS: Final = {
    "GetItem": "CHAIN#* COMMAND#*",
    "PutItem": "CHAIN#* COMMAND#*",
}
_WITH_EFFECTS: Final = {"PutItem": "OUTBOX#*"}
# A person's data key is made by the first function that seals something of theirs.
_SEALS: Final = {"GetItem": "KEY#*", "UpdateItem": "KEY#*"}
_KNOWS_PEOPLE: Final = {"GetItem": "DIRECTORY"}


@dataclass(frozen=True, slots=True)
class Access:
    """``table``: by action, the partition keys. ``indexes``: by index, its partition keys to query.

    ``reads`` and ``writes``: folders of the bucket of facts. A function that writes a folder reads it, too,
    to compare an object that exists already. ``seals``: uses the key that wraps people's data keys.
    """

    table: tuple[Mapping[str, str], ...]
    indexes: Mapping[str, str]
    reads: str = ""
    writes: str = ""

    def partitions(self) -> dict[str, list[str]]:
        """The partition keys by action, in order, each once."""
        found: dict[str, set[str]] = {}
        for part in self.table:
            for action, partitions in part.items():
                found.setdefault(action, set()).update(partitions.split())
        return {action: sorted(partitions) for action, partitions in sorted(found.items())}

    @property
    def seals(self) -> bool:
        return _SEALS in self.table


_CASEWORK: Final = (
    _RECORDS,
    _WITH_EFFECTS,
    _SEALS,
    _KNOWS_PEOPLE,
    {"GetItem": "CASE#*", "Query": "CASE#*", "PutItem": "CASE#*"},
    {"DeleteItem": "OPEN#*"},  # the guard of an open case, when it closes
)
"""Loads a case, decides and commits."""

ACCESS: Final[Mapping[str, Access]] = {
    "Ingest": Access(
        (
            _RECORDS,
            _WITH_EFFECTS,
            _KNOWS_PEOPLE,
            {
                "GetItem": "BATCH#* PERIODS",
                "PutItem": "ARRIVAL#* BATCH#* DIRECTORY",
                "UpdateItem": "PERIODS",
                "BatchWriteItem": "PERIOD#*",
                "DeleteItem": "BATCH#*",  # the row that says that a batch is not settled
            },
        ),
        {},
        writes="directories facts rejected roots staging",
    ),
    "Sweep": Access(
        ({"GetItem": "BATCH#* SWEEP", "BatchGetItem": "ARRIVAL#*", "PutItem": "SWEEP"},),
        {"pending": "UNSETTLED"},
    ),
    "Plan": Access(
        (
            _RECORDS,
            _WITH_EFFECTS,
            _KNOWS_PEOPLE,
            {
                "GetItem": "BATCH#* EVALUATION#* PERIODS",
                "BatchGetItem": "BATCH#*",
                "Query": "PERIOD#*",
                "PutItem": "EVALUATION#*",
            },
        ),
        {"listing": "CASES#* EVALUATIONS#*"},
        writes="evaluations policies",
    ),
    "Shard": Access(
        (
            _RECORDS,
            _WITH_EFFECTS,
            {
                "GetItem": "EVALUATION#*",
                "BatchGetItem": "BATCH#*",
                "Query": "PERIOD#*",
                "PutItem": "EVALUATION#*",
            },
        ),
        {"listing": "CASES#* EVALUATIONS#*"},
        reads="directories facts policies",
        writes="evaluations",
    ),
    "Open": Access(
        (
            *_CASEWORK,
            {"GetItem": "EVALUATION#* OPEN#*", "Query": "REP#*", "PutItem": "OPEN#* REP#*"},
        ),
        {},
        reads="directories evaluations policies",
    ),
    "Case": Access(
        # Deletes instructions that are carried out, and the token of a workflow that must not sleep.
        (*_CASEWORK, {"DeleteItem": "CASE#*"}),
        {},
        reads="directories policies",
    ),
    "Reconcile": Access(
        (*_CASEWORK, {"GetItem": "OUTBOX#*", "DeleteItem": "CASE#*"}),
        {"listing": "CASES#*"},
        reads="directories policies",
    ),
    "Relay": Access(
        (
            _RECORDS,
            _WITH_EFFECTS,
            _KNOWS_PEOPLE,
            {
                "GetItem": "BATCH#* CASE#* OUTBOX#*",
                "Query": "CASE#*",  # who was asked before, for a mail that passes a question on
                "PutItem": "CASE#* LINK#*",
                "UpdateItem": "OUTBOX#*",
                "DeleteItem": "CASE#*",  # the token of a sleeping workflow
            },
        ),
        {"pending": "PENDING", "listing": "CASES#*"},
        reads="directories policies rejected",
    ),
    "Respond": Access(
        (
            _RECORDS,
            _WITH_EFFECTS,
            _SEALS,
            _KNOWS_PEOPLE,
            {
                "GetItem": "CASE#* EVALUATION#* LINK#*",
                "Query": "CASE#*",
                "PutItem": "CASE#*",
                "UpdateItem": "CASE#*",  # counts the guesses of a one-time code
            },
        ),
        {"listing": "EVALUATIONS#*"},
        reads="directories evaluations policies",
    ),
    "Feedback": Access((_RECORDS, _WITH_EFFECTS, {"GetItem": "CASE#*", "PutItem": "CASE#*"}), {}),
    "Seal": Access(
        (
            {
                "GetItem": "LEDGER",
                "PutItem": "LEDGER",
                "BatchGetItem": "CHAIN#*",
                "UpdateItem": "CHAIN#*",
            },
        ),
        {"unsequenced": "UNSEQUENCED"},
    ),
    "Anchor": Access((_RECORDS, _WITH_EFFECTS, {"GetItem": "LEDGER"}), {}),
    "Query": Access(
        (
            _RECORDS,
            _WITH_EFFECTS,
            _SEALS,
            _KNOWS_PEOPLE,
            {
                "GetItem": "BATCH#* CASE#* EVALUATION#*",
                "BatchGetItem": "CHAIN#*",
                "Query": "CASE#* CHAIN#* REP#*",
                "PutItem": "CASE#*",
                "UpdateItem": "CASE#*",  # erases a person from closed cases
            },
        ),
        {"listing": "BATCHES CASES#* EVALUATIONS#*", "unsequenced": "UNSEQUENCED"},
        reads="directories evaluations facts policies rejected roots",
    ),
}
"""By function: its construct's name."""


def grant_table(function: Function, access: Access, storage: Storage) -> None:
    """Allow the access to the table by the partition key of each item.

    `ForAllValues` also holds for a call that names no key, such as a Scan. No such action is granted.
    IAM checks each part of a transaction by the action and the key of that part.
    """
    for action, partitions in access.partitions().items():
        function.may([f"dynamodb:{action}"], [storage.table.table_arn], only_if=_within(partitions))
    for index, queried in access.indexes.items():
        where = f"{storage.table.table_arn}/index/{index}"
        function.may(["dynamodb:Query"], [where], only_if=_within(queried.split()))


def grant_files(function: Function, access: Access, storage: Storage) -> None:
    """Allow the access to the files. S3 answers 403 instead of 404 to callers without ListBucket."""

    def folders(names: str) -> list[str]:
        return [storage.facts.arn_for_objects(f"{name}/*") for name in sorted(names.split())]

    if access.reads or access.writes:
        read = folders(f"{access.reads} {access.writes}")
        function.may(["s3:GetObject"], read, because=NAMED_AT_RUN_TIME)
        function.may(["s3:ListBucket"], [storage.facts.bucket_arn])
        function.set_environment(FACTS_BUCKET=storage.facts.bucket_name)
    if access.writes:
        function.may(["s3:PutObject"], folders(access.writes), because=NAMED_AT_RUN_TIME)


def grant_subject_key(function: Function, storage: Storage) -> None:
    """Allow wrapping and unwrapping people's data keys, and nothing else that this key could encrypt."""
    function.may(
        ["kms:GenerateDataKey", "kms:Decrypt"],
        [storage.subject_key.key_arn],
        only_if={
            "ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["person"]},
            # `ForAllValues` alone would also allow a call without an encryption context.
            "StringLike": {"kms:EncryptionContext:person": ["?*"]},
        },
    )


def _within(partitions: list[str]) -> dict[str, dict[str, str | list[str]]]:
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": partitions}}
