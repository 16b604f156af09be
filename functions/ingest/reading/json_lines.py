"""Accepted rows as JSON lines, from columns of JSON strings that lack only the quotes around them.

The text of many rows is a list of pieces, row after row, which is filled a column at a time and joined once:
nothing is done for a single row.
"""

from collections.abc import Collection, Iterable, Sequence

NULL = "\0"
"""Stands for no value, in columns of JSON: no cell has it, since whatever has is badly encoded."""


class LineForm:
    """How a kind's rows are written: the pieces of a row, and the text that stands between its values.

    What precedes or follows the value of a ``folded`` column is part of its pieces, to be had from ``piece``,
    so that there are fewer of them to join.
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
        """A column's value as it must stand in the column."""
        before, after = self._around[ours]
        return f"{before}{value}{after}"

    def value(self, ours: str, piece: str) -> str:
        """The value in a piece."""
        before, after = self._around[ours]
        return piece.removeprefix(before).removesuffix(after)

    def lines(self, numbers: Sequence[int], columns: Iterable[list[str]]) -> "JsonLines":
        """The rows of these lines of the file; one column of values for each of the form's."""
        width = len(self._row)
        pieces = self._row * len(numbers)
        pieces[::width], pieces[1::width] = self._numbers.of(numbers)
        for place, values in zip(self._places, columns, strict=True):
            pieces[place::width] = values
        return JsonLines(pieces, width)


class JsonLines:
    """Some rows' lines."""

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
        """Take out rows, whose indices ascend."""
        for row in reversed(rows):
            del self._pieces[row * self._width : (row + 1) * self._width]

    def text(self) -> str:
        return _with_nulls("".join(self._pieces))


def _with_nulls(text: str) -> str:
    return text.replace(f'"{NULL}"', "null") if NULL in text else text


class LineNumbers:
    """Writes ascending numbers, mostly of consecutive lines, with what stands around each."""

    def __init__(self, before: str, after: str) -> None:
        self._before = before
        self._after = after
        self._last_three = [f"{number:03d}{after}" for number in range(1000)]

    def of(self, numbers: Sequence[int]) -> tuple[list[str], list[str]]:
        """The numbers as two columns of text, their thousands and the rest: so few texts are new."""
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
