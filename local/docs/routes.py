"""The page of the API's routes, read from the application that answers them."""

from typing import Final

from aws_lambda_powertools.event_handler.api_gateway import Route

from functions.audit.handlers.query import app
from local.docs.markdown import code, page, table

SAYS: Final[dict[str, str]] = {
    "GET /cases": "Cases that the caller may see, open ones first by due time; filters narrow the list.",
    "GET /cases/{case_id}": "One case: its owner, figures with their arithmetic, questions and answers.",
    "GET /cases/{case_id}/events": "The history of a case in order, one sentence an event.",
    "GET /cases/{case_id}/comparators": "Others in a comparable position, and what became of them.",
    "GET /cases/{case_id}/evidence": "A bundle of the case that `plumbline verify` checks.",
    "POST /cases/{case_id}/decisions": "Answers an open question of the case.",
    "POST /cases/{case_id}/hold": "Reports that the rep is on leave; the case stops.",
    "GET /evaluations": "Evaluations with their counts by outcome.",
    "GET /evaluations/{evaluation_id}": "One evaluation and everything that it read, by name and digest.",
    "GET /exports": "Exports that arrived, with counts of rows and faults.",
    "GET /exports/{batch}": "One export.",
    "GET /exports/{batch}/rejected": "The rejected rows of an export with all their faults, as JSON or CSV.",
    "GET /periods/{period}/evidence": "A bundle of every case that the period opened or fed.",
    "GET /ledger/checkpoint": "The ledger's latest signed checkpoint.",
    "GET /ledger/consistency": "The proof that the ledger grew from the checkpoint of a given size.",
    "GET /ledger/evidence": "A bundle of the whole ledger.",
    "POST /people/{person_id}/shred": "Deletes a person's data key; what it sealed becomes unreadable.",
    "POST /people/{person_id}/hold": "Places a legal hold on a person's record and on the comparators named.",
    "DELETE /people/{person_id}/hold": "Lifts the legal hold.",
}


def routes() -> str:
    """One line a route. A route without a sentence, or a sentence without a route, is an error."""
    found = {f"{route.method} {route.openapi_path}" for route in _routes()}
    if found != SAYS.keys():
        raise LookupError(f"routes and their sentences differ: {sorted(found ^ SAYS.keys())}")
    rows = ([code(route), SAYS[route]] for route in SAYS)
    about = (
        "Every route of the API. [HR's API](api.md) says who may call which one, what a body and an answer "
        "hold, and how paging, filters and large files work."
    )
    return page("API routes", "functions/audit/handlers", about, table(("route", "does"), rows))


def _routes() -> list[Route]:
    # Powertools keeps the routes in two private lists and offers no other way to read them.
    return [*app._static_routes, *app._dynamic_routes]
