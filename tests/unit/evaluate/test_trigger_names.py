"""The ledger's names of triggers: published once, and kept whatever the code calls its classes."""

from typing import get_args

from functions.evaluate.cases import triggers
from functions.evaluate.cases.triggers import LEDGER_NAMES, Trigger
from shared.domain.case import Case
from shared.domain.person import HR_QUEUE

PUBLISHED = {
    triggers.Opened: "opened",
    triggers.ResultsArrived: "results_arrived",
    triggers.FindingsUndone: "findings_undone",
    triggers.FindingsRestored: "findings_hold",
    triggers.Answered: "answered",
    triggers.DeadlinePassed: "deadline_passed",
    triggers.Bounced: "bounced",
    triggers.SeatEmptied: "seat_emptied",
    triggers.OwnerLeft: "owner_left",
    triggers.CheckInDue: "check_in_due",
    triggers.StageEnded: "stage_ended",
    triggers.PauseRequested: "held_for",
    triggers.PersonLeft: "person_left",
    triggers.PolicyEnded: "policy_ended",
}
"""As ledgers of release 0.1 have them."""
PUBLISHED_SINCE = {
    triggers.SeatMoved: "seat_moved",
    triggers.OwnerMoved: "owner_moved",
    triggers.MailNotSent: "mail_not_sent",
}


def test_every_trigger_has_a_name_in_the_ledger() -> None:
    assert set(LEDGER_NAMES) == set(get_args(Trigger))


def test_the_ledger_names_a_trigger_as_release_0_1_did() -> None:
    assert LEDGER_NAMES == PUBLISHED | PUBLISHED_SINCE


def test_the_hr_queue_and_a_pause_keep_the_names_under_which_they_are_stored() -> None:
    assert HR_QUEUE == "hr-queue"
    assert {"hold", "holds_waiting"} <= set(Case.model_fields)
