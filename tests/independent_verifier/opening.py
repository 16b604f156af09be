"""What opened the case: the evaluation that it names, and one decision of it."""

from typing import Any

from tests.independent_verifier.bundle import TAMPERED, Bundle

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
