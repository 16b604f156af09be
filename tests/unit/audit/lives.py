"""Cases' lives made up at random, as the core allows them, and what somebody might change in one."""

import copy
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from functions.evaluate.cases.triggers import FindingsRestored, FindingsUndone, ResultsArrived
from shared.domain.canonical import digest
from shared.domain.event import Actor, ActorKind, Authentication, EventTag
from shared.domain.identifiers import EvaluationId, PersonId
from shared.domain.period import Period
from shared.domain.policy import Policy
from shared.domain.request import RequestStatus
from tests.unit.audit.on_record import put_on_record, values_of
from tests.unit.audit.workshop import POLICY, World
from tests.unit.evaluate.case_life import POLICY as FIELD_SALES
from tests.unit.evaluate.case_life import Life, decision, figures

Value = dict[str, Any]
_HOURS = (1, 5, 30, 100, 300, 700)
POLICY_DIGEST = digest(POLICY)
NO_GATES = FIELD_SALES.model_copy(
    update={"ladder": tuple(stage.model_copy(update={"gate": None}) for stage in FIELD_SALES.ladder)}
)
CLOCK_RUNS = FIELD_SALES.model_copy(
    update={"hold": FIELD_SALES.hold.model_copy(update={"dispute": "run", "leave": "run"})}
)


def some_life(chance: random.Random, turns: int = 14) -> Life:
    """A case from its opening through as many turns, or to its end."""
    policy: Policy = chance.choice([FIELD_SALES, FIELD_SALES, NO_GATES, CLOCK_RUNS])
    life = put_on_record(Life(policy=policy))
    life.open(chance.choice(["coaching", "coaching", "improvement_plan", "final_review"])).settle()
    for turn in range(turns):
        if life.case.status == "closed":
            break
        chance.choices(
            [
                *(_answer_well, _answer_anyhow, _wait, _results, _bounce, _restate, _leave),
                *(_somebody_leaves, _somebody_moves, _somebody_stands_in, _mails_stop_or_leave_again),
            ],
            weights=[40, 15, 15, 10, 5, 5, 5, 5, 5, 5, 5],
        )[0](chance, life, turn)
    return life


def _answer_well(chance: random.Random, life: Life, turn: int) -> None:
    request = life.requests.get(life.case.request_id) if life.case.request_id else None
    if request is None:
        life.wait(life.case.due_at)
        return
    by = _somebody_in_hr(turn) if request.seat == "hr_queue" else request.assignee
    known: Literal["cognito", "link+code"] = "cognito" if request.seat == "hr_queue" else "link+code"
    life.answer(chance.choice([request.choices[0], *request.choices]), by=by, known_by=known, request=request)


def _somebody_in_hr(turn: int) -> PersonId:
    return PersonId(f"partner-{2 + turn % 2}")


def _answer_anyhow(chance: random.Random, life: Life, turn: int) -> None:
    if not life.case.standing:
        return
    request = life.requests[chance.choice(life.case.standing)]
    others = ["manager", "rep", "partner", _somebody_in_hr(turn)]
    by = chance.choice([request.assignee, request.assignee, *others])
    known: Any = chance.choice(["link", "link+code", "cognito"])
    life.answer(chance.choice(request.choices), by=by, known_by=known, request=request)


def _wait(chance: random.Random, life: Life, turn: int) -> None:
    life.wait(life.now + timedelta(hours=chance.choice(_HOURS)))


def _results(chance: random.Random, life: Life, turn: int) -> None:
    period = str(Period.parse("2026-09").plus(turn + 1))
    attainment = chance.choice(["0.4000", "0.8600", "0.9100"])
    news = decision(period, figures(period, attainment, chance.choice([0, 0, 6])), outcome="clear")
    life.happen(ResultsArrived(news, EvaluationId(f"e-{turn}")))
    life.settle()


def _mails_stop_or_leave_again(chance: random.Random, life: Life, turn: int) -> None:
    life.mails_leave = not life.mails_leave


def _bounce(chance: random.Random, life: Life, turn: int) -> None:
    if life.case.standing:
        request = life.requests[chance.choice(life.case.standing)]
        life.requests[request.id] = request.ended(RequestStatus.BOUNCED)
        life.settle()


def _restate(chance: random.Random, life: Life, turn: int) -> None:
    if life.case.marked is None:
        undone = decision("2026-09", figures("2026-09", "0.9000"), outcome="clear")
        life.happen(FindingsUndone(undone, EvaluationId(f"again-{turn}")))
    else:
        life.happen(FindingsRestored(decision("2026-09"), EvaluationId(f"again-{turn}")))
    life.settle()


