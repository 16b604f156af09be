"""The reason for a failed call of another service, in a form that may be logged."""

from botocore.exceptions import ClientError


def reason(error: Exception) -> str:
    """The error's class and AWS's code only. The message of a service might contain personal data."""
    if isinstance(error, ClientError):
        return f"ClientError: {error.response.get('Error', {}).get('Code', 'no code')}"
    return type(error).__name__
