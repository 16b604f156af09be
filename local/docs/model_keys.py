"""The keys of a pydantic model as a person writes them: form, default, and the parts below."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from re import fullmatch
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, Tag


@dataclass(frozen=True, slots=True)
class Part:
    """A mapping within a document. ``path`` says where it stands; a list's entries end in ``[]``."""

    path: str
    model: type[BaseModel]


@dataclass(frozen=True, slots=True)
class Key:
    path: str
    form: str
    default: str


def parts(model: type[BaseModel], path: str = "") -> Iterator[Part]:
    """The model itself and every part below it, in the order of the keys."""
    yield Part(path, model)
    for name, field in model.model_fields.items():
        for inner, suffix in _models(field.annotation):
            yield from parts(inner, _joined(path, (field.alias or name) + suffix))


def keys(part: Part) -> Iterator[Key]:
    schema = part.model.model_json_schema()
    required = schema.get("required", [])
    for name, rules in schema["properties"].items():
        default = "required" if name in required else _default(rules.get("default"))
        yield Key(_joined(part.path, name), form(rules, schema.get("$defs", {})), default)


def form(rules: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """What may be written as the value, in words, from its JSON schema."""
    if "$ref" in rules:
        return form(definitions[rules["$ref"].rsplit("/", 1)[1]], definitions)
    if alternatives := rules.get("anyOf") or rules.get("oneOf"):
        forms = [form(each, definitions) for each in alternatives if each.get("type") != "null"]
        return " or ".join(dict.fromkeys(forms))
    if values := rules.get("enum") or ([rules["const"]] if "const" in rules else None):
        return ", ".join(f"`{value}`" for value in values)
    match rules.get("type"):
        case "integer":
            return "a whole number" + _bounds(rules)
        case "number":
            return "a decimal"
        case "boolean":
            return "`true` or `false`"
        case "array":
            return "a list of " + _plural(form(rules["items"], definitions))
        case "object":
            return "a mapping"
        case "string":
            return _text(rules)
        case _:
            return "a length"  # the one type without a schema of its own: `30d`, `10bd`, `2p`


def _plural(form: str) -> str:
    article, _, noun = form.partition(" ")
    if article != "a":
        return form
    head, _, rest = noun.partition(" ")
    return f"{head}s {rest}".strip()


def _text(rules: Mapping[str, Any]) -> str:
    if rules.get("format") == "date":
        return "a date"
    pattern = rules.get("pattern", "")
    if pattern and fullmatch(pattern, "0.5") and not fullmatch(pattern, "word"):
        return "a decimal in quotes"
    return "a text"


def _bounds(rules: Mapping[str, Any]) -> str:
    low, high = rules.get("minimum"), rules.get("maximum")
    low_text = "" if low is None else f" from {low}"
    return low_text + ("" if high is None else f" to {high}")


def _default(value: object) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, dict):
        return "its keys' defaults" if value else "none"
    if isinstance(value, list):
        return "none" if not value else ", ".join(map(str, value))
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _models(annotation: Any, suffix: str = "") -> Iterator[tuple[type[BaseModel], str]]:
    """Models that an annotation mentions, each with ``[]`` below a list and with its tag in a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, suffix
        return
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        tags = [each.tag for each in arguments[1:] if isinstance(each, Tag)]
        arguments, suffix = arguments[:1], suffix + "".join(f" with `{tag}`" for tag in tags)
    elif origin is tuple:
        arguments, suffix = arguments[:1], suffix + "[]"
    elif origin is dict:
        return
    for argument in arguments:
        yield from _models(argument, suffix)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
