"""Models and data sets from the Hugging Face hub, and what to say when it does not give them.

The hub's libraries keep what they fetched in `HF_HOME`, so a second use needs no network. `HF_ENDPOINT` names
another server that answers as the hub does.
"""

import contextlib
import errno
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from similarity.errors import CheckpointError, DataError, HubUnreachableError, SimilarityError, UnknownNameError
from similarity.scorers import PICKLE_SUFFIXES, refuse_pickle
from similarity.sentence_pairs import Row, flatten_klue, korsts_id

if TYPE_CHECKING:
    from huggingface_hub import HfApi

ANSWER_SECONDS = 10.0
"""How long the hub may take to answer the first question. Later ones go to a hub that is known to answer, so the
libraries' own five retries (some 25 seconds in all) are left as they are."""

MODEL_FILES = (
    "config*.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "*.model",
    "modules.json",
    "sentence_bert_config.json",
    "[0-9]_*/*.json",
    "*.safetensors",
    "*.safetensors.index.json",
)
OTHER_FILES = ("onnx/*", "openvino/*", "*.bin", "*.pt", "*.h5", "*.msgpack")

CACHE_CHOICE = "copy the folder ~/.cache/huggingface of a machine with network here, or name it in HF_HOME"
OFFLINE_MODEL = (
    f"Without the hub: name a local folder with the model; {CACHE_CHOICE}; or use one of the encoders in "
    "artifacts/encoders/."
)
OFFLINE_DATA = (
    "Without the hub: name the official file (KLUE-STS JSON, KorSTS TSV) or a CSV, JSONL or Parquet file; or "
    f"{CACHE_CHOICE}."
)


@dataclass(frozen=True)
class HubDataset:
    """A data set on the hub: its repository and configuration, and what its card says."""

    repository: str
    configuration: str | None
    title: str = ""
    licence: str = ""


HUB_DATASETS = {
    "klue/sts": HubDataset("klue/klue", "sts", "KLUE-STS", "CC BY-SA 4.0"),
    "kor_nlu/sts": HubDataset("kakaobrain/kor_nlu", "sts", "KorSTS", "CC BY-SA 4.0"),
}
"""The names known. The hub once had them without an owner; its present client needs the owner too."""


def find_hub_dataset(name: str) -> HubDataset:
    """Return the data set of a hub name.

    Raises:
        UnknownNameError: the name is not of the form `owner/name` or `owner/name/configuration`.
    """
    if name in HUB_DATASETS:
        return HUB_DATASETS[name]
    if not re.fullmatch(r"[\w.-]+/[\w.-]+(/[\w.-]+)?", name) or ".." in name:
        raise UnknownNameError(
            f"{name!r} is neither a file nor the name of a data set on the hub. Names are {', '.join(HUB_DATASETS)}, "
            "owner/name or owner/name/configuration."
        )
    owner, repository, *configuration = name.split("/")
    return HubDataset(f"{owner}/{repository}", configuration[0] if configuration else None, title=name)


def fetch_model(model_id: str) -> Path:
    """Return the folder of a model's files, fetched from the hub or, where it does not answer, from the local cache.

    A repository with pickled weights alone is looked through for the hub's own conversion to safetensors, which
    waits there as a pull request.

    Args:
        model_id: `owner/model`.

    Raises:
        UnknownNameError: the hub has no such model.
        HubUnreachableError: the hub did not answer and the model is not in the cache.
        CheckpointError: the repository holds its weights as pickle files only.
    """
    from huggingface_hub import HfApi, snapshot_download

    with hub_errors(f"the model {model_id}"):
        try:
            revision = _safe_revision(HfApi(), model_id)
        except Exception as error:
            if not _is_no_answer(error):
                raise
            folder = _cached_model(model_id)
            if folder is None:
                raise
        else:
            folder = Path(
                snapshot_download(
                    model_id, revision=revision, allow_patterns=list(MODEL_FILES), ignore_patterns=list(OTHER_FILES)
                )
            )
    refuse_pickle(folder)
    return folder


def read_hub_rows(name: str, splits: list[str]) -> dict[str, list[Row]]:
    """Return the raw rows of a hub data set's splits, numbered from 1, as `check_rows` takes them.

    Raises:
        UnknownNameError: the hub has no such data set, or that no such configuration or split.
        HubUnreachableError: the hub did not answer and the data set is not in the cache.
        DataError: its files can't be read.
    """
    dataset = find_hub_dataset(name)
    with hub_errors(f"the data set {name}", OFFLINE_DATA):
        loaded = _load_dataset(dataset)
    missing = [split for split in splits if split not in loaded]
    if missing:
        raise UnknownNameError(f"The data set {name} has no split {', '.join(missing)}; it has {', '.join(loaded)}.")
    return {split: _rows(loaded[split]) for split in splits}


