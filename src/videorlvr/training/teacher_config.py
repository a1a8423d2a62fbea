"""Keys of methods that learn beside a teacher."""

from __future__ import annotations

from pydantic import Field

from videorlvr.training.config import MethodConfig

ONE_TEACHER = "a teacher is a policy folder, or a new one of the form teacher_model: give one of the two"


class Taught(MethodConfig):
    """A teacher that a run reads and does not train; a run is not continued with another one."""

    teacher: str | None = Field(
        default=None, description="policy folder of the teacher; null with teacher_model"
    )

    @property
    def policies_beside(self) -> dict[str, str]:
        return {} if self.teacher is None else {"teacher": self.teacher}


class TaughtAtFirst(Taught):
    """A teacher whose weight in the loss falls to nothing."""

    weight: float = Field(default=0.1, ge=0, description="weight of the teacher at step 0")
    until: float = Field(
        default=0.33, ge=0, le=1, description="share of the steps after which the teacher is gone"
    )