def _leave(chance: random.Random, life: Life, turn: int) -> None:
    life.report_leave()


def _somebody_leaves(chance: random.Random, life: Life, turn: int) -> None:
    who = PersonId(chance.choice(["manager", "director", "partner", "deputy", "rep"]))
    people = dict(life.people.people)
    people[who] = replace(people[who], active=not people[who].active)
    life.people = replace(life.people, people=people)
    life.settle()


def _somebody_moves(chance: random.Random, life: Life, turn: int) -> None:
    manager = PersonId(chance.choice(["manager", "deputy", "director"]))
    partner = PersonId(chance.choice(["partner", "partner-2"]))
    _change(life, PersonId("rep"), manager_id=manager, hr_partner_id=partner)


def _somebody_stands_in(chance: random.Random, life: Life, turn: int) -> None:
    who = PersonId(chance.choice(["manager", "partner"]))
    _change(life, who, delegate_id=chance.choice([None, PersonId("deputy"), PersonId("partner-3")]))


def _change(life: Life, who: PersonId, **fields: PersonId | None) -> None:
    people = dict(life.people.people)
    people[who] = replace(people[who], **fields)  # type: ignore[arg-type]  # each is a field for an id
    life.people = replace(life.people, people=people)
    life.settle()


def in_a_ledger(values: Sequence[Value], world: World, subject: str) -> None:
    """The events in the chain of ``subject``, with right hashes, whatever they say."""
    for value in values:
        actor = value["actor"]
        world.happened(
            subject,
            EventTag(value["tag"]),
            datetime.fromisoformat(value["occurred_at"]),
            actor=Actor(ActorKind(actor["kind"]), actor["id"], Authentication(actor["authenticated_by"])),
            # The core's tests know no policy file; a bundle has the workshop's.
            relied_on={**value["relied_on"], **({"policy": POLICY_DIGEST} if value["relied_on"] else {})},
            # Nor do they know its JSON, so these cases commit to the file alone, as those of version 1 did.
            **{name: inner for name, inner in value["data"].items() if name != "policy_json"},
        )


# What a keeper with all keys might change, at the price of writing the whole ledger anew.


def leave_out(chance: random.Random, story: list[Value]) -> None:
    del story[chance.randrange(1, len(story))]


def repeat(chance: random.Random, story: list[Value]) -> None:
    story.insert(chance.randrange(1, len(story) + 1), copy.deepcopy(chance.choice(story[1:])))


def move(chance: random.Random, story: list[Value]) -> None:
    story.insert(chance.randrange(1, len(story)), story.pop(chance.randrange(1, len(story))))


def backdate(chance: random.Random, story: list[Value]) -> None:
    story[chance.randrange(1, len(story))]["occurred_at"] = "2026-09-01T06:00:00.000Z"


def somebody_else(chance: random.Random, story: list[Value]) -> None:
    event = chance.choice(story)
    people = ["manager", "director", "partner", "rep", "somebody"]
    holder = chance.choice([event["data"], event["actor"]])
    named = [name for name in holder if name in ("by", "id", "assignee", "proposed_by", "owner", "rep", "to")]
    if named:
        holder[chance.choice(named)] = chance.choice(people)


def another_word(chance: random.Random, story: list[Value]) -> None:
    event = chance.choice(story)
    name = chance.choice(sorted(event["data"]) or ["none"])
    others = [other["data"][name] for other in story if name in other["data"]]
    if others:
        event["data"][name] = copy.deepcopy(chance.choice(others))


def another_policy(chance: random.Random, story: list[Value]) -> None:
    for event in story[chance.randrange(len(story)) :]:
        if "policy" in event["relied_on"]:
            event["relied_on"]["policy"] = "cd" * 32


def old_table(chance: random.Random, story: list[Value]) -> None:
    """As if an old table had been restored: some of the end is forgotten, and the rest of it lived again."""
    here = chance.randrange(1, len(story))
    there = chance.randrange(here, len(story))
    story[there:there] = copy.deepcopy(story[here:there])


CHANGES: list[Callable[[random.Random, list[Value]], None]] = [
    *(leave_out, repeat, move, backdate, somebody_else, another_word, another_policy, old_table),
]


def changed(chance: random.Random, life: Life) -> tuple[str, list[Value]]:
    """The story with one of these changes, numbered anew."""
    story = copy.deepcopy(values_of(life))
    change = chance.choice(CHANGES)
    change(chance, story)
    for sequence, value in enumerate(story, 1):
        value["sequence"] = sequence
    return change.__name__, story
