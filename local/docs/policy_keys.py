"""What each key of a policy means, with an example of its value."""

from typing import Final

_COMMON: Final[dict[str, tuple[str, str]]] = {
    "opens": ("coaching", "The stage of the ladder at which a case opens when the rule fires."),
    "cite": ("Field sales policy 3.1", "Where the company's own policy says so; shown with each finding."),
}


def _rule(kind: str, example: str, **own: tuple[str, str]) -> dict[str, tuple[str, str]]:
    """The keys of one kind of rule, by their paths; ``example`` is a name for such a rule."""
    named = {"id": (example, "The rule's name in decisions, mails and reports; unique within the policy.")}
    return {f"rules[] with `{kind}`.{name}": said for name, said in {**named, **_COMMON, **own}.items()}


_HEAD: Final[dict[str, tuple[str, str]]] = {
    "policy": ("field-sales", "The policy's name, the same in every version."),
    "version": ("3", "The version. With the name it makes `field-sales@3`; a used version never changes."),
    "effective_from": ("2026-09-01", "The version decides about periods that begin on this day or later."),
    "ends_on": (
        "2027-01-01",
        "From this day on (UTC) the policy opens no case, and its open cases close as `policy_closed`.",
    ),
    "title": ("Field sales performance", "What managers read as the policy's name in every message."),
    "period": ("month", "The kind of period that the policy evaluates."),
    "calendar": ("{timezone: America/New_York, country: US}", "Where business days are counted; see below."),
    "applies_to": ('{roles: [AE], regions: ["*"]}', "Whom the policy covers; see below."),
    "eligibility": ('{min_tenure_days: 90, min_eligible_fraction: "0.5"}', "Which periods count; see below."),
    "structural": (
        '{group_by: [role], min_group: 10, share_below: "0.6"}',
        "When a shortfall is put down to quotas and not to people; see below.",
    ),
    "pace": (
        '{below: "0.70", from: "0.4", coverage: "0.8", history: 12, min_history: 60, group_by: [role]}',
        "How `plumbline pace` estimates the end of an unfinished period; without it there is no pace.",
    ),
    "rules": (
        '[{id: two-of-three, below: "0.70", count: 2, of_last: 3, opens: coaching}]',
        "What opens a case. Each rule has exactly one of `below`, `trailing_below` and `peer_rank_below`.",
    ),
    "ladder": ("[{stage: coaching}]", "The stages of a case, the first one first."),
    "relapse": (
        "{within: 180d, enters: improvement_plan}",
        "Where a rep who falls short again soon after a good end enters.",
    ),
    "hold": ("{leave: pause, dispute: run}", "Whether a case's clock stops; see below."),
    "retention": ("{years: 7}", "How long records are kept."),
    "calendar.timezone": (
        "America/New_York",
        "An IANA time zone. A person's own time zone comes first where the directory has one.",
    ),
    "calendar.country": ("US", "The country whose public holidays are no business days, in two letters."),
    "calendar.subdivision": ("CA", "A state or province with holidays of its own."),
    "applies_to.roles": ("[AE, SDR]", 'Roles as the directory writes them; `"*"` covers every role.'),
    "applies_to.regions": ('["*"]', 'Regions as the directory writes them; `"*"` covers every region.'),
    "eligibility.min_tenure_days": (
        "90",
        "A period counts only for a rep who was hired at least so many days before it began.",
    ),
    "eligibility.min_eligible_fraction": (
        '"0.5"',
        "The share of a period's days that must remain after protected leave for the period to count.",
    ),
    "eligibility.ramp": (
        '["0.25", "0.5", "0.75"]',
        "The share of quota that is expected in the first, second, third period after the one of hire.",
    ),
    "structural.group_by": (
        "[role, region]",
        "People with the same values form a group; `[]` makes everybody one group.",
    ),
    "structural.min_group": ("10", "Smaller groups are never looked at as a whole."),
    "structural.share_below": (
        '"0.6"',
        "Where at least this share of a group has a finding, sales leadership is asked about quotas "
        "and no case opens.",
    ),
    "pace.below": ('"0.70"', "The share of quota that the words `behind` and `at_risk` are about."),
    "pace.from": (
        '"0.4"',
        "The share of the period's business days that is over before anybody gets a band.",
    ),
    "pace.coverage": ('"0.8"', "How often the band is meant to hold the final figure; between 0 and 1."),
    "pace.history": ("12", "How many calendar periods back past figures are taken from."),
    "pace.min_history": (
        "60",
        "With fewer past figures in a group, everybody's are used; fewer still make no band.",
    ),
    "pace.group_by": ("[role]", "Whose past figures are comparable; `[]` makes everybody one group."),
}

