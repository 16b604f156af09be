"""What opened the case: the evaluation that it names, and one decision of it."""

from typing import Any

from tests.independent_verifier.bundle import INCOMPLETE, TAMPERED, Bundle
from tests.independent_verifier.forms import ends_evaluation
from tests.independent_verifier.json_by_hand import read_json

Json = dict[str, Any]


def first_event(bundle: Bundle) -> Json | None:
    """The opening of the case; nothing where the bundle lacks it."""
    everything = [value for value, _ in [*bundle.sealed.values(), *bundle.waiting]]
    for value in everything:
        if (value["subject"], value["sequence"], value["tag"]) == (bundle.subject, 1, "case:opened"):
            return value
    return None


def evaluation(bundle: Bundle, ends: dict[str, Json]) -> None:
    """Whether the evaluation is of this case's policy and period."""
    opened = first_event(bundle)
    if opened is None:
        return
    said, grounds = opened["data"], opened["relied_on"]
    end = ends.get("evaluation/" + grounds["evaluation"])
    if end is None or "policy_json" not in end["data"]:
        return
    ours = (said["evaluation"], said["policy"], said["period"], grounds["policy"])
    theirs = (
        grounds["evaluation"],
        end["data"]["policy"],
        end["data"]["period"],
        end["relied_on"]["policy"],
    )
    if ours != theirs:
        bundle.fault(TAMPERED, f"the case says {ours}, its evaluation {theirs}")


def decision(bundle: Bundle, end: Json, line: Any) -> None:
    """Whether it is this decision that opened the case."""
    opened = first_event(bundle)
    if opened is None:
        return
    said = opened["data"]
    same = end["subject"] == "evaluation/" + opened["relied_on"]["evaluation"]
    same = same and isinstance(line, dict) and line.get("rep_id") == said["rep"]
    if same and "policy_json" in end["data"]:
        try:
            told = (
                line["outcome"],
                line["period"],
                line["policy"],
                [each["rule"] for each in line["findings"]],
            )
            same = told == ("open_case", said["period"], said["policy"], said["rules"])
            same = same and said["relapse"] == (line["stage"] != said["stage"])
        except (KeyError, TypeError):
            same = False
    if not same:
        bundle.fault(TAMPERED, "another decision opened the case")


def one_text(bundle: Bundle, opened: Json, there: dict[str, bytes]) -> None:
    """The policy in the one text that the case and its evaluation name."""
    wanted = opened["data"]["policy_json"]
    if set(there) - {wanted}:
        bundle.fault(TAMPERED, "another policy")
    if not there:
        bundle.fault(INCOMPLETE, "the policy is missing")
    subject = "evaluation/" + opened["relied_on"]["evaluation"]
    for value, _ in bundle.sealed.values():
        decided = value["data"].get("policy_json", wanted)
        if ends_evaluation(value) and value["subject"] == subject and decided != wanted:
            bundle.fault(TAMPERED, "the evaluation decided by another policy")
    if wanted in there:
        try:
            policy = read_json(there[wanted])
        except ValueError:
            policy = None
        if not isinstance(policy, dict):
            bundle.fault(TAMPERED, "no policy")
        elif f"{policy.get('policy')}@{policy.get('version')}" != opened["data"]["policy"]:
            bundle.fault(TAMPERED, "the policy of another case")
