"""A sample organisation that was really evaluated, with its cases opened and its ledger sealed, in memory."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from functions.audit.caller import Caller, Group
from functions.audit.evidence.export_evidence import LedgerSource, case_evidence, period_evidence
from functions.audit.sources import Sources
from functions.evaluate.commit_step import Casework
from functions.evaluate.open_case import open_cases
from shared.aws.files import FiledDirectories
from shared.domain.case import Case, CaseStatus
from shared.domain.event import Event
from shared.domain.identifiers import BatchId, PersonId
from shared.domain.record import EvaluationRecord
from shared.ledger_ports import EventPlace, StoredEvent
from tests.unit.audit.bundles import unpacked
from tests.unit.audit.workshop import Bucket, Log, Ring, World
from tests.unit.evaluate.organisation import Organisation

ADMIN: Final = Caller("a-3", PersonId("H001"), frozenset({Group.HR_ADMIN}))
AUDITOR: Final = Caller("a-5", None, frozenset({Group.AUDITOR}))


class LedgerBucket(Bucket):
    def names(self, prefix: str) -> Iterable[str]:
        return sorted(name for name in self.world.files if name.startswith(prefix))


@dataclass
class Evaluated:
    """Everything that happened at the organisation is sealed when `seal` is called."""

    organisation: Organisation = field(default_factory=Organisation)
    world: World = field(default_factory=World)
    _sealed: int = 0

    @property
    def sources(self) -> Sources:
        own = self.organisation
        directories = FiledDirectories(own.store, own.files)
        return Sources(own.store, directories, own.policies, own.files, own.clock)

    @property
    def record(self) -> LedgerSource:
        return LedgerSource(LedgerBucket(self.world), Log(self.world), Ring(self.world))

    def evaluate(self, batch: BatchId) -> list[EvaluationRecord]:
        """Run what the batch calls for, and open or feed the cases."""
        own, records = self.organisation, []
        directories = FiledDirectories(own.store, own.files)
        work = Casework(own.store, own.files, directories, own.policies, own.clock)
        for plan in own.plan(batch):
            records.append(own.run(plan))
            open_cases(plan.id, 0, len(own.to_act_on(plan)), work)
        return records

    def seal(self) -> None:
        for event in self.organisation.store.seen[self._sealed :]:
            self.world.events[EventPlace(event.subject, event.sequence)] = self._stored(event)
        self._sealed = len(self.organisation.store.seen)
        self.world.seal(self.organisation.clock.now())

    def _stored(self, event: Event) -> StoredEvent:
        return StoredEvent(self.organisation.store.events(event.subject)[event.sequence - 1], None)

    @property
    def cases(self) -> list[Case]:
        store = self.organisation.store
        return [*store.cases(CaseStatus.OPEN), *store.cases(CaseStatus.CLOSED)]

    def bundle(self, case: Case, caller: Caller = ADMIN) -> dict[str, bytes]:
        return unpacked(case_evidence(self.sources, self.record, caller, case.id))

    def bundle_of_period(self, period: str, caller: Caller = ADMIN) -> dict[str, bytes]:
        return unpacked(period_evidence(self.sources, self.record, caller, period))


def september() -> Evaluated:
    """A directory, three months of which the second was restated, the evaluation of the third, its cases."""
    made = Evaluated()
    own = made.organisation
    own.people()
    for month in ("2026-07", "2026-08", "2026-08-restated"):
        made.evaluate(own.month(month))
        made.seal()
    made.evaluate(own.month("2026-09"))
    made.seal()
    return made
