"""The sample organisation in memory: drops exports and runs the evaluations that follow, step by step."""

import json
from pathlib import Path
from typing import Any

from functions.evaluate import run_evaluation
from functions.evaluate.plan_evaluation import Planning, plan_evaluation
from functions.ingest.receive_export import read_whole
from functions.ingest.reception import Receiving
from shared.domain import paths
from shared.domain.identifiers import BatchId
from shared.domain.policy import parse_policy
from shared.domain.record import EvaluationRecord, PlannedEvaluation
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.world import FakeExports, FakeFiles, FakePolicies

ROOT = Path(__file__).parents[3]
POLICY = (ROOT / "config/policies/field-sales.yaml").read_text()


class Organisation:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store, self.files, self.exports = FakeStore(self.clock), FakeFiles(), FakeExports()
        self.policies = FakePolicies((parse_policy(POLICY, "field-sales"), POLICY.encode()))
        self.planning = Planning(self.store, self.files, self.policies, self.clock, 4, "test")
        self.receiving = Receiving(self.store, self.exports, self.files, self.clock, self._profile, shards=4)

    def _profile(self, profile_id: str) -> str:
        return (ROOT / f"config/profiles/{profile_id}.yaml").read_text()

    def drop(self, profile: str, name: str, content: bytes | None = None) -> BatchId:
        self.clock.advance(minutes=1)
        key = f"incoming/{profile}/{name}"
        version = self.exports.drop(key, content or (ROOT / "examples/varicent" / name).read_bytes())
        return read_whole(self.exports.open(key, version), self.receiving).batch.id

    def people(self) -> BatchId:
        return self.drop("hr-people", "people-2026-09.csv")

    def month(self, month: str) -> BatchId:
        return self.drop("varicent-attainment", f"varicent-attainment-{month}.csv")

    def plan(self, batch: BatchId) -> list[PlannedEvaluation]:
        return plan_evaluation(batch, self.planning)

    def run(self, plan: PlannedEvaluation) -> EvaluationRecord:
        for shard in range(plan.shards):
            run_evaluation.assess(plan.id, shard, self.store, self.files)
        run_evaluation.summarise(plan.id, self.store, self.files)
        for shard in reversed(range(plan.shards)):
            run_evaluation.decide(plan.id, shard, self.store, self.files)
        run_evaluation.collect(plan.id, self.store, self.files)
        return run_evaluation.complete(plan.id, self.store, self.files, self.clock)

    def to_act_on(self, plan: PlannedEvaluation) -> list[dict[str, Any]]:
        people: list[dict[str, Any]] = json.loads(self.files.read(paths.flagged(plan.id)))
        return people
