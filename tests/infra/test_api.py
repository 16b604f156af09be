"""The API's routes: response links need no sign-in, everything else does."""

import json
import re
from pathlib import Path
from typing import Any

from tests.infra.conftest import Template

ROOT = Path(__file__).parents[2]


def routes(template: Template) -> dict[str, dict[str, Any]]:
    return {route["RouteKey"]: route for route in template.properties("ApiGatewayV2::Route")}


def test_only_response_links_need_no_sign_in(template: Template) -> None:
    open_to_all = {key for key, route in routes(template).items() if route["AuthorizationType"] == "NONE"}
    assert open_to_all == {"GET /r/{token}", "HEAD /r/{token}", "POST /r/{token}"}
    signed_in = {key for key, route in routes(template).items() if route["AuthorizationType"] == "JWT"}
    assert signed_in == set(routes(template)) - open_to_all
    assert len(signed_in) == 19


def test_every_request_that_the_query_function_answers_has_a_route(template: Template) -> None:
    source = (ROOT / "functions/audit/handlers/query.py").read_text()
    answered = {
        f"{method.upper()} {re.sub(r'<[^>]+>', '{}', path)}"
        for method, path in re.findall(r'^@app\.(get|post|delete)\("([^"]+)"', source, re.MULTILINE)
    }
    assert len(answered) >= 12
    routed = {re.sub(r"{[^}]+}", "{}", key) for key in routes(template) if "/r/" not in key}
    assert routed == answered


def test_the_token_of_a_link_is_in_no_access_log(template: Template) -> None:
    form = template.only("ApiGatewayV2::Stage")["AccessLogSettings"]["Format"]
    json.loads(form)
    assert "$context.routeKey" in form
    assert not {"$context.path", "$context.requestPath"} & set(re.findall(r"\$context\.[\w.]+", form))


def test_a_function_times_out_before_the_api_does(
    template: Template,
) -> None:
    # The API times out after 30 s. A function that runs longer would act after the caller saw an error.
    for name in ("Respond", "Query"):
        assert template.function(name)["Timeout"] == 29


def test_the_api_is_throttled(template: Template) -> None:
    limits = template.only("ApiGatewayV2::Stage")["DefaultRouteSettings"]
    assert limits == {"ThrottlingBurstLimit": 100, "ThrottlingRateLimit": 50}


def test_only_the_console_may_call_from_a_browser(template: Template, laptop: Template) -> None:
    assert "CorsConfiguration" not in template.only("ApiGatewayV2::Api")
    cors = laptop.only("ApiGatewayV2::Api")["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["http://127.0.0.1:8000", "http://localhost:8000"]


def test_accounts_are_created_by_an_administrator_and_need_a_second_factor(template: Template) -> None:
    pool = template.only("Cognito::UserPool")
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["MfaConfiguration"] == "ON"
    assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 14


def test_no_user_can_change_their_own_person_id(template: Template) -> None:
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
