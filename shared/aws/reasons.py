"""What went wrong in a call of another service: whether it passes, and its reason in loggable form."""

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as BotoConnectionError

SERVICE_FAULTS: Final = (ClientError, BotoCoreError)
"""Every error of the AWS SDK."""
_OVERLOADED: Final = 429


def is_transient(error: Exception) -> bool:
    """Whether the same call may succeed later: throttled, unreachable, or a fault of the service itself."""
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        # AWS services that answer in JSON throttle with status 400, so the code decides.
        return status == _OVERLOADED or status >= 500 or "Throttl" in code or "TooManyRequests" in code
    return isinstance(error, (HTTPClientError, BotoConnectionError))


def reason(error: Exception) -> str:
    """The error's class and AWS's code only. The message of a service might contain personal data."""
    if isinstance(error, ClientError):
        return f"ClientError: {error.response.get('Error', {}).get('Code', 'no code')}"
    return type(error).__name__
