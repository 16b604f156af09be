"""The product's codes in the words of the people who read them. Pure.

A policy may name answers and stages of its own; those are shown by their own names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from shared.domain.case import Exit


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer: its code, what it is called, and what follows from it."""

    code: str
    label: str
    consequence: str


@dataclass(frozen=True, slots=True)
class Question:
    heading: str
    explanation: str


_CHOICES: Final[dict[str, tuple[str, str]]] = {
    "coach": ("I will coach", "You talk it through; the results of the next periods decide what follows."),
    "agree_plan": ("I will carry out the plan", "You go through it with the rep, and check in as it says."),
    "dispute_figures": ("The figures are wrong", "The clock stops while HR has the figures checked."),
    "request_exception": ("Ask HR for an exception", "HR decides, and you hear what it decided."),
    "propose_removal": ("Propose removal", "HR, another person than you, approves it or sends it back."),
    "extend_plan": ("Give more time", "The plan goes on; nothing else is decided yet."),
    "held": ("It took place", "It is recorded with what you write."),
    "not_held": ("It did not take place", "It is recorded as the company’s miss, not the rep’s."),
    "acknowledge": ("I have read this", "Reading is not agreeing."),
    "rebut": ("I see it differently", "HR is told and reads it. It stays with the record, in your words."),
    "gate/publish": ("Let it begin", "The stage begins today, and the rep is told."),
    "gate/extend": ("Give more time", "The stage before it goes on; nothing else is decided yet."),
    "gate/close": ("Close the case", "The case ends without a further stage."),
    "dispute/uphold": ("The figures were wrong", "The case is withdrawn; restated figures will count."),
    "dispute/reject": ("The figures are right", "The clock runs again; the days between do not count."),
    "exception/grant": ("Grant the exception", "The case ends without a finding against the rep."),
    "exception/refuse": ("Refuse the exception", "The case goes on where it stood."),
    "withdrawal/withdraw": ("Withdraw the case", "The case ends; what opened it no longer holds."),
    "withdrawal/keep": (
        "Keep the case open",
        "The case goes on where it stood, for the reason that you give.",
    ),
    "leave/resume": ("The case may go on", "The clock runs again; the days between do not count."),
    "removal_approval/approve": (
        "Approve the removal",
        "It stands approved by two people, and the case ends.",
    ),
    "removal_approval/send_back": ("Send back", "It goes back to whoever proposed it, with your reason."),
}
"""By the answer's code; with the question's purpose before it where a code has more than one meaning."""

_QUESTIONS: Final[dict[str, tuple[str, str]]] = {
    "stage_plan": (
        "What should happen for {rep}?",
        "{rep}’s results fell short of the policy’s bar. Look at the figures, choose one, and say why.",
    ),
    "gate": (
        "Should “{stage}” begin for {rep}?",
        "The stage before ended without the bar being reached. The next one begins only if you say so.",
    ),
    "exception": (
        "Should {rep} get an exception?",
        "An exception was asked for. Its reason is in the case’s history.",
    ),
    "dispute": (
        "Are {rep}’s figures right?",
        "Somebody disputes the figures below. The clock stands still until you decide.",
    ),
    "withdrawal": (
        "Should {rep}’s case be withdrawn?",
        "Restated figures undid what opened this case. Please confirm its withdrawal, or say why it goes on.",
    ),
    "removal_proposal": (
        "What do you propose for {rep}?",
        "The last stage has ended. A removal takes two people: what you propose goes to HR.",
    ),
    "removal_approval": (
        "Do you approve the removal of {rep}?",
        "A removal was proposed by somebody else. It takes effect only with your approval.",
    ),
    "check_in": (
        "Did the check-in with {rep} take place?",
        "Say in a sentence what was agreed.",
    ),
    "rep": (
        "Your results, and what you want to say about them",
        "Below is what was found and how. You may take note of it, answer it, or dispute the figures.",
    ),
    "leave": (
        "May {rep}’s case go on?",
        "The case stands still because of a leave. Its days do not count; it goes on when you say so.",
    ),
}

_STAGES: Final[dict[str, str]] = {
    "coaching": "coaching",
    "improvement_plan": "improvement plan",
    "final_review": "final review",
}

