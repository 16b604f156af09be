"""What HR tells a case to do outside of any question; the case takes it in at its next look."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import CaseId, PersonId


class Instruction(BaseModel):
    """Stored until the case has carried it out. Why it was given stands in its event, sealed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    case_id: CaseId
    kind: Literal["hold_for_leave"]
    given_by: PersonId
    given_at: datetime
