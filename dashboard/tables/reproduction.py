"""Whether a run can be trained again as it was: what it needs, and whether that lies here."""

import importlib.metadata
import platform
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dashboard.tables.run_facts import SEED, match_of
from similarity.prepared_data import DatasetCard
from similarity.run_format import RunRecord

State = Literal["good", "bad", "open"]


@dataclass(frozen=True)
class Check:
    """One thing that a repetition needs; `text` is the key of its sentence below `check.`."""

    state: State
    text: str
    fields: dict[str, Any] = field(default_factory=dict)


def checks_of(
    run: RunRecord, here: DatasetCard | None, encoders: Collection[str], versions: Mapping[str, str]
) -> list[Check]:
    """Return what repeating a run's training needs, each with whether it is here.

    Args:
        run: the run.
        here: the card of its data set, if that lies here.
        encoders: names of the encoders that lie here.
        versions: package → version installed here; a package that is not installed is missing.
    """
    checks = [Check("good", "command") if run.command else Check("bad", "no_command")]
    checks.append(_data(run, here))
    checks.append(_base(run, encoders))
    seed = run.hyper_parameters.get(SEED)
    checks.append(Check("bad", "no_seed") if seed is None else Check("good", "seed", {"seed": seed}))
    checks.append(_packages(run, versions))
    commit = run.environment.commit
    checks.append(Check("open", "commit", {"commit": commit}) if commit else Check("open", "no_commit"))
    return checks


def installed_versions(packages: Collection[str]) -> dict[str, str]:
    """Return the versions that are installed here; none of the packages is imported."""
    versions = {}
    for name in packages:
        try:
            versions[name] = importlib.metadata.version(name)
        except (importlib.metadata.PackageNotFoundError, ValueError):
            continue
    return versions


def python_version() -> str:
    """Return the version of Python that runs here."""
    return platform.python_version()


def _data(run: RunRecord, here: DatasetCard | None) -> Check:
    fields = {"dataset": run.data.name}
    if not run.data.splits:
        return Check("bad", "data_unknown")
    if here is None:
        return Check("bad", "data_missing", fields)
    other = [split for split, part in run.data.splits.items() if match_of(here, split, part.checksum) != "same"]
    if other:
        return Check("bad", "data_other", {**fields, "splits": ", ".join(other)})
    return Check("good", "data_same", fields)


def _base(run: RunRecord, encoders: Collection[str]) -> Check:
    base = run.model.base_checkpoint
    if base in encoders:
        return Check("good", "base_here", {"base": base})
    if base.count("/") == 1 and not base.startswith((".", "/", "~")):
        return Check("open", "base_hub", {"base": base})
    return Check(
        "bad" if "/" not in base else "open", "base_missing" if "/" not in base else "base_folder", {"base": base}
    )


def _packages(run: RunRecord, versions: Mapping[str, str]) -> Check:
    packages = run.environment.packages
    if not packages:
        return Check("bad", "packages_unknown")
    other = [
        f"{name} {version} → {versions.get(name, '–')}"
        for name, version in packages.items()
        if versions.get(name) != version
    ]
    return Check("open", "packages_other", {"packages": ", ".join(other)}) if other else Check("good", "packages_same")
