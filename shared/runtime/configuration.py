"""Reads the policies and profiles that are bundled with the code, in ``config/``."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path

from shared.domain.errors import InvalidPolicy, NotFound
from shared.domain.identifiers import PolicyRef
from shared.domain.policy import Policy, parse_policy

BUNDLED = Path(__file__).resolve().parents[2] / "config"


class BundledPolicies:
    """The part of ``shared.ports.Policies`` that needs no storage: the bundled files.

    Every file is parsed once. While one is invalid, the policies in force are unknown, so `in_force` raises
    InvalidPolicy. Open cases continue under the valid files.
    """

    def __init__(self, folder: Path = BUNDLED / "policies") -> None:
        self._folder = folder

    @cached_property
    def _read(self) -> tuple[dict[PolicyRef, tuple[Policy, bytes]], list[str]]:
        """The valid policies, and a message for each invalid file."""
        known: dict[PolicyRef, tuple[Policy, bytes]] = {}
        faults: list[str] = []
        for path in sorted(self._folder.glob("*.yaml")):
            text = path.read_bytes()
            try:
                policy = parse_policy(text.decode(), path.name)
            except InvalidPolicy as error:
                faults.append(str(error))
            except UnicodeDecodeError:
                faults.append(f"{path.name}: the file is not UTF-8 text")
            else:
                if policy.ref in known:
                    faults.append(f"{path.name}: {policy.ref} is defined by another file as well")
                known[policy.ref] = (policy, text)
        return known, faults

    @property
    def _known(self) -> dict[PolicyRef, tuple[Policy, bytes]]:
        return self._read[0]

    def in_force(self, day: datetime) -> Sequence[Policy]:
        if faults := self._read[1]:
            raise InvalidPolicy("; ".join(faults))
        latest: dict[str, Policy] = {}
        for policy, _ in self._known.values():
            before = latest.get(policy.policy)
            if policy.effective_from <= day.date() and (before is None or before.version < policy.version):
                latest[policy.policy] = policy
        return [policy for policy in latest.values() if not _has_ended(policy, day)]

    def ended(self, name: str, day: datetime) -> bool:
        versions = [
            policy
            for policy, _ in self._known.values()
            if policy.policy == name and policy.effective_from <= day.date()
        ]
        return bool(versions) and _has_ended(max(versions, key=lambda policy: policy.version), day)

    def by_ref(self, ref: PolicyRef) -> tuple[Policy, bytes]:
        try:
            return self._known[ref]
        except KeyError:
            raise NotFound(f"there is no policy {ref}") from None


def _has_ended(policy: Policy, day: datetime) -> bool:
    return policy.ends_on is not None and policy.ends_on <= day.date()


def bundled_profile(profile_id: str, folder: Path = BUNDLED / "profiles") -> str | None:
    """The text of the profile with this id; None if there is none."""
    known = {path.stem: path for path in folder.glob("*.yaml")}
    return known[profile_id].read_text() if profile_id in known else None
