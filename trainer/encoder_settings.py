"""Everything that decides how a pretrained or distilled encoder comes out, and where its files are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from similarity.errors import TrainingError, UnknownNameError


class PretrainSettings(BaseModel):
    """Settings of one pretraining; widths and lengths in word pieces and units, rates as AdamW takes them."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    objective: Literal["bert", "roberta", "electra"]
    layers: int = Field(default=4, ge=1, le=48)
    width: int = Field(default=256, ge=8, le=4096)
    heads: int = Field(default=4, ge=1, le=64)
    longest: int = Field(default=128, ge=16, le=4096)
    pieces: int = Field(default=8_000, ge=200, le=200_000)
    vocabulary: str = ""
    steps: int = Field(default=5_000, ge=1)
    batch_tokens: int = Field(default=4_096, ge=64)
    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    warmup_ratio: float = Field(default=0.05, ge=0, lt=1)
    weight_decay: float = Field(default=0.01, ge=0)
    dropout_ratio: float = Field(default=0.0, ge=0, lt=1)
    held_out_lines: int = Field(default=1_000, ge=1)
    seed: int = Field(default=42, ge=0, lt=2**32)
    precision: str = "auto"
    licence: str = ""

    @property
    def dropout(self) -> dict[str, Any]:
        """The dropout as the families' configurations name it."""
        return {"hidden_dropout_prob": self.dropout_ratio, "attention_probs_dropout_prob": self.dropout_ratio}

    @model_validator(mode="after")
    def _check_heads(self) -> "PretrainSettings":
        if self.width % self.heads:
            raise ValueError(f"the width {self.width} is not a multiple of {self.heads} heads")
        return self


class DistillSettings(BaseModel):
    """Settings of one distillation; lengths and batches in characters, since teacher and student cut pieces apart."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    student: str = ""
    """Encoder to start from; empty to start from layers of the teacher."""
    teacher_layers: list[int] = Field(default_factory=list)
    family: Literal["bert", "roberta"] = "roberta"
    vocabulary: str = ""
    teacher: str
    teacher_prefix: str = ""
    sentences: int = Field(default=200_000, ge=10)
    longest_sentence: int = Field(default=120, ge=8)
    pairs: int = Field(default=100_000, ge=0)
    pair_data: str = ""
    """Prepared data set whose train pairs are scored by the teachers too; its labels are not looked at."""
    pair_teachers: list[str] = Field(default_factory=list)
    """Runs that score the pairs beside the teacher; a pair's label is the mean."""
    steps: int = Field(default=4_000, ge=0)
    """Toward the teacher's sentence embeddings."""
    pair_steps: int = Field(default=4_000, ge=0)
    """On pairs that the teacher scores, every third step still on embeddings."""
    batch_characters: int = Field(default=8_192, ge=64)
    longest: int = Field(default=128, ge=16, le=4096)
    learning_rate: float = Field(default=5e-4, gt=0, le=1)
    warmup_ratio: float = Field(default=0.05, ge=0, lt=1)
    weight_decay: float = Field(default=0.01, ge=0)
    valid: str = ""
    """Prepared data set on whose valid split the student is measured along the way."""
    seed: int = Field(default=42, ge=0, lt=2**32)
    precision: str = "auto"
    licence: str = ""

    @model_validator(mode="after")
    def _check_start(self) -> "DistillSettings":
        if bool(self.student) == bool(self.teacher_layers):
            raise ValueError("name either an encoder to start from or layers of the teacher")
        if self.teacher_layers and not self.vocabulary:
            raise ValueError("a student made of the teacher's layers needs a vocabulary")
        if not self.steps + self.pair_steps:
            raise ValueError("there are no steps")
        if self.pair_steps and not self.pairs:
            raise ValueError("steps on pairs need pairs")
        return self


@dataclass(frozen=True)
class EncoderPlaces:
    """Where encoders and unfinished work are."""

    encoders: Path
    work: Path

    def training(self, name: str) -> Path:
        """Return the work folder of a training of that name."""
        return self.work / "trainings" / name

    def find(self, name: str) -> Path:
        """Return the folder of an encoder: a path as it is, or a name below `artifacts/encoders/`.

        Raises:
            UnknownNameError: there is no such folder.
        """
        for folder in (self.encoders / name, Path(name).expanduser()):
            if folder.is_dir():
                return folder
        known = ", ".join(sorted(folder.name for folder in self.encoders.glob("*") if folder.is_dir())) or "none"
        raise UnknownNameError(f"There is no encoder {name!r}. Encoders here: {known}. A folder can stand there too.")


def checked(kind: type[BaseModel], content: dict[str, Any]) -> Any:
    """Return the settings, those that are None left at their defaults.

    Raises:
        TrainingError: a value is out of its range.
    """
    try:
        return kind.model_validate({name: value for name, value in content.items() if value is not None})
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, e['loc']))} {e['input']!r}: {e['msg']}" if e["loc"] else e["msg"]
            for e in error.errors()
        )
        raise TrainingError(f"These settings can't be trained with: {wrong}.") from error