@contextlib.contextmanager
def hub_errors(what: str, offline: str = OFFLINE_MODEL) -> Iterator[None]:
    """Turn what huggingface_hub, datasets and transformers raise into our errors; others pass through.

    Args:
        what: what was asked for, as it stands in a sentence: "the model klue/bert-base".
        offline: what a user without the hub can do.

    Raises:
        UnknownNameError: the hub has no such thing, or keeps it for users who are logged in.
        HubUnreachableError: the hub did not answer, and the local cache has no copy.
        DataError: the disk that holds the cache is full, or the data set's files can't be read.
    """
    try:
        yield
    except SimilarityError:
        raise
    except Exception as error:
        raise _translated(error, what, offline) from error


def _translated(error: Exception, what: str, offline: str) -> Exception:
    from datasets.exceptions import DatasetNotFoundError, DatasetsError
    from huggingface_hub import errors as hub
    from huggingface_hub.constants import ENDPOINT

    causes = list(_causes(error))
    if any(isinstance(cause, hub.GatedRepoError) for cause in causes):
        return UnknownNameError(
            f"The hub gives {what} only to users who have asked for it. Ask on its page at {ENDPOINT}, log in with "
            f"`hf auth login`, and try again. {offline}"
        )
    if _is_no_answer(error):
        reason = " ".join(str(causes[-1]).split())[:200]
        return HubUnreachableError(
            f"{_capital(what)} is not in the local cache, and the hub at {ENDPOINT} did not answer ({reason}). "
            f"{offline}"
        )
    if any(isinstance(cause, hub.RevisionNotFoundError | hub.RemoteEntryNotFoundError) for cause in causes):
        return UnknownNameError(
            f"{_capital(what)} is on the hub at {ENDPOINT}, but it lacks a file that is needed: {error}"
        )
    unknown = (hub.RepositoryNotFoundError, hub.HFValidationError, DatasetNotFoundError)
    if any(isinstance(cause, unknown) for cause in causes):
        return UnknownNameError(
            f"The hub at {ENDPOINT} has no such thing as {what}, or does not show it to you. Check the spelling; for a "
            f"private one log in with `hf auth login`. {offline}"
        )
    if any(isinstance(cause, OSError) and cause.errno == errno.ENOSPC for cause in causes):
        return DataError(
            f"The disk is full: {what} could not be kept in the cache. Free some space or name another HF_HOME."
        )
    if any(isinstance(cause, hub.HfHubHTTPError) for cause in causes):
        return UnknownNameError(f"The hub at {ENDPOINT} refused {what}: {error}. {offline}")
    if any(isinstance(cause, DatasetsError) for cause in causes):
        return DataError(f"{_capital(what)} can't be read: {error}. {offline}")
    return error


def _is_no_answer(error: Exception) -> bool:
    from huggingface_hub import errors as hub
    from huggingface_hub.utils import httpx

    for cause in _causes(error):
        if isinstance(cause, hub.HfHubHTTPError):
            # 4xx is an answer; 429 and 5xx say that there will be none for now.
            status = getattr(cause.response, "status_code", 500)
            return status == 429 or status >= 500
        if isinstance(cause, hub.LocalEntryNotFoundError | ConnectionError | TimeoutError | httpx.TransportError):
            return True
    return False


def _causes(error: BaseException) -> Iterator[BaseException]:
    # The libraries wrap the first cause several times, and each in its own way.
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _capital(what: str) -> str:
    return what[:1].upper() + what[1:]


def _safe_revision(api: "HfApi", model_id: str) -> str:
    """Return the revision to fetch: the newest, else the hub's own conversion to safetensors."""
    info = api.model_info(model_id, timeout=ANSWER_SECONDS)
    names = [file.rfilename for file in info.siblings or []]
    if any(name.endswith(".safetensors") for name in names):
        return "main"
    pickles = [name for name in names if Path(name).suffix in PICKLE_SUFFIXES]
    if pickles:
        # An optimizer's state or the settings of a training may lie there as pickles too.
        pickles.sort(key=lambda name: (not name.startswith("pytorch_model"), name))
        converted = _conversion(api, model_id, pickles[0])
        if converted:
            return converted
        raise CheckpointError(
            f"The hub's {model_id} holds its weights as {pickles[0]}, a pickle file, which can run any code when it is "
            f'read, so it is refused. Convert it on a machine that you trust: AutoModel.from_pretrained("{model_id}")'
            ".save_pretrained(new_folder) writes model.safetensors; then name new_folder."
        )
    raise CheckpointError(f"The hub's {model_id} holds no .safetensors file, so there are no weights to load.")


