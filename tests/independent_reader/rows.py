"""From bytes to lines to rows: one pass, one character after another, no speed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_MARKS: Final = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


@dataclass(frozen=True)
class Line:
    text: str
    end: str
    sound: bool
    """Every byte of it is of the encoding."""


@dataclass(frozen=True)
class Row:
    line: int
    fields: list[str]
    fault: str | None = None


def lines_of(data: bytes, encoding: str) -> list[Line]:
    """Physical lines: only LF and CRLF end one."""
    if encoding == "utf-16":
        encoding = "utf-16-be" if data.startswith(b"\xfe\xff") else "utf-16-le"
    data = data.removeprefix(_MARKS.get(encoding, b""))
    wide = 2 if encoding.startswith("utf-16") else 1
    feed, carriage = ("\n".encode(encoding), "\r".encode(encoding))
    found, current = [], b""
    for place in range(0, len(data), wide):
        unit = data[place : place + wide]
        if unit != feed:
            current += unit
            continue
        returned = current.endswith(carriage) and len(current) % wide == 0
        found.append(_line(current[:-wide] if returned else current, "\r\n" if returned else "\n", encoding))
        current = b""
    if current:
        found.append(_line(current, "", encoding))
    return found


def _line(data: bytes, end: str, encoding: str) -> Line:
    try:
        return Line(data.decode(encoding), end, True)
    except UnicodeDecodeError:
        return Line(data.decode(encoding, "replace"), end, False)


def rows_of(lines: list[Line], delimiter: str, quote: str | None) -> Iterator[Row | None]:
    """Every row; None for a blank line."""
    start = 0
    while start < len(lines):
        line = lines[start]
        if line.sound and not line.text.strip(" \t") and delimiter not in line.text:
            yield None
            start += 1
            continue
        if quote is None:
            fields, fault, after = line.text.split(delimiter), None, start + 1
        else:
            fields, fault, after = _quoted_row(lines, start, delimiter, quote)
        if not all(part.sound for part in lines[start:after]):
            fault = "bad_encoding"
        yield Row(start + 1, fields, fault)
        start = after


def _quoted_row(
    lines: list[Line], start: int, delimiter: str, quote: str
) -> tuple[list[str], str | None, int]:
    """The fields, the fault, and the line with which reading goes on."""
    fields: list[str] = []
    line, place = start, 0
    while True:
        text = lines[line].text
        if text[place : place + 1] == quote:
            began = line
            ended = _closing(lines, line, place + 1, quote)
            if ended is None:
                return fields, "bad_quoting", began + 1
            field, line, place = ended
            text = lines[line].text
            if place < len(text) and text[place] != delimiter:
                return fields, "bad_quoting", began + 1
        else:
            end = text.find(delimiter, place)
            end = len(text) if end < 0 else end
            field = text[place:end]
            if quote in field:
                return fields, "bad_quoting", line + 1
            place = end
        fields.append(field)
        if place == len(text):
            return fields, None, line + 1
        place += 1


def _closing(lines: list[Line], line: int, place: int, quote: str) -> tuple[str, int, int] | None:
    """The quoted field's text, and where what follows its closing quote stands."""
    field = ""
    while True:
        text = lines[line].text
        while place < len(text):
            if text[place] != quote:
                field += text[place]
                place += 1
            elif text[place + 1 : place + 2] == quote:
                field += quote
                place += 2
            else:
                return field, line, place + 1
        if line + 1 == len(lines):
            return None
        field += lines[line].end
        line, place = line + 1, 0
