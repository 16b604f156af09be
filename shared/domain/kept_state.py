"""Writes and reads the state that a change's last event carries, so that the table can be rebuilt. Pure.

The state has two parts, both deflated JSON. The open part has ids, times and codes. The personal part has
what erasing a person removes (figures and typed text) and is sealed under that person's key. Only the product
itself reads these parts; a reader of evidence does not need them.
"""

import json
import zlib
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter

from shared.domain.case import Case
from shared.domain.change import Change
from shared.domain.effect import Effect
from shared.domain.erasure import impersonal, impersonal_request, personal_part
from shared.domain.errors import IntegrityError
from shared.domain.event import moment, stamp
from shared.domain.identifiers import CaseId, PersonId, RequestId
from shared.domain.instruction import Instruction
from shared.domain.record import Arrived, Batch, EvaluationRecord, IssuedLink, PlannedEvaluation
from shared.domain.request import Request

MEMBER: Final = "state"
"""The member of an event's data that has the state."""
_VERSION: Final = 1
_OFTEN_SAID: Final = (
    b'"inputs":[],"findings":[{"rule":"","observed":"","threshold":"","periods":["2026-"]}],"results":[{"period":'
    b'"2026-","status":"assessable","attainment":"0.","exact":"/","evaluation_id":"evaluation-","arrived_at":"2026-'
    b'","days_returned":0}],"quota":"","credited":"","leave_days":0,"eligible_fraction":"1.0000","ramp_share":"1",'
    b'"adjusted_quota":"","attainment":"","restated":{"decision":{"reason":""}},'
    b'"batch":{"id":"","profile":"","kind":"attainment","key":"incoming/","object_version":"","sha256":"","bytes":,'
    b'"rows":,"accepted":,"rejected":0,"codes":{},"refused":null,"periods":["2026-"],"dropped_at":"","known_at":""},'
    b'"arrived":["incoming/"],"in_force":true,"planned":{"evaluation":{"plan":{"id":"evaluation-","policy":"@",'
    b'"policy_digest":"","period":"2026-","directory":"","revisions":{"2026-":[""]},"shards":,"code_version":"",'
    b'"opens_cases":true}},"completed_at":"","outcomes":{"clear":,"not_assessable":,"open_case":},"decisions":{"0000":'
    b'"","0001":""},"unknown_reps":0,"decisions_root":""},"instruction":{"kind":"hold_for_leave","given_by":"'
    b'","given_at":""},"carried_out":[["link":["'
    b'"effects":[{"kind":"notice","id":"notice-","notice":"receipt","to":"","case_id":"case-","request_id":"case-",'
    b'"parameters":{"stage":"","exit":"","reason":"","person":""}},{"kind":"wake_workflow","id":"wake-","case_id":'
    b'"case-"},{"kind":"start_workflow","id":"workflow-","case_id":"case-","generation":1}],"gate":"dispute":"exception":'
    b'"withdrawal":"check_in":"removal_approval":"hr_partner":"skip_level":"rep","hr_queue","personal":["case-"],"result":'
    b'"answered","requests":[{"id":"case-","case_id":"case-","version":1,"stage":"coaching","purpose":"stage_plan",'
    b'"seat":"manager","assignee":"","on_behalf_of":null,"step":0,"choices":["coach","dispute_figures",'
    b'"request_exception","acknowledge","rebut","approve","send_back","keep","withdraw"],"adverse":false,"asked_at":"2026-'
    b'","due_at":"2026-","status":"answered","withdrawn","expired","answer":{"choice":"coach","reason":"","answered_by":"",'
    b'"authenticated_by":"link+code","cognito","answered_at":"2026-"}}],"status":"open","answer":null}],'
    b'{"at":"2026-","v":1,"command":"advance-","result":"case-","case":{"id":"case-","version":2,"rep_id":"","policy":"@1",'
    b'"policy_digest":"","opened_at":"2026-","opened_for":"2026-","evaluation_id":"evaluation-","decision":{"rep_id":"",'
    b'"period":"2026-","policy":"@1","outcome":"open_case","stage":"coaching","reason":null,"findings":[],"inputs":[]},'
    b'"status":"closed","exit":"graduated","status":"open","exit":null,"stage":"coaching","stage_entered_at":"2026-",'
    b'"stage_ends_at":null,"waiting_for":"results","answer","owner":"","due_at":"2026-","request_id":null,'
    b'"requests_made":1,"generation":1,"carried_since":null,"results":[],"hold":{"reason":"leave","since":"2026-",'
    b'"remaining_s":0,"paused":true},"hold":null,"marked":null,"restated":null,"phase":"running","approving","asking",'
    b'"standing":[],"holds_waiting":[],"refused":[],"proposed_by":null,"check_in_at":null,"check_ins_missed":0,'
    b'"gate_to":null,"rep_told":false,"closed_at":null}'
)
"""The deflate dictionary, which halves a state's size. Stored states need it, so it never changes."""
_EFFECT: TypeAdapter[Effect] = TypeAdapter(Effect)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptState:
    """A change as read back, without its events, and without revisions, which the facts' files have.

    ``erased`` are the ids of the case and requests whose personal part could not be opened. They are returned
    without it.
    """

    at: str
    command: str
    result: str
    case: Case | None
    requests: tuple[Request, ...]
    effects: tuple[Effect, ...]
    instruction: Instruction | None
    carried_out: tuple[tuple[CaseId, str], ...]
    batch: Batch | None
    arrived: Arrived | None
    in_force: bool
    """Whether the batch became the directory in force."""
    planned: PlannedEvaluation | None
    evaluation: EvaluationRecord | None
    link: IssuedLink | None
    erased: frozenset[str]


