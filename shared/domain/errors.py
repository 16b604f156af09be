"""Every error the product raises by itself.

PlumblineError
├── InvalidInput           what somebody handed over cannot be used; the message says why, in one line
│   ├── InvalidProfile
│   ├── InvalidPolicy
│   ├── InvalidDirectory
│   └── InvalidFacts
├── IllegalTransition      the case cannot take this step in the state it is in
├── Conflict               somebody else changed the thing first; read again and decide again
│   └── AlreadyDone        this very command was carried out before; carries the first result
├── NotFound               there is no such thing, or it is not the caller's to see
├── Forbidden              the caller is known and may not do this
├── NotYet                 not ready now; the workflow retries
├── Throttled              the service said to slow down; the workflow retries
└── IntegrityError         what was read is not what was written
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
    """``result`` is what the first time returned."""

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


class IntegrityError(PlumblineError):
    pass
