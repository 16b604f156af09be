"""The table of rights: every role, in every standing and relation, meets it at every route of the API."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, combinations

import pytest

from functions.audit.caller import HR, Caller, Group
from functions.audit.evidence.export_evidence import LedgerSource
from functions.audit.handlers import query as query_handler
from functions.audit.handlers.routes.exchange import Dependencies
from functions.audit.rights import (
    TABLE,
    Relation,
    Resource,
    Standing,
    Verdict,
    relation_to_case,
    standing,
    verdict,
)
from local.docs.rights import RESOURCE_OF
from shared.domain.case import Case
from shared.domain.identifiers import BatchId, CaseId, PersonId
from shared.domain.person import HR_QUEUE, Directory
from tests.fakes.personal_data import FakePersonalData
from tests.fakes.world import FakeDirectories, FakeHandouts
from tests.unit.audit.hr_desk import DECISION, PEOPLE, Desk, accounts, asked, person
from tests.unit.audit.test_query_handler import LedgerBucket, batch, call, commit, sealed
from tests.unit.audit.workshop import Log, Ring, World

ROLES = [frozenset(one) for one in chain.from_iterable(combinations(Group, size) for size in range(5))]
WHY = "The reason is long enough to be kept."
STATUS = {Verdict.HIDDEN: 404, Verdict.REFUSED: 403}


@dataclass(frozen=True)
class Somebody:
    """Whom an account stands for, and whom the directory has of that name."""

    name: str
    person_id: PersonId | None
    standing: Standing


EVERYBODY = [
    Somebody("a person of the company", PersonId("me"), Standing.LIVING),
    Somebody("a person who left", PersonId("me"), Standing.LEFT),
    Somebody("a person whom nobody knows", PersonId("me"), Standing.NOBODY),
    Somebody("nobody", None, Standing.NOBODY),
]

# Rep, HR partner, owner, and whether the directory has the rep as active, as gone, or not at all.
REPS: dict[Relation, list[tuple[str, str | None, str, bool | None]]] = {
    Relation.OWN: [("me", "hr-2", "m-1", None)],
    Relation.TO_ACT_ON: [("r-11", "hr-2", "me", True), ("r-12", None, HR_QUEUE, True)],
    Relation.FOREIGN: [("r-13", None, "m-1", True), ("r-14", "me", "m-1", None)],
    Relation.OTHERS: [("r-15", "hr-2", "hr-2", True), ("r-16", "hr-2", "m-1", False)],
    Relation.FORMER: [("r-17", "me", "m-1", False)],
    Relation.OWN_PEOPLE: [("r-18", "me", "m-1", True)],
}


def people(who: Somebody) -> Directory:
    known = {one.id: one for one in PEOPLE}
    for rep, partner, _, active in (each for reps in REPS.values() for each in reps):
        if active is not None:
            known[PersonId(rep)] = replace(person(rep, f"Rep {rep}", "m-1", partner), active=active)
    if who.person_id is not None and who.standing is not Standing.NOBODY:
        me = person("me", "Me Myself", "m-1", "hr-2")
        known[me.id] = replace(me, active=who.standing is Standing.LIVING)
    return Directory(BatchId("people-1"), known)


def relations(who: Somebody) -> Iterator[tuple[Relation, str]]:
    """Every relation with the reps to whom the account has it."""
    for relation, reps in REPS.items():
        for rep, _, owner, _ in reps:
            # An account without a person is nobody's partner, and owns nothing but the shared queue.
            whose = relation in (Relation.FOREIGN, Relation.OTHERS) or owner == HR_QUEUE
            if who.person_id is not None or whose:
                yield relation, rep
    yield Relation.UNKNOWN, "r-99"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, who: Somebody) -> Desk:
    """HR's desk with a case in each relation, behind the real handler."""
    desk, world = Desk(), World()
    desk.sources = replace(desk.sources, directories=FakeDirectories(people(who)))
    for rep, _, owner, _ in (each for reps in REPS.values() for each in reps):
        case_id = CaseId(f"case-{rep}")
        question = asked(case_id, assignee=HR_QUEUE, seat="hr_queue")
        desk.open(rep, question, owner=PersonId(owner), decision={**DECISION, "rep_id": rep})
    desk.evaluated(DECISION)
    commit(desk, "b1", batch=batch(rejected=0))
    sealed(desk, world)
    record = LedgerSource(LedgerBucket(world), Log(world), Ring(world))
    known = accounts(Caller("account", who.person_id, frozenset(Group)))
    found = Dependencies(desk.sources, record, FakePersonalData(desk.store), FakeHandouts(), known)
    monkeypatch.setattr(query_handler, "_dependencies", lambda: found)
    return desk


