"""A comparison with others in a comparable position, as sentences for the page and the API. Pure."""

from shared.domain.comparators import Comparison
from shared.domain.figure_text import listed, percent
from shared.domain.labels import label


def summary(found: Comparison) -> str:
    """How many others the same rules found, and how many of them attained as little."""
    group = listed([label("group", field) for field in found.group])
    number = found.total
    if not number:
        whom = " whom you may see" if found.others else ""
        return f"The same rules found nobody else{whom} of the same {group} within a year."
    own = "" if found.reached is None else f"the {percent(found.reached)} of "
    others = "1 other person" if number == 1 else f"{number} other people"
    return (
        f"The same rules found {others} of the same {group} within a year; "
        f"{found.as_low} of them attained no more than {own}this case."
    )


def unlisted(found: Comparison) -> str | None:
    """Which part of a long list is shown; None where everyone is listed."""
    if not found.beyond:
        return None
    return (
        f"The list shows the {len(found.comparators)} who attained least; "
        f"the other {found.beyond} attained at least as much as they did."
    )


def unseen(found: Comparison) -> str | None:
    """How many more there are whom the reader may not see; None where there are none."""
    if not found.others:
        return None
    return f"There {'is' if found.others == 1 else 'are'} {found.others} more whom you may not see."