def kept(change: Change, at: str) -> tuple[bytes, bytes | None]:
    """The open part, and the personal part if it is not empty. ``at``: when the change was committed."""
    models: list[Case | Request] = [*([change.case] if change.case is not None else []), *change.requests]
    personal: dict[str, Any] = {str(model.id): part for model in models if (part := personal_part(model))}
    link, case = change.link, change.case
    parts = {
        "at": at,
        "v": _VERSION,
        "command": change.command,
        "result": change.result,
        "personal": list(personal),
        "case": None if case is None else impersonal(case).model_dump(mode="json"),
        "requests": [impersonal_request(request).model_dump(mode="json") for request in change.requests],
        "effects": [effect.model_dump(mode="json") for effect in change.effects],
        "instruction": None if change.instruction is None else change.instruction.model_dump(mode="json"),
        "carried_out": [[done.case_id, done.id] for done in change.carried_out],
        "batch": None if change.batch is None else change.batch.model_dump(mode="json"),
        "arrived": None if change.arrived is None else list(change.arrived),
        "in_force": change.directory is not None,
        "planned": None if change.planned is None else change.planned.model_dump(mode="json"),
        "evaluation": None if change.evaluation is None else change.evaluation.model_dump(mode="json"),
        "link": None if link is None else [link.token_sha256, link.request_id, stamp(link.expires_at)],
    }
    # Models are written with their defaults, because a default that changes later must not change the past.
    opened = _deflated({name: part for name, part in parts.items() if part or name == "result"})
    return opened, _deflated(personal) if personal else None


def whose(change: Change) -> PersonId | None:
    """The person under whose key the personal part is sealed."""
    if change.case is not None:
        return change.case.rep_id
    return next((draft.person for draft in change.events if draft.person is not None), None)


def read_kept(opened: bytes, personal: bytes | None) -> KeptState:
    """Read the two parts. ``personal`` is None where the part can no longer be opened.

    Raises IntegrityError for bytes that `kept` did not write.
    """
    try:
        parts = _inflated(opened)
        if parts["v"] != _VERSION:
            raise IntegrityError(f"a kept state of the unknown version {parts['v']!r}")
        names, figures = parts.get("personal", []), {} if personal is None else _inflated(personal)
        if personal is not None and set(names) != set(figures):
            raise IntegrityError("the two parts of a kept state belong to different changes")
        return _state(parts, figures, frozenset(names if personal is None else ()))
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise IntegrityError(f"not a kept state: {type(error).__name__}") from error


def _state(parts: dict[str, Any], figures: dict[str, Any], erased: frozenset[str]) -> KeptState:
    case, link = parts.get("case"), parts.get("link")
    if case is not None:
        _put_back(case, figures.get(case["id"], {}))
    for request in parts.get("requests", []):
        if request["id"] in figures:
            request["answer"]["reason"] = figures[request["id"]]["reason"]
    return KeptState(
        at=parts["at"],
        command=parts["command"],
        result=parts["result"],
        case=None if case is None else Case.model_validate(case),
        requests=tuple(Request.model_validate(request) for request in parts.get("requests", [])),
        effects=tuple(_EFFECT.validate_python(effect) for effect in parts.get("effects", [])),
        instruction=Instruction.model_validate(parts["instruction"]) if "instruction" in parts else None,
        carried_out=tuple((CaseId(case), done) for case, done in parts.get("carried_out", [])),
        batch=Batch.model_validate(parts["batch"]) if "batch" in parts else None,
        arrived=Arrived(*parts["arrived"]) if "arrived" in parts else None,
        in_force=parts.get("in_force", False),
        planned=PlannedEvaluation.model_validate(parts["planned"]) if "planned" in parts else None,
        evaluation=EvaluationRecord.model_validate(parts["evaluation"]) if "evaluation" in parts else None,
        link=None if link is None else IssuedLink(link[0], RequestId(link[1]), moment(link[2])),
        erased=erased,
    )


def _put_back(case: dict[str, Any], figures: dict[str, Any]) -> None:
    # Updated in place: a decision's members keep their order, so the item keeps its bytes.
    case["decision"].update(figures.get("decision", {}))
    case |= {name: figures[name] for name in figures if name != "decision"}


def _deflated(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    deflater = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_DEFAULT_STRATEGY, zdict=_OFTEN_SAID)
    return deflater.compress(text) + deflater.flush()


def _inflated(data: bytes) -> dict[str, Any]:
    inflater = zlib.decompressobj(zdict=_OFTEN_SAID)
    value = json.loads(inflater.decompress(data) + inflater.flush())
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value
