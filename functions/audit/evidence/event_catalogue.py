"""Explains every kind of event to auditors. Pure; ``python -m`` prints docs/reference/events.md."""

from typing import Final

from functions.audit.verify.event_data import FORMS
from shared.domain.event import ActorKind, Authentication, EventTag

MEANINGS: Final[dict[EventTag, str]] = {
    EventTag.EXPORT_RECEIVED: "A file arrived in the exports bucket.",
    EventTag.EXPORT_ACCEPTED: (
        "Plumbline read the file. It counted the rejected rows and listed them in a file of their own."
    ),
    EventTag.EXPORT_REFUSED: "Plumbline refused the whole file. None of its rows count.",
    EventTag.EXPORT_REPEATED: "A file with the same content had arrived before. Plumbline did nothing.",
    EventTag.FACTS_RECORDED: "Plumbline stored the accepted rows as revisions. Earlier revisions stay.",
    EventTag.DIRECTORY_RECORDED: (
        "Plumbline stored a people file as a version of the directory, in force or too late to be."
    ),
    EventTag.EVALUATION_STARTED: (
        "An evaluation of a period began. The event names the revisions, the directory and the policy."
    ),
    EventTag.EVALUATION_COMPLETED: "The evaluation ended. The digests of its decisions prove every decision.",
    EventTag.EVALUATION_SKIPPED: "No evaluation was needed. The event gives the reason.",
    EventTag.CASE_OPENED: "A case was opened. Always the first event of a case.",
    EventTag.CASE_MARKED: (
        "Restated figures no longer support the findings. HR is asked whether to withdraw the case."
    ),
    EventTag.CASE_HELD: (
        "The case was put on hold until a decision. The event says whether its clock is paused."
    ),
    EventTag.LEAVE_REPORTED: "HR reported that the rep is on leave. The case is put on hold for the leave.",
    EventTag.OCCURRENCE_NOTED: (
        "The case received something that has no effect on it. The event names its kind."
    ),
    EventTag.CASE_RESUMED: "The case was resumed. The days on hold do not count.",
    EventTag.CASE_CLOSED: "The case ended. The event says how. No step follows.",
    EventTag.OWNER_CHANGED: "Another person must act next.",
    EventTag.RESULTS_ARRIVED: "The open case received figures of a new or restated period.",
    EventTag.REQUEST_SENT: "A person was asked a question, with a deadline.",
    EventTag.REQUEST_REMINDED: "The same person was asked again.",
    EventTag.REQUEST_ESCALATED: (
        "The question was passed on: nobody answered in time, or the person cannot answer or has another "
        "seat now."
    ),
    EventTag.REQUEST_ANSWERED: "The question was answered. The first answer counts.",
    EventTag.REQUEST_EXPIRED: "The deadline passed without an answer. Silence is not consent.",
    EventTag.REQUEST_WITHDRAWN: (
        "The question was withdrawn. `because` is `moved` if another person has the seat of the asked person "
        "now, and `mail_not_sent` if its mail had not left at the deadline."
    ),
    EventTag.ANSWER_REFUSED: (
        "An answer was refused: it was late, the second, or from somebody who may not give it. The "
        "event gives the reason."
    ),
    EventTag.LINK_OPENED: (
        "A link was opened for the first time, possibly by a machine. Opening changes nothing."
    ),
    EventTag.LINK_REFUSED: "A link was opened that had expired, was used, or whose question had moved on.",
    EventTag.NOTICE_QUEUED: "A notice was prepared.",
    EventTag.NOTICE_SENT: "A notice was handed to the mail service. The event has the digest of its text.",
    EventTag.NOTICE_FAILED: "A notice could not be sent. The event gives the reason.",
    EventTag.NOTICE_DELIVERED: (
        "The recipient's mail server accepted a notice. This does not show that anybody read it."
    ),
    EventTag.NOTICE_BOUNCED: (
        "A notice cannot reach its reader. The next person in the chain is asked at once. `status` is the "
        "status code of the reader's mail system."
    ),
    EventTag.NOTICE_REPORTED: (
        "The mail service reported something about a notice that ends no question: an automatic reply, a "
        "passing fault, or a reader who marked the mail as not spam."
    ),
    EventTag.STAGE_ENTERED: "The case entered a stage of the ladder.",
    EventTag.STAGE_GATED: "HR was asked whether the next stage may begin.",
    EventTag.STAGE_APPROVED: "HR approved the next stage.",
    EventTag.STAGE_SENT_BACK: "HR did not approve the next stage.",
    EventTag.STAGE_BEGUN: "The stage began.",
    EventTag.STAGE_EXTENDED: "The stage was extended.",
    EventTag.STAGE_ENDED: "The stage ended.",
    EventTag.REP_TOLD: "The rep was informed and, with a request, asked for a statement.",
    EventTag.WITHDRAWAL_DECIDED: "HR decided whether to withdraw the case.",
    EventTag.CHECK_IN_ASKED: "A person was asked to hold a check-in.",
    EventTag.CHECK_IN_DONE: "A check-in was held.",
    EventTag.CHECK_IN_MISSED: "A check-in was not held. The company missed it, not the rep.",
    EventTag.DISPUTE_RAISED: "The figures were disputed.",
    EventTag.DISPUTE_DECIDED: "HR decided about the disputed figures.",
    EventTag.EXCEPTION_REQUESTED: "An exception was requested.",
    EventTag.EXCEPTION_DECIDED: "HR decided about the exception.",
    EventTag.REP_ACKNOWLEDGED: "The rep acknowledged the notice. This is not agreement.",
    EventTag.REP_REBUTTED: "The rep made a statement, which stays in the record.",
    EventTag.REMOVAL_PROPOSED: (
        "Removal was proposed. `in_place_of` names the other person of a question to a stand-in."
    ),
    EventTag.REMOVAL_APPROVED: "Another person, from HR, approved the removal.",
    EventTag.REMOVAL_SENT_BACK: "HR sent the proposal back.",
    EventTag.WORKFLOW_STARTED: "The workflow that watches the deadlines of the case was started.",
    EventTag.WORKFLOW_RESTARTED: "The workflow was restarted after an interruption.",
    EventTag.KEY_ROTATED: (
        "The signing key of the ledger was replaced. The old key signs the checkpoint that covers this event."
    ),
    EventTag.SUBJECT_SHREDDED: (
        "The erasure of a person's data was ordered. Deleting their data key makes what it sealed "
        "unreadable for ever."
    ),
    EventTag.HOLD_PLACED: "A legal hold was placed. It blocks the erasure of the person's data.",
    EventTag.HOLD_LIFTED: "The legal hold was lifted.",
    EventTag.EVIDENCE_EXPORTED: "A person exported evidence. The event has the digest of the bundle.",
    EventTag.RECORD_READ: "A person opened the record.",
    EventTag.CHECKPOINT_ANCHORED: "A checkpoint was sent to an outside holder.",
}