def _conversion(api: "HfApi", model_id: str, pickle: str) -> str | None:
    """Return the branch on which the hub's own bot put these same weights as safetensors."""
    from huggingface_hub.errors import HfHubHTTPError

    def content(revision: str) -> str:
        found = api.get_paths_info(model_id, pickle, revision=revision)
        return getattr(found[0], "blob_id", "") if found else ""

    # Only that bot is trusted, as transformers does; a conversion of older weights would train another model.
    with contextlib.suppress(HfHubHTTPError):
        for discussion in api.get_repo_discussions(model_id, author="SFconvertbot", discussion_type="pull_request"):
            branch = discussion.git_reference
            if discussion.author == "SFconvertbot" and discussion.status == "open" and branch:
                if content(branch) == content("main") != "":
                    return branch
    return None


def _cached_model(model_id: str) -> Path | None:
    """Return the newest snapshot of a model in the cache that holds safetensors."""
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repositories = scan_cache_dir().repos
    except CacheNotFound:
        return None
    revisions = [
        revision
        for repository in repositories
        if repository.repo_id == model_id and repository.repo_type == "model"
        for revision in repository.revisions
        if {"config.json"} <= {file.file_name for file in revision.files}
        and any(file.file_name.endswith(".safetensors") for file in revision.files)
    ]
    return max(revisions, key=lambda revision: revision.last_modified).snapshot_path if revisions else None


def _load_dataset(dataset: HubDataset) -> Any:
    from datasets import load_dataset
    from huggingface_hub import HfApi

    try:
        info = HfApi().dataset_info(dataset.repository, timeout=ANSWER_SECONDS)
    except Exception as error:
        if not _is_no_answer(error):
            raise
        # Left to itself the library asks for files that are in its cache for 25 seconds in vain first.
        with _offline():
            for load in (load_dataset, _load_conversion):
                with contextlib.suppress(OSError, ValueError):
                    return load(dataset.repository, dataset.configuration)
        raise
    # A repository that was renamed answers under its new name, and only that can be loaded.
    script = f"{info.id.partition('/')[2]}.py"
    if any(file.rfilename == script for file in info.siblings or []):
        return _load_conversion(info.id, dataset.configuration)
    try:
        return load_dataset(info.id, dataset.configuration)
    except ValueError as error:
        if "BuilderConfig" not in str(error):
            raise
        raise UnknownNameError(
            f"The data set {info.id} has no configuration {dataset.configuration!r}: {error}"
        ) from error


def _load_conversion(repository: str, configuration: str | None) -> Any:
    """Load what a data set's own code made, which the hub keeps as Parquet on a branch; the code is never run."""
    from datasets import load_dataset
    from huggingface_hub import snapshot_download

    folder = configuration or "default"
    snapshot = snapshot_download(
        repository, repo_type="dataset", revision="refs/convert/parquet", allow_patterns=f"{folder}/*.parquet"
    )
    if not Path(snapshot, folder).is_dir():
        raise UnknownNameError(f"The data set {repository} has no configuration {folder!r}. Check the spelling.")
    return load_dataset(str(Path(snapshot, folder)))


@contextlib.contextmanager
def _offline() -> Iterator[None]:
    import datasets.config
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE = before


def _rows(split: Any) -> list[Row]:
    from datasets import ClassLabel

    names = {column: feature for column, feature in split.features.items() if isinstance(feature, ClassLabel)}
    rows: list[Row] = []
    for number, values in enumerate(split, start=1):
        row = flatten_klue(values)
        for column, feature in names.items():
            row[column] = feature.int2str(row[column]) if (row.get(column) or 0) >= 0 else ""
        if isinstance(row.get("score"), float):
            # The hub keeps KorSTS scores as 32-bit numbers: 3.8 comes as 3.799999952.
            row["score"] = round(row["score"], 6)
        if {"genre", "filename", "year", "id"} <= set(row):
            row["id"] = korsts_id(row, number)
        rows.append((number, row))
    return rows
