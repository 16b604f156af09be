"""What a mail or a page says of a case and of a question in it, ready to be read. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from functions.notify.period_lines import PeriodLine, decided_lines, period_lines
from functions.notify.wording import (
    Choice,
    choice,
    choices,
    exit_in_words,
    outcome_in_words,
    question,
    stage_name,
)
from shared.domain.canonical import digest, encode
from shared.domain.case import Case
from shared.domain.comparators import Comparison
from shared.domain.figure_text import (
    bar_of,
    finding_in_words,
    moment_in_words,
    percent,
    period_name,
    time_in_words,
)
from shared.domain.ladder import HR_SEATS
from shared.domain.person import Directory, name_of
from shared.domain.policy import Policy
from shared.domain.request import Request


@dataclass(frozen=True, slots=True)
class RestatedFacts:
    """The period that opened the case as restated: what became of it, and the arithmetic anew."""

    outcome: str
    findings: tuple[str, ...]
    periods: tuple[PeriodLine, ...]


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case as its reader sees it: every figure as text, in the order of the page."""

    rep: str
    role: str
    region: str
    policy: str
    policy_ref: str
    stage: str
    opened_for: str
    periods: tuple[PeriodLine, ...]
    bar: str | None
    bar_ratio: str | None
    goal: str | None
    """What ends the case well, as a sentence, where the stage has such an end."""
    findings: tuple[str, ...]
    stage_ends: str | None
    exit: str | None
    marked: bool
    owner: str
    restated: RestatedFacts | None
    """Set while HR is asked whether the case is withdrawn."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody answered in the case before, in their own words."""

    by: str
    at: str
    answer: str
    reason: str


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """A question as the asked person sees it."""

    asked: str
    on_behalf_of: str | None
    heading: str
    explanation: str
    choices: tuple[Choice, ...]
    agenda: tuple[str, ...]
    adverse: bool
    takes_a_sign_in: bool
    due: str
    said: tuple[Statement, ...] = ()
    """What was said so far, oldest first: for HR alone, since a reason may speak of leave or of health."""
    answered_by: str | None = None
    answered_at: str | None = None
    answer: str | None = None


def case_facts(case: Case, policy: Policy, directory: Directory | None, timezone: str) -> CaseFacts:
    rep = None if directory is None else directory.person(case.rep_id)
    decision = case.decision
    bar = bar_of(policy, decision.get("findings", ()))
    return CaseFacts(
        rep=name_of(case.rep_id, directory),
        role="" if rep is None else rep.role,
        region="" if rep is None else rep.region,
        policy=policy.title or policy.policy,
        policy_ref=policy.ref,
        stage=stage_name(case.stage),
        opened_for=period_name(case.opened_for),
        periods=period_lines(case, policy, bar),
        bar=None if bar is None else percent(bar),
        bar_ratio=bar,
        goal=_goal(case, policy),
        findings=tuple(
            finding_in_words(finding, policy, decision.get("inputs", ()))
            for finding in decision.get("findings", ())
        ),
        stage_ends=None if case.stage_ends_at is None else moment_in_words(case.stage_ends_at, timezone),
        exit=None if case.exit is None else exit_in_words(case.exit),
        marked=case.marked is not None,
        owner=name_of(case.owner, directory),
        restated=_restated(case, policy, bar),
    )


def request_facts(
    request: Request,
    case: Case,
    policy: Policy,
    directory: Directory | None,
    timezone: str,
    before: Sequence[Request] = (),
) -> RequestFacts:
    """``before``: the other requests of the case, whose answers HR reads before it decides."""
    asked = question(request.purpose, name_of(case.rep_id, directory), stage_name(request.stage))
    answer = request.answer
    return RequestFacts(
        asked=name_of(request.assignee, directory),
        on_behalf_of=None if request.on_behalf_of is None else name_of(request.on_behalf_of, directory),
        heading=asked.heading,
        explanation=asked.explanation,
        choices=choices(request.purpose, request.choices),
        agenda=_agenda(request, policy),
        adverse=request.adverse,
        takes_a_sign_in=request.takes_a_sign_in,
        due=moment_in_words(request.due_at, timezone),
        said=_said(request, before, directory, timezone),
        answered_by=None if answer is None else name_of(answer.answered_by, directory),
        answered_at=None if answer is None else time_in_words(answer.answered_at, timezone),
        answer=None if answer is None else choice(request.purpose, answer.choice).label,
    )


def digest_of_shown(case: CaseFacts, request: RequestFacts, others: Comparison | None) -> str:
    """The SHA-256 of everything that the page shows: what an answer relied on."""
    shown = {"case": asdict(case), "request": asdict(request)}
    return digest(encode(shown if others is None else shown | {"others": others.digest}))


def _said(
    request: Request, before: Sequence[Request], directory: Directory | None, timezone: str
) -> tuple[Statement, ...]:
    if request.seat not in HR_SEATS:
        return ()
    answers = [(each, each.answer) for each in before if each.answer is not None and each.id != request.id]
    return tuple(
        Statement(
            by=name_of(answer.answered_by, directory),
            at=time_in_words(answer.answered_at, timezone),
            answer=choice(each.purpose, answer.choice).label,
            reason=answer.reason,
        )
        for each, answer in sorted(answers, key=lambda pair: pair[1].answered_at)
    )


def _restated(case: Case, policy: Policy, bar: str | None) -> RestatedFacts | None:
    after = case.restated
    if after is None or case.marked is None:
        return None
    return RestatedFacts(
        outcome=outcome_in_words(after["outcome"]),
        findings=tuple(finding_in_words(finding, policy, after["inputs"]) for finding in after["findings"]),
        periods=decided_lines(after, policy, bar),
    )


def _goal(case: Case, policy: Policy) -> str | None:
    names = [stage.stage for stage in policy.ladder]
    graduate = policy.stage(case.stage).graduate if case.stage in names else None
    if graduate is None:
        return None
    return (
        f"The case ends well when {graduate.count} of the next {graduate.of_next} {policy.period}s "
        f"reach{'es' if graduate.count == 1 else ''} {percent(graduate.at_least)} of target."
    )


def _agenda(request: Request, policy: Policy) -> tuple[str, ...]:
    if request.seat not in ("manager", "skip_level"):
        return ()
    asks = [stage.ask for stage in policy.ladder if stage.stage == request.stage]
    return asks[0].agenda if asks and asks[0] is not None else ()
