"""Why a call of the world outside failed, in words that may be logged."""

from botocore.exceptions import ClientError


def reason(error: Exception) -> str:
    """By class and AWS's code alone: what a service answers besides may be anything."""
    if isinstance(error, ClientError):
        return f"ClientError: {error.response.get('Error', {}).get('Code', 'no code')}"
    return type(error).__name__
