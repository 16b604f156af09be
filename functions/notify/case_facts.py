"""What a mail or a page says about a case and a question in it, ready to read. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from functions.notify.period_lines import PeriodLine, decided_lines, period_lines
from shared.domain.canonical import digest, encode
from shared.domain.case import Case
from shared.domain.comparators import Comparison
from shared.domain.figure_text import (
    bar_of,
    finding_in_words,
    goal_in_words,
    moment_in_words,
    percent,
    period_name,
    time_in_words,
)
from shared.domain.labels import LABELS, label
from shared.domain.ladder import HR_SEATS, Stage
from shared.domain.person import Directory, name_of
from shared.domain.policy import Policy
from shared.domain.request import Request


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case as its reader sees it, without its figures."""

    rep: str
    role: str
    region: str
    policy: str
    policy_ref: str
    stage: str
    opened_for: str
    goal: str | None
    """What ends the case well, as a sentence; None where the stage has no such end."""
    stage_ends: str | None
    exit: str | None
    exit_meaning: str | None
    marked: bool
    owner: str


@dataclass(frozen=True, slots=True)
class RestatedFacts:
    """What the restated figures of the opening period led to, with the new arithmetic."""

    outcome: str
    findings: tuple[str, ...]
    periods: tuple[PeriodLine, ...]


@dataclass(frozen=True, slots=True)
class FigureFacts:
    """The arithmetic of a case as text, as the page shows it. Never says why a period did not count."""

    periods: tuple[PeriodLine, ...]
    bar: str | None
    bar_ratio: str | None
    findings: tuple[str, ...]
    restated: RestatedFacts | None
    """Set while HR is asked whether to withdraw the case."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer: its code, its name, and what follows from it."""

    code: str
    label: str
    consequence: str


@dataclass(frozen=True, slots=True)
class Statement:
    """An earlier answer in the case, in the words of the person who gave it."""

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
    agenda: tuple[str, ...]
    adverse: bool
    takes_a_sign_in: bool
    due: str
    answered_by: str | None = None
    answered_at: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What the page, and no mail, shows of a question: the possible answers, and to HR the earlier ones."""

    choices: tuple[Choice, ...]
    said: tuple[Statement, ...]
    """Earlier answers, oldest first. Only HR sees them, because a reason may mention leave or health."""


def case_facts(case: Case, policy: Policy, directory: Directory | None, timezone: str) -> CaseFacts:
    rep = None if directory is None else directory.person(case.rep_id)
    stage = _stage(case.stage, policy)
    goal = None if stage is None else stage.graduate
    return CaseFacts(
        rep=name_of(case.rep_id, directory),
        role="" if rep is None else rep.role,
        region="" if rep is None else rep.region,
        policy=policy.title or policy.policy,
        policy_ref=policy.ref,
        stage=label("stage", case.stage),
        opened_for=period_name(case.opened_for),
        goal=None if goal is None else goal_in_words(goal, policy),
        stage_ends=None if case.stage_ends_at is None else moment_in_words(case.stage_ends_at, timezone),
        exit=None if case.exit is None else label("exit", case.exit),
        exit_meaning=None if case.exit is None else label("exit_meaning", case.exit),
        marked=case.marked is not None,
        owner=name_of(case.owner, directory),
    )


def case_page(case: Case, console_url: str | None) -> str | None:
    """The case's page in the console; None where the console's address is not known."""
    return None if console_url is None else f"{console_url.rstrip('/')}/#/cases/{case.id}"


def figure_facts(case: Case, policy: Policy) -> FigureFacts:
    decision = case.decision
    findings, inputs = decision.get("findings", ()), decision.get("inputs", ())
    bar = bar_of(policy, findings)
    return FigureFacts(
        periods=period_lines(case, policy, bar),
        bar=None if bar is None else percent(bar),
        bar_ratio=bar,
        findings=tuple([finding_in_words(finding, policy, inputs) for finding in findings]),
        restated=_restated(case, policy, bar),
    )


def request_facts(
    request: Request,
    case: Case,
    policy: Policy,
    directory: Directory | None,
    timezone: str,
) -> RequestFacts:
    names = {"rep": name_of(case.rep_id, directory), "stage": label("stage", request.stage)}
    answer = request.answer
    return RequestFacts(
        asked=name_of(request.assignee, directory),
        on_behalf_of=None if request.on_behalf_of is None else name_of(request.on_behalf_of, directory),
        heading=label("question_heading", request.purpose).format(**names),
        explanation=label("question_explanation", request.purpose).format(**names),
        agenda=_agenda(request, policy),
        adverse=request.adverse,
        takes_a_sign_in=request.takes_a_sign_in,
        due=moment_in_words(request.due_at, timezone),
        answered_by=None if answer is None else name_of(answer.answered_by, directory),
        answered_at=None if answer is None else time_in_words(answer.answered_at, timezone),
        answer=None if answer is None else _answer(answer.choice),
    )


def answer_facts(
    request: Request, before: Sequence[Request], directory: Directory | None, timezone: str
) -> AnswerFacts:
    """``before``: all requests of the case, whose answers HR reads before it decides."""
    return AnswerFacts(
        choices=tuple(
            Choice(code, _answer(code), LABELS["answer_consequence"].get(code, ""))
            for code in request.choices
        ),
        said=_said(request, before, directory, timezone),
    )


def digest_of_shown(
    case: CaseFacts,
    figures: FigureFacts,
    request: RequestFacts,
    answers: AnswerFacts,
    others: Comparison | None,
) -> str:
    """The SHA-256 of everything that the page shows, and so of what an answer relied on."""
    shown = {
        "case": asdict(case),
        "figures": asdict(figures),
        "request": asdict(request),
        "answers": asdict(answers),
    }
    return digest(encode(shown if others is None else shown | {"others": others.digest}))


def _answer(code: str) -> str:
    """An answer's name. An answer that only the policy knows begins with a capital, too."""
    name = label("answer", code)
    return name[:1].upper() + name[1:]


def _said(
    request: Request, before: Sequence[Request], directory: Directory | None, timezone: str
) -> tuple[Statement, ...]:
    if request.seat not in HR_SEATS:
        return ()
    answers = [each.answer for each in before if each.answer is not None and each.id != request.id]
    return tuple(
        Statement(
            by=name_of(answer.answered_by, directory),
            at=time_in_words(answer.answered_at, timezone),
            answer=_answer(answer.choice),
            reason=answer.reason,
        )
        for answer in sorted(answers, key=lambda answer: answer.answered_at)
    )


def _restated(case: Case, policy: Policy, bar: str | None) -> RestatedFacts | None:
    after = case.restated
    if after is None or case.marked is None:
        return None
    return RestatedFacts(
        outcome=label("outcome_meaning", after["outcome"]),
        findings=tuple([finding_in_words(finding, policy, after["inputs"]) for finding in after["findings"]]),
        periods=decided_lines(after, policy, bar),
    )


def _stage(name: str, policy: Policy) -> Stage | None:
    return next((stage for stage in policy.ladder if stage.stage == name), None)


def _agenda(request: Request, policy: Policy) -> tuple[str, ...]:
    """Suggested topics for the talk, for the people above the rep."""
    stage = _stage(request.stage, policy)
    if request.seat not in ("manager", "skip_level") or stage is None or stage.ask is None:
        return ()
    return stage.ask.agenda