_TYPES: Final = """\
| type | is |
| --- | --- |
| `text` | a text, possibly empty |
| `whole` | a whole number |
| `flag` | `true` or `false` |
| `time` | a time in the ledger's form |
| `hash` | 64 lower-case hex digits |
| `null` | `null` |
| `texts` | a list of `text` |
| `names`, `counts`, `hashes`, `lists` | an object with any names; values: `text`, `whole`, `hash`, `texts` |
| `parts`, `roots` | an object with any names; values: `hashes`, `{"root":hash,"shards":whole}` |
"""


def as_markdown() -> str:
    """The page for auditors."""
    rows = "\n".join(f"| `{tag.value}` | {MEANINGS[tag]} | {_forms(tag)} |" for tag in EventTag)
    kinds = ", ".join(f"`{kind.value}`" for kind in ActorKind)
    known = ", ".join(f"`{how.value}`" for how in Authentication)
    return (
        "# Every kind of event\n\n"
        "`python -m functions.audit.evidence.event_catalogue` generates this page from the code.\n"
        "The list is complete: no other kinds exist. [ledger-format.md](ledger-format.md) "
        "describes the form of an event.\n\n"
        f"An actor is one of {kinds}, authenticated by one of {known}.\n\n"
        "The last column lists the members of `data` as `name:type` and, after a semicolon, the names in\n"
        "`relied_on`, each of which is a text. A `?` after a name means that the member may be "
        "left out; a `?`\n"
        "after a type means that it may be `null`. An event has no other members, except `state` (see the\n"
        "format). A published form never changes. Where a kind of event later got a further form, the row\n"
        "has both.\n\n"
        f"{_TYPES}\n"
        f"| tag | what happened | data; relied on |\n| --- | --- | --- |\n{rows}\n"
    )


def _forms(tag: EventTag) -> str:
    return " or ".join(f"`{data or '-'}; {relied_on or '-'}`" for data, relied_on in FORMS[tag.value])


if __name__ == "__main__":
    print(as_markdown(), end="")
