"""Every kind of event, in words: what an auditor looks up. Pure; docs/reference/events.md is made from it."""

from typing import Final

from functions.audit.verify.event_data import FORMS
from shared.domain.event import ActorKind, Authentication, EventTag

MEANINGS: Final[dict[EventTag, str]] = {
    EventTag.EXPORT_RECEIVED: "A file came into the exports bucket.",
    EventTag.EXPORT_ACCEPTED: "The file was read; rejected rows are counted, and listed beside it.",
    EventTag.EXPORT_REFUSED: "The file was refused as a whole: nothing in it counts.",
    EventTag.EXPORT_REPEATED: "A file of the same content had come before; nothing was done again.",
    EventTag.FACTS_RECORDED: "The accepted rows were stored as revisions; earlier ones stay.",
    EventTag.DIRECTORY_RECORDED: "A people file was stored as a version of the directory, in force or late.",
    EventTag.EVALUATION_STARTED: "An evaluation of a period began, on named revisions, directory and policy.",
    EventTag.EVALUATION_COMPLETED: "It ended; the digests of its decisions prove every one of them.",
    EventTag.EVALUATION_SKIPPED: "No evaluation was needed, and why.",
    EventTag.CASE_OPENED: "A case was opened. Always the first event of a case.",
    EventTag.CASE_MARKED: "Restated figures undid the findings; HR is asked whether to withdraw the case.",
    EventTag.CASE_HELD: "The case waits for a decision about it first, and whether its clock stands still.",
    EventTag.LEAVE_REPORTED: "HR said that the rep is on leave; the case is put on hold for it.",
    EventTag.OCCURRENCE_NOTED: "The case took something in that led to no other event: which kind it was.",
    EventTag.CASE_RESUMED: "The case goes on; days on hold do not count.",
    EventTag.CASE_CLOSED: "The case ended, and how. No step follows it.",
    EventTag.OWNER_CHANGED: "Somebody else has to act next.",
    EventTag.RESULTS_ARRIVED: "Figures of a new or restated period reached the open case.",
    EventTag.REQUEST_SENT: "A person was asked, with a deadline.",
    EventTag.REQUEST_REMINDED: "The same person was asked again.",
    EventTag.REQUEST_ESCALATED: "Without an answer in time, the next in the chain was asked.",
    EventTag.REQUEST_ANSWERED: "The person answered. The first answer stands.",
    EventTag.REQUEST_EXPIRED: "The deadline passed. Silence is not consent.",
    EventTag.REQUEST_WITHDRAWN: "The question no longer stands.",
    EventTag.ANSWER_REFUSED: "An answer did not count (late, second, not the giver's to give), and why.",
    EventTag.LINK_OPENED: "A link was opened for the first time. Perhaps by a machine; it changes nothing.",
    EventTag.LINK_REFUSED: "A link was unknown, expired or used.",
    EventTag.NOTICE_QUEUED: "A notice was prepared.",
    EventTag.NOTICE_SENT: "A notice was handed to the mail carrier, and the digest of its text.",
    EventTag.NOTICE_FAILED: "A notice could not be sent, and why.",
    EventTag.NOTICE_DELIVERED: "The reader's mail server took a notice; nobody need have read it.",
    EventTag.NOTICE_BOUNCED: "A notice came back; the next in the chain is asked at once.",
    EventTag.STAGE_ENTERED: "A stage of the ladder was entered.",
    EventTag.STAGE_GATED: "HR was asked whether the next stage may begin.",
    EventTag.STAGE_APPROVED: "HR let the next stage begin.",
    EventTag.STAGE_SENT_BACK: "HR did not let the next stage begin.",
    EventTag.STAGE_BEGUN: "The stage's days began to run.",
    EventTag.STAGE_EXTENDED: "The stage got more time.",
    EventTag.STAGE_ENDED: "The stage's days were over.",
    EventTag.REP_TOLD: "The rep was told, and asked for their word.",
    EventTag.WITHDRAWAL_DECIDED: "HR decided whether the case is withdrawn.",
    EventTag.CHECK_IN_ASKED: "Somebody was asked to hold a check-in.",
    EventTag.CHECK_IN_DONE: "A check-in was held.",
    EventTag.CHECK_IN_MISSED: "A check-in was not held: the company's miss, not the rep's.",
    EventTag.DISPUTE_RAISED: "The figures were disputed.",
    EventTag.DISPUTE_DECIDED: "HR decided the dispute.",
    EventTag.EXCEPTION_REQUESTED: "An exception was asked for.",
    EventTag.EXCEPTION_DECIDED: "HR decided about the exception.",
    EventTag.REP_ACKNOWLEDGED: "The rep took note, which is not to agree.",
    EventTag.REP_REBUTTED: "The rep made a statement of their own, which stays with the record.",
    EventTag.REMOVAL_PROPOSED: "A manager proposed removal.",
    EventTag.REMOVAL_APPROVED: "Another person, of HR, approved it.",
    EventTag.REMOVAL_SENT_BACK: "HR sent the proposal back.",
    EventTag.WORKFLOW_STARTED: "The case's alarm clock was set.",
    EventTag.WORKFLOW_RESTARTED: "It was set again after an interruption.",
    EventTag.KEY_ROTATED: "The signing key hands on to another; the old key signs this.",
    EventTag.SUBJECT_SHREDDED: "A person's data key was deleted: what it sealed is unreadable for ever.",
    EventTag.HOLD_PLACED: "A legal hold: nothing of it is erased or expires.",
    EventTag.HOLD_LIFTED: "The legal hold ended.",
    EventTag.EVIDENCE_EXPORTED: "Evidence was taken out, by whom, and the digest of the bundle.",
    EventTag.RECORD_READ: "A person opened the record.",
    EventTag.CHECKPOINT_ANCHORED: "A checkpoint was handed to somebody outside.",
}


