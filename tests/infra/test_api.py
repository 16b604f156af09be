"""The API's door: links for their holders, everything else for people who signed in."""

import json
import re
from pathlib import Path
from typing import Any

from tests.infra.conftest import Template

ROOT = Path(__file__).parents[2]


LINK_ROUTES = {f"{method} /r/{{token{more}}}" for method in ("GET", "HEAD", "POST") for more in ("", "+")}


def routes(template: Template) -> dict[str, dict[str, Any]]:
    return {route["RouteKey"]: route for route in template.properties("ApiGatewayV2::Route")}


def test_links_ask_for_no_sign_in_and_all_else_does(template: Template) -> None:
    open_to_all = {key for key, route in routes(template).items() if route["AuthorizationType"] == "NONE"}
    assert open_to_all == LINK_ROUTES
    signed_in = {key for key, route in routes(template).items() if route["AuthorizationType"] == "JWT"}
    assert signed_in == set(routes(template)) - open_to_all
    assert len(signed_in) == 19


def test_every_question_that_the_query_function_answers_has_a_route(template: Template) -> None:
    modules = sorted((ROOT / "functions/audit/handlers/routes").glob("*.py"))
    source = "".join(module.read_text() for module in modules)
    answered = {
        f"{method.upper()} {re.sub(r'<[^>]+>', '{}', path)}"
        for method, path in re.findall(r'^@routes\.(get|post|delete)\("([^"]+)"', source, re.MULTILINE)
    }
    assert len(answered) >= 12
    routed = {re.sub(r"{[^}]+}", "{}", key) for key in routes(template) if "/r/" not in key}
    assert routed == answered


def test_the_token_of_a_link_is_in_no_access_log(template: Template) -> None:
    form = template.only("ApiGatewayV2::Stage")["AccessLogSettings"]["Format"]
    json.loads(form)
    assert "$context.routeKey" in form
    assert not {"$context.path", "$context.requestPath"} & set(re.findall(r"\$context\.[\w.]+", form))


def test_whoever_waits_for_a_page_or_an_answer_gets_it_or_hears_that_there_is_none(
    template: Template,
) -> None:
    # The API itself gives up after 30 s, and would hide from the caller what the function still does.
    for name in ("Respond", "Query"):
        assert template.function(name)["Timeout"] == 29


def test_the_api_is_throttled(template: Template) -> None:
    limits = template.only("ApiGatewayV2::Stage")["DefaultRouteSettings"]
    assert limits == {"ThrottlingBurstLimit": 100, "ThrottlingRateLimit": 50}


def test_response_links_have_a_limit_of_their_own_below_that_of_hrs_requests(template: Template) -> None:
    (stage,) = template.all("ApiGatewayV2::Stage").values()
    limits = stage["Properties"]["RouteSettings"]
    assert limits == {key: {"ThrottlingRateLimit": 20, "ThrottlingBurstLimit": 40} for key in LINK_ROUTES}
    # API Gateway refuses a stage with settings of a route that does not exist.
    made_first = {
        route["Properties"]["RouteKey"]
        for name, route in template.all("ApiGatewayV2::Route").items()
        if name in stage["DependsOn"]
    }
    assert made_first == LINK_ROUTES


def test_only_the_console_may_call_from_a_browser(template: Template, laptop: Template) -> None:
    assert "CorsConfiguration" not in template.only("ApiGatewayV2::Api")
    cors = laptop.only("ApiGatewayV2::Api")["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["http://127.0.0.1:8000", "http://localhost:8000"]


def test_nobody_signs_themselves_up_and_decisions_want_a_second_factor(template: Template) -> None:
    pool = template.only("Cognito::UserPool")
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["MfaConfiguration"] == "ON"
    assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 14


def test_nobody_can_make_themselves_another_person(template: Template) -> None:
    client = template.only("Cognito::UserPoolClient")
    assert "custom:person_id" in client["ReadAttributes"]
    assert client["WriteAttributes"] == ["email"]


def test_there_is_a_group_for_each_role(template: Template) -> None:
    groups = {group["GroupName"] for group in template.properties("Cognito::UserPoolGroup")}
    assert groups == {"hr_partner", "hr_admin", "compensation", "auditor"}


def test_links_in_mails_begin_with_the_set_address_or_the_apis_own(
    template: Template, laptop: Template
) -> None:
    def address(each: Template, function: str) -> Any:
        return each.function(function)["Environment"]["Variables"]["PUBLIC_URL"]

    assert address(laptop, "Relay") == address(laptop, "Respond") == "http://127.0.0.1:8000"
    assert ".execute-api." in json.dumps(address(template, "Relay"))
    assert address(template, "Relay") == address(template, "Respond")
