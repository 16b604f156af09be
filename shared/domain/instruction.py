"""An instruction that HR gives to a case without being asked. The case carries it out at its next step."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import CaseId, PersonId


class Instruction(BaseModel):
    """Stored until the case has carried it out. The reason is sealed in the event of the instruction."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    case_id: CaseId
    kind: Literal["hold_for_leave"]
    given_by: PersonId
    given_at: datetime
