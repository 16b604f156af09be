"""Show HR who is in a comparable position to the rep of a case, and the outcome for each of them."""

from typing import Final

from functions.audit import rights
from functions.audit.api.case_view import View, person_view
from functions.audit.caller import Caller
from functions.audit.record_access import record_reading
from functions.audit.rights import Resource
from functions.audit.sources import Sources, visible_case
from shared.domain.case import Case
from shared.domain.comparator_text import summary, unlisted, unseen
from shared.domain.comparators import Comparator, Comparison
from shared.domain.event import stamp
from shared.domain.figure_text import percent
from shared.domain.identifiers import CaseId, case_subject
from shared.domain.labels import fate
from shared.domain.ladder import HR_SEATS
from shared.domain.person import Directory
from shared.find_comparators import Sees, compare

_SPARED: Final = frozenset(("excepted", "withdrawn"))


def show_comparators(sources: Sources, caller: Caller, case_id: CaseId) -> View:
    """Show the people whom the caller may see, and count the others.

    The reading is recorded first, in this case and in each other case whose HR reason is shown.
    """
    case, directory = visible_case(sources, caller, case_id, Resource.CASE)
    found = comparison_for(sources, caller, case, directory)
    now = sources.clock.now()
    why = {each.rep.id: _why(each, sources) for each in found.comparators}
    opened = [each.case_id for each in found.comparators if each.case_id and why[each.rep.id]]
    for read in (case_id, *opened):
        record_reading(sources.store, caller, case_subject(read), now)
    return {
        "case_id": case_id,
        "as_of": stamp(now),
        "group": list(found.group),
        "reached": found.reached,
        "total": found.total,
        "as_low": found.as_low,
        "others": found.others,
        "beyond": found.beyond,
        "says": [each for each in (summary(found), unlisted(found), unseen(found)) if each is not None],
        "became": [
            {"became": became, "stage": stage, "count": count, "says": fate(became, stage)}
            for became, stage, count in found.became
        ],
        "comparators": [_view(each, directory, why[each.rep.id]) for each in found.comparators],
        "compared": found.digest,
    }


def comparison_for(sources: Sources, caller: Caller, case: Case, directory: Directory) -> Comparison:
    """What the caller is shown now. A decision about a removal names its digest."""
    sees = Sees(
        lambda person: rights.looks_after(caller, person, directory),
        lambda theirs: rights.sees(caller, theirs, directory),
    )
    policy, _ = sources.policies.used(case.policy_digest)
    return compare(case, policy, sees, sources.store, sources.files, sources.directories)


def _why(found: Comparator, sources: Sources) -> str | None:
    """Why a person was spared: the reason HR typed when it granted an exception or withdrew the case."""
    if found.case_id is None or found.became not in _SPARED:
        return None
    answers = [each.answer for each in sources.store.requests_of(found.case_id) if each.seat in HR_SEATS]
    given = [answer for answer in answers if answer is not None]
    return max(given, key=lambda answer: answer.answered_at).reason if given else None


def _view(found: Comparator, directory: Directory, why: str | None) -> View:
    rep = found.rep
    return {
        "rep": {"id": rep.id, "name": rep.name},
        "role": rep.role,
        "region": rep.region,
        "manager": person_view(rep.manager_id, directory),
        "case_id": found.case_id,
        "found_for": found.found_for,
        "reached": found.reached,
        "as_low": found.as_low,
        "attained": None if found.reached is None else percent(found.reached),
        "became": found.became,
        "stage": found.stage,
        "says": fate(found.became, found.stage),
        "why": why,
    }
