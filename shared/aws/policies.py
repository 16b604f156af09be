"""The bundled policies, and the stored copies of every policy that was used."""

from shared.domain import paths
from shared.domain.errors import IntegrityError
from shared.domain.policy import Policy, parse_policy, policy_digest
from shared.ports import Files
from shared.runtime.configuration import BundledPolicies


class FiledPolicies(BundledPolicies):
    """See ``shared.ports.Policies``. A used policy never changes, so each is read once."""

    def __init__(self, files: Files) -> None:
        super().__init__()
        self._files = files
        self._used: dict[str, tuple[Policy, bytes]] = {}

    def used(self, digest: str) -> tuple[Policy, bytes]:
        if digest not in self._used:
            path = paths.policy(digest)
            text = self._files.read(path)
            if policy_digest(text) != digest:
                raise IntegrityError(f"{path} has changed since it was stored")
            self._used[digest] = (parse_policy(text.decode(), path), text)
        return self._used[digest]