_EXITS: Final[dict[Exit, str]] = {
    Exit.GRADUATED: "it ended well: the bar was reached",
    Exit.WITHDRAWN: "it was withdrawn: what opened it no longer holds",
    Exit.EXCEPTED: "HR granted an exception",
    Exit.REMOVAL_APPROVED: "a removal was approved by two people",
    Exit.LEFT_COMPANY: "the rep left the company",
    Exit.POLICY_CLOSED: "the policy came to its end",
}

_OUTCOMES: Final[dict[str, str]] = {
    "clear": "no rule fires any more",
    "not_assessable": "the period can no longer be assessed",
    "out_of_scope": "the policy does not apply any more",
    "structural": "most of the group fell short, which is a question about the quotas",
    "open_case": "the policy still finds what it found",
}

_REFUSALS: Final[dict[str, str]] = {
    "empty": "the file has no data row",
    "header_missing_column": "a column that the profile needs is not in the header",
    "header_duplicate_column": "a column that the profile needs stands twice in the header",
    "header_extra_column": "the header has a column that the profile does not allow",
    "not_text": "the file is not text",
    "truncated_gzip": "the compressed file is damaged or cut off",
    "too_large": "the file is larger than can be read",
    "too_compressed": "the file unpacks to far more than its own size",
    "manifest_mismatch": "the file does not agree with its manifest",
    "too_many_rejected": "too many of its rows were rejected",
    "unknown_profile": "no profile of that name is known",
}

_EXPECTED: Final[dict[str, str]] = {
    "missing_value": "a value",
    "not_a_number": "a number in the profile’s form",
    "too_many_digits": "at most 18 digits before and 6 after the point",
    "out_of_range": "a value within the column’s range",
    "not_a_date": "a date in the profile’s form",
    "bad_period": "a period in the profile’s form",
    "unknown_currency": "an ISO 4217 code, upper case",
    "bad_email": "one plain mail address",
    "not_a_boolean": "true, false, yes, no, 1 or 0",
    "unknown_timezone": "an IANA time zone",
    "too_long": "a shorter value",
    "control_character": "no control characters",
    "wrong_field_count": "as many fields as the header has",
    "bad_encoding": "text in the profile’s encoding",
    "bad_quoting": "quotes that open and close properly",
    "duplicate": "one row for each key; the first one was taken",
}


def choices(purpose: str, codes: Sequence[str]) -> tuple[Choice, ...]:
    return tuple(choice(purpose, code) for code in codes)


def choice(purpose: str, code: str) -> Choice:
    for known in (f"{purpose}/{code}", code):
        if known in _CHOICES:
            return Choice(code, *_CHOICES[known])
    return Choice(code, _spoken(code), "")


def question(purpose: str, rep: str, stage: str) -> Question:
    heading, explanation = _QUESTIONS.get(
        purpose,
        ("Please decide: " + _spoken(purpose).lower(), "Look at the figures, choose one, and say why."),
    )
    return Question(heading.format(rep=rep, stage=stage), explanation.format(rep=rep, stage=stage))


def detail(name: str, value: str) -> tuple[str, str]:
    """A notice's parameter as a line of a list; ids are left as they are."""
    spoken = value.replace("_", " ") if name in ("because", "reason", "seat", "stage") else value
    return name.replace("_", " ").removesuffix(" id"), spoken


def stage_name(stage: str) -> str:
    return _STAGES.get(stage, stage.replace("_", " "))


def exit_in_words(code: Exit) -> str:
    return _EXITS[code]


def outcome_in_words(outcome: str) -> str:
    """What a decision comes to, as the end of a sentence."""
    return _OUTCOMES.get(outcome, _spoken(outcome).lower())


def refusal_in_words(code: str) -> str:
    return _REFUSALS.get(code, _spoken(code).lower())


def expected(code: str) -> str:
    """What a cell should have held, by the code of its fault."""
    return _EXPECTED.get(code, _spoken(code).lower())


def _spoken(code: str) -> str:
    text = code.replace("_", " ")
    return text[:1].upper() + text[1:]
