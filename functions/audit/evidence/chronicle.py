"""Renders the chronicle: a printable page that tells a case's proven events in order. Pure.

The page has no script and loads nothing. It is a reading aid; each entry names the file of its event, so
that a reader who doubts the page can read the event itself.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any, Final

from functions.audit.event_sentences import actor_in_words, headline, in_background
from functions.audit.hr_figures import period_in_words
from shared.domain.canonical import parse_canonical
from shared.domain.decision_json import PeriodJson
from shared.domain.event import Event, moment
from shared.domain.figure_text import attainment_of, percent
from shared.domain.person import NameOf
from shared.domain.policy import Policy

EDITION: Final = "plumbline chronicle 5"
"""Raise it with every change to the page's bytes: it distinguishes an older page from an altered one."""

_STYLE: Final = """
body{font:11pt/1.5 Georgia,serif;color:#1a1a1a;max-width:46rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin-bottom:0}h2{font-size:1.1rem;margin-top:2rem;border-bottom:1px solid #999}
.small{font:9pt/1.4 system-ui,sans-serif;color:#555}code{font-size:.85em;overflow-wrap:anywhere}
ol{list-style:none;padding:0}li{margin:0 0 1rem;padding-left:1rem;border-left:3px solid #446}
li.background{border-color:#ccc;color:#555}blockquote{margin:.3rem 0;padding:.3rem .8rem;background:#f3f3f0}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #ddd}
.late{color:#8a1c00}dl{margin:.2rem 0}dt{font-weight:bold;float:left;margin-right:.5rem}dd{margin-left:0}
@media print{body{margin:0;max-width:none}li,tr{break-inside:avoid}}
"""
_LATE_SECONDS: Final = 3600


def render(
    subject: str,
    events: Sequence[Event],
    openings: Mapping[int, bytes],
    names: Mapping[str, str],
    files: Mapping[int, str],
    reported: Mapping[str, str] | None = None,
    policy: Policy | None = None,
) -> bytes:
    """The page, as UTF-8. ``openings`` and ``files`` (an event's file in the bundle) are by sequence.

    ``reported`` names by period the export and row that the figures came from, where the bundle proves it.
    The bars of ``policy`` decide how many digits a figure needs: rounding never moves it across a bar.
    """
    private = {sequence: parse_canonical(data)["body"] for sequence, data in openings.items()}
    decided = next((found for body in private.values() if (found := _figures(body))), [])
    figures = [dict(row) | {"attainment": attainment_of(row, policy)} for row in decided]
    entries = "".join(_entry(event, private.get(event.sequence), names, files) for event in events)
    span = f"{_when(events[0].occurred_at)} to {_when(events[-1].occurred_at)}" if events else "no events"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="generator" content="{EDITION}"><meta name="viewport" content="width=device-width">'
        f"<title>Chronicle of {escape(subject)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>Chronicle of {escape(subject)}</h1>"
        f'<p class="small">{len(events)} events, {span}. All times UTC. This page is a reading aid: '
        "the events under events/ are the record, and README.txt explains how to check them.</p>"
        f"{_figures_table(figures, reported or {})}<h2>What happened</h2><ol>{entries}</ol></body></html>\n"
    ).encode()


def _entry(
    event: Event, private: Mapping[str, Any] | None, names: Mapping[str, str], files: Mapping[int, str]
) -> str:
    name_of = _namer(names)
    kind = "background" if in_background(event) else "story"
    typed = _private(event, private)
    relied = ", ".join(
        f"{escape(key)} <code>{escape(event.relied_on[key])}</code>" for key in sorted(event.relied_on)
    )
    return (
        f'<li class="{kind}"><div class="small">{event.sequence}. {_when(event.occurred_at)}'
        f"{_lateness(event)} · {escape(actor_in_words(event.actor, name_of))}</div>"
        f"<div>{escape(headline(event, name_of))}</div>{typed}"
        f'<div class="small"><code>{event.tag.value}</code> in '
        f"<code>{escape(files.get(event.sequence, ''))}</code>"
        f"{'; relied on ' + relied if relied else ''}</div></li>"
    )


def _private(event: Event, private: Mapping[str, Any] | None) -> str:
    if event.private is None:
        return ""
    if private is None:
        return '<blockquote class="small">A private part, which this edition does not open.</blockquote>'
    parts = "".join(
        f"<dt>{escape(key.replace('_', ' '))}</dt><dd>{escape(str(private[key]))}</dd>"
        for key in sorted(private)
        if isinstance(private[key], str | int)
    )
    return f"<blockquote><dl>{parts}</dl></blockquote>" if parts else ""


def _figures(value: Any) -> list[PeriodJson]:
    """The inputs of a decision, at any depth of a private part."""
    if not isinstance(value, dict):
        return []
    inputs = value.get("inputs")
    if isinstance(inputs, list) and all(isinstance(row, dict) and "status" in row for row in inputs):
        return inputs
    return next((found for inner in value.values() if (found := _figures(inner))), [])


def _figures_table(figures: Sequence[Mapping[str, Any]], reported: Mapping[str, str]) -> str:
    if not figures:
        return ""
    rows = "".join(
        f"<tr><td>{escape(str(row['period']))}</td><td>{_bar(row)}</td>"
        f"<td>{escape(period_in_words(row))}{_source(reported.get(str(row['period'])))}</td></tr>"
        for row in figures
    )
    return (
        "<h2>The figures</h2><table><thead><tr><th>Period</th><th>Attainment</th><th>Arithmetic</th></tr>"
        f"</thead><tbody>{rows}</tbody></table>"
    )


def _source(reported: str | None) -> str:
    return "" if reported is None else f'<div class="small">{escape(reported)}</div>'


def _bar(row: Mapping[str, Any]) -> str:
    """The attainment as a bar with a mark at 100 %; the bar is cut at 150 %."""
    if row["status"] != "assessable":
        return ""
    width = int(min(max(Decimal(row["attainment"]), Decimal(0)), Decimal("1.5")) * 100)
    label = escape(percent(row["attainment"]))
    return (
        f'<svg width="160" height="14" role="img" aria-label="{label}"><rect width="{width}" height="14" '
        'fill="#446"/><line x1="100" x2="100" y1="0" y2="14" stroke="#8a1c00" stroke-dasharray="2"/></svg>'
    )


def _lateness(event: Event) -> str:
    """A note, where the event was recorded more than an hour after it happened."""
    late = (moment(event.recorded_at) - moment(event.occurred_at)).total_seconds()
    return f' <span class="late">recorded {_when(event.recorded_at)}</span>' if late > _LATE_SECONDS else ""


def _namer(names: Mapping[str, str]) -> NameOf:
    return lambda person: f"{names[person]} ({person})" if person in names else person


def _when(stamp: str) -> str:
    return f"{stamp[:10]} {stamp[11:19]}"
