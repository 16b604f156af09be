"""The HTTP API and its user pool. A response link needs no sign-in; every other route needs one."""

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk.aws_apigatewayv2_authorizers import HttpJwtAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.function import Function, log_group
from infra.nag import acknowledge
from infra.settings import DeploymentSettings

GET, POST, HEAD = apigateway.HttpMethod.GET, apigateway.HttpMethod.POST, apigateway.HttpMethod.HEAD
DELETE = apigateway.HttpMethod.DELETE
READS = (
    "/cases",
    "/cases/{id}",
    "/cases/{id}/events",
    "/cases/{id}/comparators",
    "/cases/{id}/evidence",
    "/evaluations",
    "/evaluations/{id}",
    "/exports",
    "/exports/{batch}",
    "/exports/{batch}/rejected",
    "/periods/{period}/evidence",
    "/ledger/checkpoint",
    "/ledger/consistency",
    "/ledger/evidence",
)
ACTS = ("/cases/{id}/decisions", "/cases/{id}/hold")
ACTS_ON_PEOPLE = ("/people/{id}/shred", "/people/{id}/hold")
ENDS = ("/people/{id}/hold",)
LINK = "/r/{token}"
LINK_AND_MORE = "/r/{token+}"
"""Mail programs take a slash behind a link into it. Such a request must lead to our page, too."""
LINKS_A_SECOND = 20
LINKS_AT_ONCE = 40
"""The limits of each route of a response link: less than the stage's, so that HR's requests get through.

A mailing to thousands of managers is opened over hours.
"""
GROUPS = {
    "hr_partner": "Decides on the cases of their own people",
    "hr_admin": "Decides on every case, erases people, places legal holds",
    "compensation": "Reads exports and their rejected rows",
    "auditor": "Reads everything and changes nothing",
}


class Api(Construct):
    def __init__(self, scope: Construct, name: str, settings: DeploymentSettings) -> None:
        super().__init__(scope, name)
        self._settings = settings
        self.users = self._users()
        self.client = self.users.add_client(
            "Console",
            auth_flows=cognito.AuthFlow(user_password=True, user_srp=True),
            prevent_user_existence_errors=True,
            access_token_validity=Duration.hours(1),
            id_token_validity=Duration.hours(1),
            refresh_token_validity=Duration.hours(12),
            disable_o_auth=True,
            # `person_id` decides whose cases an HR partner sees. The console reads it; no user may write it.
            read_attributes=cognito.ClientAttributes()
            .with_standard_attributes(email=True, email_verified=True)
            .with_custom_attributes("person_id"),
            write_attributes=cognito.ClientAttributes().with_standard_attributes(email=True),
        )
        self.api = apigateway.HttpApi(
            self,
            "Api",
            description="Plumbline: response links, and the requests of HR",
            create_default_stage=False,
            cors_preflight=self._cors(),
        )
        self.stage = self._stage()

    @property
    def url(self) -> str:
        """The address of this API."""
        if self._settings.api_base:
            return f"{self._settings.api_base}/{self.api.api_id}/$default"
        return f"https://{self.api.api_id}.execute-api.{Aws.REGION}.{Aws.URL_SUFFIX}"

    @property
    def public_url(self) -> str:
        """The first part of the links in mails."""
        return self._settings.public_url or self.url

    def route_links_to(self, respond: Function) -> None:
        """Route response links without an authoriser: the token in the link authorises its holder."""
        integration = HttpLambdaIntegration("Respond", respond.resource, scope_permission_to_route=False)
        methods = [GET, HEAD, POST]
        stage = _resource_of(self.stage)
        routes = [
            route
            for path in (LINK, LINK_AND_MORE)
            for route in self.api.add_routes(path=path, methods=methods, integration=integration)
        ]
        stage.route_settings = {
            f"{method.value} {path}": {
                "ThrottlingRateLimit": LINKS_A_SECOND,
                "ThrottlingBurstLimit": LINKS_AT_ONCE,
            }
            for path in (LINK, LINK_AND_MORE)
            for method in methods
        }
        for route in routes:
            # API Gateway refuses settings of a route that does not exist yet.
            stage.node.add_dependency(route)
            acknowledge(
                route,
                (
                    "AwsSolutions-APIG4",
                    "The link's 256-bit token, stored as a hash, authorises its holder.",
                ),
            )

    def route_requests_to(self, query: Function) -> None:
        """Route every other path. It needs a token of the user pool; the function checks the groups."""
        integration = HttpLambdaIntegration("Query", query.resource, scope_permission_to_route=False)
        authorizer = HttpJwtAuthorizer(
            "SignedIn",
            f"https://cognito-idp.{Aws.REGION}.amazonaws.com/{self.users.user_pool_id}",
            jwt_audience=[self.client.user_pool_client_id],
        )
        for method, paths in ((GET, READS), (POST, ACTS), (POST, ACTS_ON_PEOPLE), (DELETE, ENDS)):
            for path in paths:
                self.api.add_routes(
                    path=path, methods=[method], integration=integration, authorizer=authorizer
                )

    def _users(self) -> cognito.UserPool:
        local = self._settings.is_local
        users = cognito.UserPool(
            self,
            "Users",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True, username=True),
            sign_in_case_sensitive=False,
            password_policy=cognito.PasswordPolicy(
                min_length=14,
                require_digits=True,
                require_lowercase=True,
                require_uppercase=True,
                require_symbols=True,
                temp_password_validity=Duration.days(3),
            ),
            # A decision about a person's job needs a second factor. The local stage has only sample people.
            mfa=cognito.Mfa.OFF if local else cognito.Mfa.REQUIRED,
            mfa_second_factor=None if local else cognito.MfaSecondFactor(otp=True, sms=False),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            feature_plan=cognito.FeaturePlan.ESSENTIALS,
            deletion_protection=not local,
            removal_policy=RemovalPolicy.RETAIN,
            custom_attributes={"person_id": cognito.StringAttribute(mutable=True, max_len=128)},
        )
        for group, description in GROUPS.items():
            users.add_group(
                "".join(map(str.capitalize, group.split("_"))), group_name=group, description=description
            )
        acknowledge(
            users,
            (
                "AwsSolutions-COG8",
                "Threat protection is charged by user. A second factor is required instead.",
            ),
        )
        if local:
            acknowledge(
                users,
                ("AwsSolutions-COG2", "The local stage has only sample people, without a second factor."),
            )
        return users

    def _cors(self) -> apigateway.CorsPreflightOptions | None:
        origins = list(self._settings.console_origins)
        if not origins:
            return None
        return apigateway.CorsPreflightOptions(
            allow_origins=origins,
            allow_methods=[apigateway.CorsHttpMethod.GET, apigateway.CorsHttpMethod.POST],
            allow_headers=["authorization", "content-type"],
            max_age=Duration.hours(1),
        )

    def _stage(self) -> apigateway.HttpStage:
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=50, burst_limit=100),
        )
        resource = _resource_of(stage)
        resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=log_group(self, "AccessLogs", self._settings).log_group_arn,
            # The route, never the path: the path of a response link contains its token.
            format='{"request":"$context.requestId","time":"$context.requestTime","route":"$context.routeKey",'
            '"status":"$context.status","milliseconds":"$context.responseLatency",'
            '"length":"$context.responseLength","problem":"$context.error.message"}',
        )
        return stage


def _resource_of(stage: apigateway.HttpStage) -> apigateway.CfnStage:
    resource = stage.node.default_child
    assert isinstance(resource, apigateway.CfnStage)
    return resource
