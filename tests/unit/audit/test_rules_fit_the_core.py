"""The verifier's rules about cases, held against every life that the core lets a case live."""

from hypothesis import settings
from hypothesis.stateful import invariant

from functions.audit.verify.case_rules import CaseRules
from functions.audit.verify.data_forms import fault_of
from tests.unit.audit.on_record import put_on_record, values_of
from tests.unit.evaluate.case_life import Life
from tests.unit.evaluate.test_escalation_properties import CaseLife


class CaseLifeOnRecord(CaseLife):
    """The life of a case as the core's own test makes it up, read by the verifier's rules after each step."""

    @property
    def life(self) -> Life:
        return self._life

    @life.setter
    def life(self, life: Life) -> None:
        self._life = put_on_record(life)

    @invariant()
    def the_record_of_an_honest_case_breaks_no_rule(self) -> None:
        rules = CaseRules()
        for value in values_of(self.life):
            assert fault_of(value["tag"], value["data"], value["relied_on"]) == "", value
            assert not list(rules.faults(value)), (value, [str(one.tag) for one in self.life.events])


TestCaseLifeOnRecord = CaseLifeOnRecord.TestCase
TestCaseLifeOnRecord.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
