"""The published forms of `data` and `relied_on` for each tag, as docs/reference/events.md prints them.

Each member is ``name:type``; ``name?`` may be left out, ``type?`` may be null. A published form never
changes. A tag that needs another form gets it in addition to the old one.
"""

from typing import Final

_REQUEST: Final = (
    "request:text purpose:text seat:text step:whole assignee:text on_behalf_of:text? choices:texts"
    " due_at:time"
)
_QUESTION: Final = f"stage:text {_REQUEST} empty_seats:texts after:text?"
_DECIDED: Final = "stage:text choice:text by:text"
_BATCH: Final = (
    "id:text profile:text kind:text? key:text object_version:text? sha256:hash bytes:whole rows:whole"
    " accepted:whole rejected:whole codes:counts refused:text? periods:texts dropped_at:time"
)
_NOTICE: Final = "notice:text kind:text to:text? request:text?"

FORMS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "export:received": (("", ""),),
    "export:accepted": ((_BATCH, "export"),),
    "export:refused": ((_BATCH, "export"),),
    "export:repeated": (("again_as:text", "export"),),
    "facts:recorded": (("files:hashes roots:roots", "export"),),
    "directory:recorded": (("files:parts roots:roots faults:counts in_force:flag", "export"),),
    "evaluation:started": (
        (
            "policy:text period:text revisions:lists opens_cases:flag shards:whole",
            "policy directory batch code",
        ),
    ),
    "evaluation:completed": (
        (
            "policy:text period:text outcomes:counts unknown_reps:whole decisions:hashes decisions_root:hash"
            " revisions:lists policy_json:hash population:hash",
            "policy directory code",
        ),
        (
            "policy:text period:text outcomes:counts unknown_reps:whole decisions:hashes decisions_root:hash"
            " revisions:lists",
            "policy directory code",
        ),
    ),
    "evaluation:skipped": (("reason:text periods:texts details:names", ""),),
    "case:opened": (
        (
            "stage:text rep:text policy:text period:text evaluation:text rules:texts relapse:flag owner:text"
            " policy_json:hash",
            "policy evaluation directory",
        ),
        (
            "stage:text rep:text policy:text period:text evaluation:text rules:texts relapse:flag owner:text",
            "policy evaluation directory",
        ),
    ),
    "case:marked": (("stage:text period:text outcome:text evaluation:text", "policy evaluation"),),
    "case:held": (("stage:text reason:text paused:flag remaining_s:whole", "policy"),),
    "leave:reported": (("by:text", "policy"),),
    "occurrence:noted": (("stage:text what:text", "policy"),),
    "case:resumed": (("stage:text reason:text since:time ends_at:time?", "policy"),),
    "case:closed": (("stage:text exit:text because?:text", "policy"),),
    "owner:changed": (("stage:text from:text to:text", "policy"),),
    "results:arrived": (("stage:text period:text evaluation:text periods:texts", "policy evaluation"),),
    "request:sent": ((_QUESTION, "policy"),),
    "request:reminded": ((_QUESTION, "policy"),),
    "request:escalated": ((_QUESTION, "policy"),),
    "request:answered": (
        (
            "request:text purpose:text seat:text assignee:text on_behalf_of:text? choice:text"
            " compared?:counts",
            "policy shown? compared?",
        ),
    ),
    "request:expired": (("stage:text request:text purpose:text", "policy"),),
    "request:withdrawn": (
        ("stage:text request:text purpose:text", "policy"),
        ("stage:text request:text purpose:text because:text", "policy"),
    ),
    "answer:refused": (
        ("stage:text request:text reason:text answered_by:text", "policy"),
        ("request:text reason:text", ""),
        ("link:text request:text reason:text", ""),
    ),
    "link:opened": (("link:text request:text method:text", ""),),
    "link:refused": (("link:text reason:text request:text?", ""),),
    "notice:queued": ((_NOTICE, ""),),
    "notice:sent": ((f"{_NOTICE} message:text link:text?", "text"),),
    "notice:failed": ((f"{_NOTICE} reason:text", ""),),
    "notice:delivered": ((f"{_NOTICE} delivered_at:text", ""),),
    "notice:bounced": (
        (f"{_NOTICE} feedback:text detail:text", ""),
        (f"{_NOTICE} feedback:text detail:text status:text", ""),
    ),
    "notice:reported": ((f"{_NOTICE} feedback:text detail:text status?:text", ""),),
    "stage:entered": (("stage:text extended?:flag", "policy"),),
    "stage:gated": (("stage:text to:text because:texts", "policy"),),
    "stage:approved": ((f"{_DECIDED} to:text", "policy"),),
    "stage:sent_back": ((f"{_DECIDED} to:text", "policy"),),
    "stage:begun": (
        ("stage:text ends_at:time", "policy"),
        ("stage:text ends_at:time in_place_of:text", "policy"),
    ),
    "stage:extended": (("stage:text because:text days:whole period:text ends_at:time", "policy"),),
    "stage:ended": (("stage:text check_ins_missed:whole", "policy"),),
    "rep:told": ((f"stage:text {_REQUEST}", "policy"), ("stage:text request:null", "policy")),
    "withdrawal:decided": ((_DECIDED, "policy"),),
    "check_in:asked": ((f"stage:text {_REQUEST}", "policy"),),
    "dispute:raised": (
        ("stage:text by:text", "policy"),
        ("stage:text by:text in_place_of:text", "policy"),
    ),
    "dispute:decided": ((_DECIDED, "policy"),),
    "exception:requested": (
        ("stage:text request:text by:text", "policy"),
        ("stage:text request:text by:text in_place_of:text", "policy"),
    ),
    "exception:decided": ((_DECIDED, "policy"),),
    "check_in:done": (("stage:text request:text by:text", "policy"),),
    "check_in:missed": (("stage:text request:text? because:text", "policy"),),
    "rep:acknowledged": (("stage:text choice:text", "policy"),),
    "rep:rebutted": (("stage:text choice:text", "policy"),),
    "removal:proposed": (
        ("stage:text request:text by:text", "policy"),
        ("stage:text request:text by:text in_place_of:text", "policy"),
    ),
    "removal:approved": (("stage:text proposed_by:text by:text", "policy"),),
    "removal:sent_back": (("stage:text proposed_by:text by:text", "policy"),),
    "workflow:started": (("", ""),),
    "workflow:restarted": (("generation:whole because:text", "policy"),),
    "key:rotated": (("old:hash new:hash", ""),),
    "subject:shredded": (("person:text", ""),),
    "hold:placed": (("hold:text person:text comparators?:texts", ""),),
    "hold:lifted": (("hold:text person:text", ""),),
    "evidence:exported": (("bundle:text edition?:text sha256:hash", ""),),
    "record:read": (("", ""),),
    "checkpoint:anchored": (("number:whole size:whole checkpoint:hash by:text to:texts token:hash?", ""),),
}
