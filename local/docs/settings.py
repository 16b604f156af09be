"""The page of the settings: a deployment's choices and each function's environment."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

import shared.runtime.settings as of_functions
from infra.settings import DeploymentSettings
from local.docs.markdown import code, page, table
from local.docs.model_keys import form


def settings() -> str:
    deploying = (
        "These names stand in `cdk.json` under `context`, or after `-c` on the command line, as in "
        "`-c retention_days=2557`. On the command line a list is written with commas and a mapping as JSON. "
        "All are checked before anything is deployed."
    )
    functions = (
        "The stack sets these variables; nobody types them. A function reads its own at its first call and "
        "stops with the name of one that is missing or wrong."
    )
    return page(
        "Settings",
        "infra/settings.py and shared/runtime/settings.py",
        "## A deployment",
        deploying,
        table(("setting", "takes", "default", "meaning"), _deployment()),
        "## A function's environment",
        functions,
        *(block for model in _environments() for block in _environment(model)),
    )


def _deployment() -> Iterator[list[str]]:
    schema = DeploymentSettings.model_json_schema()
    says = explained(DeploymentSettings)
    for name, rules in schema["properties"].items():
        yield [code(name), _takes(rules, schema), _default(rules.get("default")), says[name]]


def _environments() -> Iterator[type[BaseModel]]:
    for found in vars(of_functions).values():
        if inspect.isclass(found) and issubclass(found, of_functions.Settings):
            yield found


def _environment(model: type[BaseModel]) -> Iterator[str]:
    """The variables that a model adds to those of the model that it extends."""
    base = model.__bases__[0]
    schema = model.model_json_schema()
    # A variable that hands a deployment's setting on is explained where that setting is.
    says = explained(DeploymentSettings) | explained(model)
    fields = model.model_fields
    own = {fields[name].alias or name: name for name in model.__annotations__}
    extends = f", and those of `{base.__name__}`" if issubclass(base, of_functions.Settings) else ""
    yield f"### {model.__name__}"
    yield f"`{model.__name__}` has the variables below{extends}."
    rows = ([code(key), _takes(schema["properties"][key], schema), says[own[key]]] for key in own)
    yield table(("variable", "takes", "meaning"), rows)


def explained(model: type[BaseModel]) -> dict[str, str]:
    """By a field's name: the string that stands below it in the class."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(model)))
    body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
    return {
        field.target.id: inspect.cleandoc(text.value.value).replace("``", "`")
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _takes(rules: dict[str, Any], schema: dict[str, Any]) -> str:
    return form(rules, schema.get("$defs", {}))


def _default(value: object) -> str:
    if value in (None, [], {}, ""):
        return "none"
    return code(str(value).lower() if isinstance(value, bool) else str(value))
