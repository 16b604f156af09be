"""Writes accepted rows as JSON lines, from columns of JSON strings without the quotes around them.

The text of many rows is one list of pieces, row after row. It is filled column by column and joined once, so
that no Python code runs for a single row.
"""

from collections.abc import Collection, Iterable, Sequence

NULL = "\0"
"""Means null in columns of JSON. No good cell holds it: ``decode`` writes it for bad bytes."""


class RowTemplate:
    """The pieces of a row: its values, and the text between them.

    The piece of a ``folded`` column includes the text before or after its value, as ``piece`` returns it, so
    that there are fewer pieces to join.
    """

    def __init__(self, columns: Sequence[str], folded: Collection[str]) -> None:
        first, *others = columns
        self._numbers = LineNumbers('{"line":', f',"{first}":"')
        self._around = dict.fromkeys(columns, ("", ""))
        self._row = ["", ""]
        self._places: list[int] = []
        for ours, following in zip(columns, [*others, None], strict=True):
            between = '"}\n' if following is None else f'","{following}":"'
            self._places.append(len(self._row))
            self._row.append("")
            before, _ = self._around[ours]
            if ours in folded:
                self._around[ours] = (before, between)
            elif following in folded:
                self._around[str(following)] = (between, "")
            else:
                self._row.append(between)

    def piece(self, ours: str, value: str) -> str:
        """A value as the column must hold it."""
        before, after = self._around[ours]
        return f"{before}{value}{after}"

    def value(self, ours: str, piece: str) -> str:
        """The value in a piece."""
        before, after = self._around[ours]
        return piece.removeprefix(before).removesuffix(after)

    def lines(self, numbers: Sequence[int], columns: Iterable[list[str]]) -> "JsonLines":
        """The rows with these line numbers, from one list of values for each column."""
        width = len(self._row)
        pieces = self._row * len(numbers)
        pieces[::width], pieces[1::width] = self._numbers.of(numbers)
        for place, values in zip(self._places, columns, strict=True):
            pieces[place::width] = values
        return JsonLines(pieces, width)


class JsonLines:
    """The JSON lines of some rows."""

    def __init__(self, pieces: list[str], width: int) -> None:
        self._pieces = pieces
        self._width = width

    def replace(self, row: int, line: str) -> None:
        start = row * self._width
        self._pieces[start : start + self._width] = [line] + [""] * (self._width - 1)

    def line(self, row: int) -> str:
        """One row, with its line feed."""
        return _with_nulls("".join(self._pieces[row * self._width : (row + 1) * self._width]))

    def drop(self, rows: Sequence[int]) -> None:
        """Remove rows; their indices ascend."""
        for row in reversed(rows):
            del self._pieces[row * self._width : (row + 1) * self._width]

    def text(self) -> str:
        return _with_nulls("".join(self._pieces))


def _with_nulls(text: str) -> str:
    return text.replace(f'"{NULL}"', "null") if NULL in text else text


class LineNumbers:
    """Writes ascending line numbers, most of them consecutive, with the text around them."""

    def __init__(self, before: str, after: str) -> None:
        self._before = before
        self._after = after
        self._last_three = [f"{number:03d}{after}" for number in range(1000)]

    def of(self, numbers: Sequence[int]) -> tuple[list[str], list[str]]:
        """The numbers as two columns, thousands and rest, so that few strings have to be made."""
        first, stop = numbers[0], numbers[-1] + 1
        starts: list[str] = []
        rests: list[str] = []
        at = first
        while at < stop:
            place = at % 1000
            upto = min(stop, at - place + 1000)
            starts += [f"{self._before}{at // 1000 or ''}"] * (upto - at)
            if at < 1000:
                rests += [f"{number}{self._after}" for number in range(at, upto)]
            else:
                rests += self._last_three[place : place + upto - at]
            at = upto
        if len(rests) > len(numbers):
            starts = [starts[number - first] for number in numbers]
            rests = [rests[number - first] for number in numbers]
        return starts, rests
