"""Answer HR's questions about cases: the filtered list, one case, its history.

A caller who may not see a case gets the same answer as for a case that does not exist.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Literal

from functions.audit.api.case_view import View, case_view, event_view, overdue, person_view, row_view
from functions.audit.api.paging import PageRequest, page
from functions.audit.caller import Caller
from functions.audit.parameters import Name
from functions.audit.record_access import record_reading
from functions.audit.rights import Resource, opens, relation_to_case, sees
from functions.audit.sources import Sources, admit, visible_case
from shared.domain.case import Case, CaseStatus, Waiting
from shared.domain.event import parse_event, stamp
from shared.domain.identifiers import CaseId, case_subject
from shared.domain.person import Directory, NameOf, name_of


class CaseFilters(PageRequest):
    """What the list may be narrowed by. Each filter that is given must match."""

    status: CaseStatus = CaseStatus.OPEN
    stage: Name | None = None
    manager: Name | None = None
    hr_partner: Name | None = None
    region: Name | None = None
    role: Name | None = None
    overdue: Literal["true", "false"] | None = None
    waiting_for: Waiting | None = None
    owner: Name | None = None

    @property
    def given(self) -> dict[str, str]:
        """The filters without the page."""
        return self.model_dump(mode="json", exclude={"limit", "cursor"}, exclude_none=True)


def list_cases(sources: Sources, caller: Caller, query: Mapping[str, str]) -> View:
    """The cases that match every filter: open ones by due time, closed ones newest first."""
    directory, now = admit(sources, caller, Resource.CASES), sources.clock.now()
    asked = CaseFilters.read(query)
    filters, status = asked.given, asked.status
    visible = [case for case in sources.store.cases(status) if sees(caller, case, directory)]
    seen = [case for case in visible if _matches(case, filters, directory, now)]
    is_open = status is CaseStatus.OPEN
    taken, cursor = page(
        seen,
        lambda case: (stamp(case.due_at if is_open else case.opened_at), case.id),
        asked,
        filters,
        descending=not is_open,
    )
    return {
        "cases": [row_view(case, directory, now) for case in taken],
        "total": len(seen),
        "overdue": sum(overdue(case, now) for case in seen),
        "choices": _choices(visible, directory),
        "as_of": stamp(now),
        "next": cursor,
    }


def show_case(sources: Sources, caller: Caller, case_id: CaseId) -> View:
    """One case with its figures and questions. The reading is recorded first."""
    case, directory = visible_case(sources, caller, case_id, Resource.CASE)
    now = sources.clock.now()
    policy, _ = sources.policies.used(case.policy_digest)
    record_reading(sources.store, caller, case_subject(case_id), now)
    requests, instructions = sources.store.requests_of(case_id), sources.store.instructions(case_id)
    return case_view(case, requests, instructions, policy, directory, caller, now)


def show_events(sources: Sources, caller: Caller, case_id: CaseId) -> View:
    """The events of the case in order. HR sees typed text; for an auditor it stays sealed."""
    case, directory = visible_case(sources, caller, case_id, Resource.HISTORY)
    record_reading(sources.store, caller, case_subject(case_id), sources.clock.now())
    opened = opens(caller, directory, Resource.HISTORY, relation_to_case(caller, case, directory))
    names: NameOf = partial(name_of, directory=directory) if opened else str
    events = []
    for body in sources.store.events(case_subject(case_id)):
        private = sources.store.opened(body) if opened else None
        events.append(event_view(parse_event(body), private, names))
    return {"case_id": case_id, "events": events}


def _choices(cases: Sequence[Case], directory: Directory) -> View:
    """The values by which the caller's cases can be filtered."""
    reps = [rep for case in cases if (rep := directory.person(case.rep_id)) is not None]
    managers = sorted({rep.manager_id for rep in reps if rep.manager_id})
    partners = sorted({rep.hr_partner_id for rep in reps if rep.hr_partner_id})
    return {
        "stage": sorted({case.stage for case in cases}),
        "region": sorted({rep.region for rep in reps}),
        "role": sorted({rep.role for rep in reps}),
        "manager": [person_view(manager, directory) for manager in managers],
        "hr_partner": [person_view(partner, directory) for partner in partners],
    }


def _matches(case: Case, filters: Mapping[str, str], directory: Directory, now: datetime) -> bool:
    rep = directory.person(case.rep_id)
    has = {
        "status": case.status.value,
        "stage": case.stage,
        "waiting_for": case.waiting_for.value if case.status is CaseStatus.OPEN else None,
        "overdue": "true" if overdue(case, now) else "false",
        "owner": case.owner,
        "manager": None if rep is None else rep.manager_id,
        "hr_partner": None if rep is None else rep.hr_partner_id,
        "region": None if rep is None else rep.region,
        "role": None if rep is None else rep.role,
    }
    return all(has[name] == value for name, value in filters.items())
