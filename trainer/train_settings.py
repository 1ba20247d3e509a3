"""Everything that decides how a run comes out; it is stored in the run and read back to resume it."""

from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from similarity.errors import TrainingError
from similarity.run_format import Architecture, RunRecord
from trainer.model_families import ModelFamily


class TrainSettings(BaseModel):
    """Settings of one training; `None` for `max_steps` means all epochs."""

    model: str
    family: str
    architecture: Architecture
    base_checkpoint: str
    dataset: str
    learning_rate: float = Field(gt=0, le=1)
    batch_size: int = Field(ge=1, le=4096)
    epochs: int = Field(ge=1, le=1000)
    warmup_ratio: float = Field(ge=0, lt=1)
    weight_decay: float = Field(ge=0)
    max_grad_norm: float = Field(gt=0)
    max_length: int = Field(ge=4, le=8192)
    max_steps: int | None = Field(default=None, ge=1)
    patience: int = Field(default=3, ge=1)
    both_orders: bool = False
    equal_pairs: float = Field(default=0.0, ge=0, le=1)
    stored_precision: Literal["fp32", "fp16"] = "fp32"
    """Of the weights in `checkpoint/`; the run is measured with what is stored."""
    seed: int = Field(default=42, ge=0, lt=2**32)
    precision: str = "auto"
    defaults_source: str = ""

    def hyper_parameters(self) -> dict[str, Any]:
        """Return what the record stores as hyper-parameters: all but the model and the data set."""
        return self.model_dump(exclude={"model", "family", "architecture", "base_checkpoint", "dataset"})


def make_settings(row: ModelFamily, dataset: str, **chosen: Any) -> TrainSettings:
    """Return a model's defaults, each replaced where a value was chosen (not None).

    Raises:
        TrainingError: a value is out of its range.
    """
    defaults = {key: value for key, value in vars(row.defaults).items() if key != "source"}
    content = {
        **defaults,
        "defaults_source": row.defaults.source,
        **{key: value for key, value in chosen.items() if value is not None},
        "model": row.name,
        "family": row.family,
        "architecture": row.architecture,
        "base_checkpoint": row.base_checkpoint,
        "dataset": dataset,
    }
    return _checked(content)


def settings_of(record: RunRecord) -> TrainSettings:
    """Return the settings that a run was started with.

    Raises:
        TrainingError: the record lacks one.
    """
    content = {
        **record.hyper_parameters,
        "model": record.model.name,
        "family": record.model.family,
        "architecture": record.model.architecture,
        "base_checkpoint": record.model.base_checkpoint,
        "dataset": record.data.name,
    }
    return _checked(content)


def _checked(content: dict[str, Any]) -> TrainSettings:
    try:
        return TrainSettings.model_validate(content)
    except ValidationError as error:
        wrong = "; ".join(
            f"--{'.'.join(map(str, e['loc'])).replace('_', '-')} {e['input']!r}: {e['msg']}" for e in error.errors()
        )
        raise TrainingError(f"These settings can't be trained with: {wrong}.") from error