def ask(caller: Caller, route: str, rep: str) -> tuple[int, object]:
    method, path = route.split(" ")
    case_id = f"case-{rep}"
    values = {"case_id": case_id, "person_id": rep, "evaluation_id": "evaluation-1", "batch": "b1"}
    query = {"from": "1"} if path.endswith("/consistency") else {}
    body = {"reason": WHY}
    if path.endswith("/decisions"):
        body |= {"request_id": f"{case_id}.1", "choice": "approve"}
    sent = None if method == "GET" else json.dumps(body)
    status, answer, _ = call(caller, path.format(period="2026-09", **values), method, sent, **query)
    return status, answer


def is_general(resource: Resource) -> bool:
    return all(Relation.GENERAL in right.allowed for right in TABLE[resource].values())


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: who.name)
@pytest.mark.parametrize("roles", ROLES, ids=lambda roles: "+".join(sorted(roles)) or "no role")
def test_every_route_answers_as_the_table_says(api: Desk, who: Somebody, roles: frozenset[Group]) -> None:
    caller = Caller("account", who.person_id, roles)
    assert standing(caller, api.sources.directory()) is who.standing
    for route, resource in RESOURCE_OF.items():
        general = [(Relation.GENERAL, "r-11")]
        for relation, rep in general if is_general(resource) else relations(who):
            if resource is Resource.PERSON and relation is Relation.TO_ACT_ON:
                continue  # a person is on nobody's desk
            expected = verdict(roles, who.standing, resource, relation)
            if who.person_id is None and roles & HR:
                expected = Verdict.REFUSED  # HR must be a person: the door refuses the token itself
            status, answer = ask(caller, route, rep)
            place = (route, relation, rep, answer)
            if expected is Verdict.ALLOWED:
                # An open case stops an erasure, which is a rule and no right.
                assert status == 200 or (route.endswith("/shred") and status == 409), place
            else:
                assert status == STATUS[expected], place
            if expected is Verdict.HIDDEN:
                assert (status, answer) == ask(caller, route, "r-99"), place


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: who.name)
@pytest.mark.parametrize("roles", ROLES, ids=lambda roles: "+".join(sorted(roles)) or "no role")
def test_the_list_has_exactly_the_cases_that_the_caller_may_open(
    api: Desk, who: Somebody, roles: frozenset[Group]
) -> None:
    caller = Caller("account", who.person_id, roles)
    status, answer, _ = call(caller, "/cases", limit="200")
    listed = [row["id"] for row in answer["cases"]] if status == 200 else []
    refused = who.person_id is None and roles & HR
    may_open = [
        f"case-{rep}"
        for relation, rep in (() if refused else relations(who))
        if verdict(roles, who.standing, Resource.CASE, relation) is Verdict.ALLOWED
    ]
    assert sorted(listed) == sorted(may_open)


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: who.name)
def test_the_relation_to_each_case_is_the_one_that_the_page_describes(api: Desk, who: Somebody) -> None:
    caller, directory = Caller("account", who.person_id, frozenset()), api.sources.directory()

    def case(rep: str) -> Case:
        return api.store.case(CaseId(f"case-{rep}"))

    found = {
        rep: relation_to_case(caller, case(rep), directory) for _, rep in relations(who) if rep != "r-99"
    }
    assert found == {rep: relation for relation, rep in relations(who) if rep != "r-99"}


@pytest.mark.parametrize("who", EVERYBODY[:1], ids=lambda who: who.name)
def test_an_auditor_who_is_also_a_partner_reads_only_their_own_peoples_text(api: Desk, who: Somebody) -> None:
    both = Caller("account", who.person_id, frozenset({Group.AUDITOR, Group.HR_PARTNER}))

    def sealed_events(rep: str) -> list[bool]:
        _, shown = ask(both, "GET /cases/{case_id}/events", rep)
        assert isinstance(shown, dict)
        return [event["sealed"] for event in shown["events"] if event["commitment"]]

    assert sealed_events("r-18") == [False]
    assert sealed_events("r-15") == [True]


def test_every_route_has_a_resource_and_every_resource_a_route() -> None:
    assert set(RESOURCE_OF.values()) == set(Resource) == set(TABLE)


@pytest.mark.parametrize("resource", Resource)
def test_nobody_gets_at_their_own_case_or_record_in_any_role(resource: Resource) -> None:
    for roles in ROLES:
        assert verdict(roles, Standing.LIVING, resource, Relation.OWN) is not Verdict.ALLOWED


def test_somebody_who_left_may_do_nothing_and_an_unknown_administrator_only_see_the_exports() -> None:
    everything = [(resource, relation) for resource in Resource for relation in Relation]
    for roles in ROLES:
        assert {verdict(roles, Standing.LEFT, *one) for one in everything} == {Verdict.REFUSED}
    admin = {Group.HR_ADMIN}
    allowed = {one for one in everything if verdict(admin, Standing.NOBODY, *one) is Verdict.ALLOWED}
    assert allowed == {(Resource.EXPORTS, Relation.GENERAL)}
