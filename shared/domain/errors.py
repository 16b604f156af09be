"""Every error that the product itself raises, for everything that catches or matches one.

PlumblineError
├── InvalidInput           the input cannot be used; the message says why, in one line
│   ├── InvalidProfile
│   ├── InvalidPolicy
│   ├── InvalidDirectory
│   └── InvalidFacts
├── IllegalTransition      the case cannot take this step in the state it is in
├── Conflict               the resource changed since it was read; read again and decide again
│   └── AlreadyDone        the same command was carried out before; carries the first result
├── NotFound               it does not exist, or the caller may not see it
├── Forbidden              the caller is known and may not do this
├── NotYet                 not ready yet; the workflow retries
├── Throttled              the service asked to slow down; the workflow retries
├── Unavailable            a service that is needed did not answer; try again later
└── IntegrityError         the bytes read are not the bytes written
"""


class PlumblineError(Exception):
    """The root of the tree."""


class InvalidInput(PlumblineError):
    pass


class InvalidProfile(InvalidInput):
    pass


class InvalidPolicy(InvalidInput):
    pass


class InvalidDirectory(InvalidInput):
    pass


class InvalidFacts(InvalidInput):
    pass


class IllegalTransition(PlumblineError):
    pass


class Conflict(PlumblineError):
    pass


class AlreadyDone(Conflict):
    """``result`` is what the first run of the command returned."""

    def __init__(self, message: str, result: str) -> None:
        super().__init__(message)
        self.result = result


class NotFound(PlumblineError):
    pass


class Forbidden(PlumblineError):
    pass


class NotYet(PlumblineError):
    pass


class Throttled(PlumblineError):
    pass


class Unavailable(PlumblineError):
    pass


class IntegrityError(PlumblineError):
    pass