_TYPES: Final = """\
| type | is |
| --- | --- |
| `text` | a text, perhaps empty |
| `whole` | a whole number |
| `flag` | `true` or `false` |
| `time` | a time in the ledger's form |
| `hash` | 64 lower-case hex digits |
| `null` | `null` |
| `texts` | a list of `text` |
| `names`, `counts`, `hashes`, `lists` | an object with any names, of `text`, `whole`, `hash`, `texts` |
| `parts`, `roots` | an object with any names, of `hashes`, of `{"root":hash,"shards":whole}` |
"""


def as_markdown() -> str:
    """The page for auditors."""
    rows = "\n".join(f"| `{tag.value}` | {MEANINGS[tag]} | {_forms(tag)} |" for tag in EventTag)
    kinds = ", ".join(f"`{kind.value}`" for kind in ActorKind)
    known = ", ".join(f"`{how.value}`" for how in Authentication)
    return (
        "# Every kind of event\n\n"
        "Made from the catalogue in the code by `python -m functions.audit.evidence.event_catalogue`.\n"
        "The list is closed. The form of an event is in [ledger-format.md](ledger-format.md).\n\n"
        f"Actors are one of {kinds}, known by one of {known}.\n\n"
        "The last column says what `data` holds, as `name:type`, and after a semicolon the names in\n"
        "`relied_on`, each a text. A `?` behind a name: it may be left out; behind a type: "
        "it may be `null`.\n"
        "Nothing else is there, but for `state` (see the format). A form that was published never changes;\n"
        "where a kind of event got another one, the row has both.\n\n"
        f"{_TYPES}\n"
        f"| tag | what happened | data; relied on |\n| --- | --- | --- |\n{rows}\n"
    )


def _forms(tag: EventTag) -> str:
    return " or ".join(f"`{data or '-'}; {relied_on or '-'}`" for data, relied_on in FORMS[tag.value])


if __name__ == "__main__":
    print(as_markdown(), end="")
