"""Every code has its words in one file, and mails, pages, the API and the console have no others."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final, get_args

import pytest

from functions.evaluate.cases import requests
from functions.ingest.reading.codes import FileCode, RowCode
from shared.domain.case import CaseStatus, Exit, PauseReason, Waiting
from shared.domain.comparators import Fate
from shared.domain.decision_json import Outcome
from shared.domain.labels import LABELS, fate, label
from shared.domain.policy import GroupField, parse_policy
from shared.domain.request import Purpose, RequestStatus, Seat

ROOT: Final = Path(__file__).parents[3]
CONSOLE: Final = ROOT / "console"
STANDARD: Final = parse_policy((ROOT / "config/policies/field-sales.yaml").read_text("utf-8"), "field-sales")
REP_ANSWERS: Final = {"acknowledge", "rebut", "dispute_figures"}
CHECK_IN_ANSWERS: Final = {"held", "not_held"}
ANSWERS: Final = {
    *requests.USUAL_ANSWERS,
    *requests.ADVERSE_ANSWERS,
    *(choice for choices in requests._HR_CHOICES.values() for choice in choices),
    *(answer for stage in STANDARD.ladder if stage.ask for answer in stage.ask.answers),
    *REP_ANSWERS,
    *CHECK_IN_ANSWERS,
}
CODES: Final[dict[str, Iterable[str]]] = {
    "answer": ANSWERS,
    "answer_consequence": ANSWERS,
    "exit": Exit,
    "exit_meaning": Exit,
    "fate": set(get_args(Fate)) - set(Exit),
    "fault": RowCode,
    "fault_expected": RowCode,
    "group": get_args(GroupField),
    "outcome": get_args(Outcome),
    "outcome_meaning": get_args(Outcome),
    "pause": get_args(PauseReason),
    "question_explanation": get_args(Purpose),
    "question_heading": get_args(Purpose),
    "question_topic": get_args(Purpose),
    "refusal": FileCode,
    "request_status": RequestStatus,
    "seat": get_args(Seat),
    "stage": {stage.stage for stage in STANDARD.ladder},
    "status": CaseStatus,
    "waiting": Waiting,
}
"""The codes of each kind. Those of ``detail``, ``skipped`` and ``unreachable`` are found in the sources."""
SOURCES: Final = [
    path
    for folder in ("functions", "shared")
    for path in (ROOT / folder).rglob("*.py")
    if path.name != "labels.py"
]


def written(text: str) -> str:
    return " ".join(path.read_text(encoding="utf-8") for path in SOURCES if text in path.as_posix())


@pytest.mark.parametrize("kind", CODES)
def test_every_code_has_a_label_and_every_label_a_code(kind: str) -> None:
    assert set(LABELS[kind]) == {str(code) for code in CODES[kind]}


@pytest.mark.parametrize("kind", sorted(set(LABELS) - set(CODES)))
def test_every_label_of_a_notices_parameter_belongs_to_one_that_is_sent(kind: str) -> None:
    sent = written("functions/evaluate") + written("functions/ingest")
    assert LABELS[kind]
    assert [code for code in LABELS[kind] if not re.search(rf'"{code}"|\b{code}=', sent)] == []


def test_every_reason_for_not_evaluating_an_export_has_a_label() -> None:
    skipped = re.findall(r'_skip\(batch, "(\w+)"', written("functions/evaluate/plan_evaluation"))
    assert skipped
    assert set(skipped) == set(LABELS["skipped"])


def test_every_reason_why_somebody_could_not_be_asked_has_a_label() -> None:
    cases = written("functions/evaluate/cases")
    told = re.findall(r'NoticeKind\.UNREACHABLE,\s+because="(\w+)"', cases)
    told += re.findall(r'"because": "(\w+)", "seat"', cases)
    lost = re.findall(r'lose_assignee\(draft, \w+, "(\w+)"\)', cases)
    assert told
    assert lost
    assert {*told, *lost} == set(LABELS["unreachable"])


def test_every_kind_of_label_is_used() -> None:
    pages = " ".join(path.read_text(encoding="utf-8") for path in CONSOLE.glob("*.js"))
    used = written("") + (ROOT / "shared/domain/labels.py").read_text(encoding="utf-8") + pages
    assert [kind for kind in LABELS if f'"{kind}"' not in used and f"'{kind}'" not in used] == []


def test_the_console_serves_the_same_file() -> None:
    ours = ROOT / "shared" / "domain" / "labels.json"
    assert (CONSOLE / "labels.json").read_bytes() == ours.read_bytes(), f"copy {ours.name} to console/"


@pytest.mark.parametrize("page", sorted(CONSOLE.glob("*.js")), ids=lambda path: path.name)
def test_no_page_of_the_console_words_a_code_itself(page: Path) -> None:
    said = set(re.findall(r'"([^"\n]+)"', page.read_text(encoding="utf-8")))
    texts = {text for kind, labels in LABELS.items() if kind != "detail" for text in labels.values()}
    assert sorted(text for text in said & texts if " " in text) == []
    assert "/answer" not in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", sorted(CONSOLE.glob("*.js")), ids=lambda path: path.name)
def test_the_console_asks_only_for_kinds_of_labels_that_there_are(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    asked = re.findall(r'\blabel\("(\w+)"', text) + re.findall(r'\blabelled\([^)]*, "(\w+)"\)', text)
    assert set(asked) <= set(LABELS)


def test_only_the_labels_file_words_answers_and_questions_in_python() -> None:
    texts = [
        text
        for kind in ("answer", "exit_meaning", "outcome_meaning", "refusal")
        for text in LABELS[kind].values()
    ]
    sources = written("")
    assert [text for text in texts if " " in text and f'"{text}"' in sources] == []


def test_what_only_a_policy_knows_is_shown_as_itself() -> None:
    assert label("stage", "last_chance") == "last chance"


def test_somebodys_fate_is_their_stage_while_open_and_their_exit_when_closed() -> None:
    assert fate("open", "improvement_plan") == "still open: improvement plan"
    assert fate("no_case", None) == "without a case"
    assert fate("graduated", "coaching") == "goal reached"
