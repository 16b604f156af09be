"""Work goes on in a table that was made again: nothing is done twice, nothing is forgotten."""

import re

from functions.audit.api.pause_case import pause_case
from functions.evaluate.reconcile_cases import reconcile_cases
from local.restore.compare import differences
from local.restore.tables import make_table_like, write_table
from shared.aws.dynamo import Table
from shared.domain.case import CaseStatus, Waiting
from shared.domain.identifiers import case_subject
from shared.domain.request import RequestStatus
from tests.contract.restore.world import ADMIN, ANSWERED, ASKED, GONE, LATE, REPS, Deployment


def test_a_deployment_goes_on_in_the_table_made_again(deployment: Deployment) -> None:
    """One story, since each step stands on the one before. It changes the world, so it comes last."""
    world, old = deployment, deployment.items()
    mailed, started = len(world.mailer.sent), list(world.workflow.started)
    cases = {rep: world.case(rep) for rep in REPS}
    make_table_like("plumbline", "gone-on-in", world.resource)
    write_table("gone-on-in", world.rebuilt(old, old).items, world.resource)
    world.work_with(Table("gone-on-in", world.resource))
    assert {rep: world.case(rep) for rep in REPS} == cases

    # No mail goes out a second time, but for the receipt of the answer of which nothing had been mailed.
    world.relay()
    assert len(world.mailer.sent) == mailed + 1

    # Links out of mails that were sent before lead where they led.
    found = [re.search(r"/r/([a-z0-9]{52})", mail.text) for mail in world.mailer.sent]
    tokens = [link[1] for link in found if link is not None]
    assert len(tokens) > 4
    assert {world.links.resolve(token)[0].partition(".")[0] for token in tokens} == {
        case.id for rep in REPS for case in world.store.cases_of(rep)
    }

    # The answer that came in the last minute is taken in, and every open case gets its workflow back.
    world.workflow.alive.clear()
    done = reconcile_cases(world.work, world.outbox, world.workflow)
    assert (done.open, done.restarted) == (5, 5)
    assert done.moved >= 1
    assert world.case(LATE).waiting_for is Waiting.RESULTS
    world.relay()
    assert len(world.workflow.started) == len(started) + 5

    # The leave that was reported and not yet taken in holds its case; it is not recorded a second time.
    assert world.case(ASKED).hold is not None
    chain = case_subject(world.case(ASKED).id)
    events = len(world.store.events(chain))
    pause_case(world.sources, ADMIN, world.case(ASKED).id, "Said again.")
    assert len(world.store.events(chain)) == events

    # Whoever answered before is told so, and a rep with an open case gets no second one.
    first = world.store.requests_of(world.case(ANSWERED).id)[0]
    assert first.status is RequestStatus.ANSWERED
    assert world.store.open_case("field-sales", ANSWERED) == world.case(ANSWERED).id

    # The ledger goes on where it ended, and the new table can be made again from it in turn.
    sealed_before = len(world.ledger().events)
    world.clock.advance(hours=1)
    world.seal()
    ledger = world.ledger()
    assert ledger.intact
    assert len(ledger.events) > sealed_before
    live = world.items()
    assert list(differences(live, world.rebuilt(live).items)) == []

    # A key that was shredded stays away, and a later shredding works.
    world.leave_company(GONE)
    world.advance(GONE)
    assert world.case(GONE).status is CaseStatus.CLOSED
    world.shred(GONE)
    assert all(case.decision["inputs"] == [] for case in world.store.cases_of(GONE))
    world.seal()
    live = world.items()
    made = world.rebuilt(live)
    assert (made.faults, list(differences(live, made.items))) == ([], [])