_RULES: Final = {
    **_rule(
        "below",
        "two-of-three",
        below=('"0.70"', "A period with an attainment below this counts; the latest period must be one."),
        count=("2", "How many periods below it fire the rule."),
        of_last=("3", "How many calendar periods the rule looks back over, the latest one included."),
    ),
    **_rule(
        "trailing_below",
        "trailing-three",
        trailing_below=('"0.60"', "The rule fires when attainment over the whole window is below this."),
        of_last=("3", "The window; every period of it must be assessable and in one currency."),
    ),
    **_rule(
        "peer_rank_below",
        "bottom-decile",
        peer_rank_below=(
            '"0.10"',
            "The rule fires for a rep under quota when a smaller share of the group has a strictly "
            "lower attainment.",
        ),
        group_by=("[role, region]", "The columns of the directory that make a group of peers."),
        min_group=("20", "The rule never fires in a smaller group."),
    ),
}

_LADDER: Final[dict[str, tuple[str, str]]] = {
    "ladder[].stage": ("coaching", "The stage's name."),
    "ladder[].length": ("30d", "How long the stage runs once its question is answered."),
    "ladder[].gate": ("hr_partner", "HR has to publish the stage before it begins."),
    "ladder[].ask": (
        "{chain: [{to: hr_partner, within: 3bd}], answers: [coach]}",
        "Who is asked; see below.",
    ),
    "ladder[].rep": ("{told: true, may: [rebut]}", "What the rep is told and may do; see below."),
    "ladder[].check_ins": ("{every: 7d}", "Meetings during the stage; see below."),
    "ladder[].graduate": ('{at_least: "0.85", count: 2, of_next: 3}', "What ends the case well; see below."),
    "ladder[].then": ("improvement_plan", "The stage that follows when the rep did not graduate."),
    "ladder[].adverse": (
        "removal",
        "The manager proposes a removal with a reason, and HR approves it or sends it back.",
    ),
    "ladder[].ask.chain": (
        "[{to: manager, within: 2bd}, {to: hr_queue, within: 5bd}]",
        "Who is asked in turn. When one does not answer in time, the next is asked; the last must be HR.",
    ),
    "ladder[].ask.answers": (
        "[coach, dispute_figures]",
        "What may be answered. Every answer needs a typed reason.",
    ),
    "ladder[].ask.agenda": (
        '["Which two deals can still close?"]',
        "Topics suggested for the talk with the rep, each of at most 200 characters.",
    ),
    "ladder[].ask.chain[].to": (
        "skip_level",
        "The seat that is asked, looked up in the directory at that time.",
    ),
    "ladder[].ask.chain[].within": ("2bd", "How long that person has, in calendar days or business days."),
    "ladder[].rep.told": ("true", "Whether the rep is told that the stage began."),
    "ladder[].rep.may": ("[acknowledge, rebut, dispute_figures]", "What the rep may answer."),
    "ladder[].check_ins.every": ("7d", "How often a meeting is due."),
    "ladder[].check_ins.by": (
        "manager",
        "Who holds the meeting. A missed meeting is recorded as the company's miss.",
    ),
    "ladder[].graduate.at_least": ('"0.85"', "The attainment that a good period reaches."),
    "ladder[].graduate.count": ("2", "How many good periods end the case."),
    "ladder[].graduate.of_next": ("3", "Of how many assessable periods since the case opened."),
    "relapse.within": ("180d", "How long after a graduation the relapse counts."),
    "relapse.enters": ("improvement_plan", "The stage at which the new case opens."),
    "hold.leave": ("pause", "Whether the clock stops during protected leave."),
    "hold.dispute": ("pause", "Whether the clock stops while figures are disputed."),
    "retention.years": ("7", "How many years."),
}

POLICY_KEYS: Final[dict[str, tuple[str, str]]] = {**_HEAD, **_RULES, **_LADDER}
