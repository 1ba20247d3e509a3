"""Turn files or a hub data set of sentence pairs into `data/<name>/`: checked, without duplicates or leaks, split.

python -m trainer prepare --train sts-train.tsv --test sts-dev.tsv --name korsts
python -m trainer prepare klue/sts --name klue-sts
python -m trainer prepare pairs.csv --split-column split --name mine
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, cast

import pandas as pd
import typer

from similarity import project_paths
from similarity.errors import DataError
from similarity.prepared_data import (
    CARD_FILE,
    DatasetCard,
    check_dataset_name,
    describe_split,
    write_dataset,
)
from similarity.sentence_pairs import (
    LABEL_MAX,
    LINE_FORMATS,
    PAIR_COLUMNS,
    SPLITS,
    BadRow,
    ReadPairs,
    Row,
    Split,
    check_rows,
    normalise,
    read_rows,
)
from trainer.baselines import make_baselines
from trainer.console import console, shown
from trainer.hub import HUB_DATASETS, find_hub_dataset, read_hub_rows
from trainer.pair_splits import (
    PRECEDENCE,
    count_leakage,
    cut_valid,
    drop_duplicates,
    without_pairs_of,
    without_sentences_of,
)
from trainer.prepare_report import DROPPED, report

HUB_SPLITS = {"train": "train", "validation": "test"}
"""An official dev file is what one measures on; an official test file is hidden or, for KorSTS, named by the user."""

DEFAULT_HUB_SPLIT = {"train": "train", "valid": "validation", "test": "validation"}


@dataclass(frozen=True)
class Settings:
    """How the pairs are prepared.

    `label_scale` is the files' highest label (None: 0–5, and labels that are all 0–1 are refused), `valid_share`
    the share of train that becomes valid where no valid is given.
    """

    columns: dict[str, str] = field(default_factory=dict)
    split_column: str | None = None
    label_scale: float | None = None
    clean: bool = False
    drop_leaked: bool = False
    skip_bad_rows: bool = False
    keep_test_duplicates: bool = False
    valid_share: float = 0.1
    seed: int = 42


@dataclass
class Prepared:
    """A data set ready to be written, with its card."""

    card: DatasetCard
    splits: dict[str, pd.DataFrame]
    baselines: dict[str, pd.DataFrame]


def prepare(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE|HUB_NAME",
            help="One file with a split column, or a data set on the hub "
            f"({', '.join(HUB_DATASETS)}, owner/name or owner/name/configuration).",
            show_default=False,
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the data set: the folder below data/.", show_default=False)] = "",
    train: Annotated[
        str | None, typer.Option(metavar="FILE|HUB_NAME[:SPLIT]", help="Pairs to train on.", show_default=False)
    ] = None,
    valid: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|HUB_NAME[:SPLIT]", help="Pairs to choose the best epoch on. [default: cut off train]"
        ),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(metavar="FILE|HUB_NAME[:SPLIT]", help="Pairs to measure on, such as an official dev file."),
    ] = None,
    split_column: Annotated[
        str | None, typer.Option(help="Column of FILE that says train, valid or test for each row.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(help="OURS=THEIRS, where a file's column has another name: sentence1=question1. Repeatable."),
    ] = None,
    label_scale: Annotated[
        float | None,
        typer.Option(help="The files' highest label; 1 turns 0–1 into 0–5. [default: 5, and never guessed]"),
    ] = None,
    clean: Annotated[bool, typer.Option("--clean", help="Keep Hangul, digits and spaces only.")] = False,
    drop_leaked: Annotated[
        bool,
        typer.Option("--drop-leaked", help="Drop train pairs of which a sentence stands in test or a given valid."),
    ] = False,
    skip_bad_rows: Annotated[
        bool, typer.Option("--skip-bad-rows", help="Leave rows out that are not a pair, and list them.")
    ] = False,
    keep_test_duplicates: Annotated[
        bool,
        typer.Option("--keep-test-duplicates", help="Leave test as its file is, to compare with published numbers."),
    ] = False,
    valid_share: Annotated[float, typer.Option(help="Share of train to cut off as valid.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Seed of that cut.")] = 42,
    title: Annotated[str, typer.Option(help="Title for readers.")] = "",
    licence: Annotated[str, typer.Option(help="Licence of the pairs, such as CC BY-SA 4.0.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a prepared data set of that name.")] = False,
) -> None:
    """Check sentence pairs with a 0–5 label, remove duplicates, split them, and write data/NAME/.

    Reads .json (official KLUE-STS), .tsv (KorSTS, quoting off), .csv, .jsonl and .parquet, and hub data sets.

    Without --valid a tenth of train becomes valid, alike in labels and with no sentence on both sides.

    Of a hub data set, train is cut into train and valid, and validation (the official dev file) becomes test,
    which is never trained or selected on. To have it otherwise, name each: --test kor_nlu/sts:test.
    """
    folder = free_folder(name, force)
    settings = Settings(
        columns=_columns(column or []),
        split_column=split_column,
        label_scale=label_scale,
        clean=clean,
        drop_leaked=drop_leaked,
        skip_bad_rows=skip_bad_rows,
        keep_test_duplicates=keep_test_duplicates,
        valid_share=valid_share,
        seed=seed,
    )
    named = {split: value for split, value in (("train", train), ("valid", valid), ("test", test)) if value}
    with console.status("Reading the pairs …"):
        read, files = read_sources(source, named, settings)
    with console.status("Preparing the splits and baselines …"):
        prepared = prepare_pairs(name, read, settings)
    known = HUB_DATASETS.get(next(iter(files.values())).partition(":")[0])
    prepared.card.files = files
    prepared.card.title = title or (known.title if known else "")
    prepared.card.licence = licence or (known.licence if known else "")
    write_dataset(folder.parent, prepared.card, prepared.splits, prepared.baselines)
    report(prepared.card, folder, baselines=bool(prepared.baselines))


def prepare_sample() -> None:
    """Prepare the pairs that the product brings along as the data set `sample`."""
    own = Path("sample", "pairs.csv")
    here = project_paths.data_root() / own
    path = here if here.is_file() else Path(__file__).resolve().parent.parent / "data" / own
    prepare(source=str(path), name="sample", split_column="split", title="Sample pairs", licence="CC0 1.0", force=True)


def read_sources(
    source: str | None, named: dict[str, str], settings: Settings
) -> tuple[dict[str, ReadPairs], dict[str, str]]:
    """Read each split's pairs from where the user says they are.

    Args:
        source: a file with a split column, or a hub name.
        named: split → file or hub name, `:split` of the hub after it where it is not the usual one.
        settings: how to read.

    Returns:
        Split → pairs, and split → the file's name or hub name.

    Raises:
        DataError: nothing or too much is named, or a file is not as it should be.
        UnknownNameError, HubUnreachableError: as for `read_hub_rows`.
    """
    if bool(source) == bool(named):
        raise DataError(
            "Name either one FILE or HUB_NAME, or files for --train, --valid and --test; "
            f"{'both' if source else 'nothing'} came. `python -m trainer prepare --help` shows examples."
        )
    if source is None:
        if settings.split_column:
            raise DataError(
                "--split-column is for one FILE that holds all splits, but --train, --valid or --test came."
            )
        read = {split: _read_one(value, split, settings) for split, value in named.items()}
        return read, {split: _shown_source(value) for split, value in named.items()}
    if _is_hub_name(source):
        rows = read_hub_rows(source, list(HUB_SPLITS))
        read = {
            ours: _check(rows[theirs], f"{source}:{theirs}", settings, False) for theirs, ours in HUB_SPLITS.items()
        }
        return read, {ours: f"{source}:{theirs}" for theirs, ours in HUB_SPLITS.items()}
    read = _read_with_split_column(Path(source), settings)
    return read, dict.fromkeys(read, Path(source).name)


def prepare_pairs(name: str, read: dict[str, ReadPairs], settings: Settings) -> Prepared:
    """Clean, remove duplicates and leaks, cut valid off where it is missing, and compute the baselines.

    Args:
        name: of the data set.
        read: split → its pairs as read.
        settings: how to prepare.

    Raises:
        DataError: labels all lie in 0–1 and no scale was named, nothing is left of a split, or train can't be cut.
    """
    _refuse_unclear_scale(read, settings)
    dropped: Counter[str] = Counter()
    splits: dict[str, pd.DataFrame] = {}
    for split in (split for split in PRECEDENCE if split in read):
        pairs, reasons = _tidy(split, read[split], settings)
        for other, there in splits.items():
            kept = without_pairs_of(pairs, there)
            reasons[f"pairs_in_{other}"], pairs = len(pairs) - len(kept), kept
        if split == "train" and settings.drop_leaked:
            for other, there in splits.items():
                kept = without_sentences_of(pairs, there)
                reasons[f"sentences_in_{other}"], pairs = len(pairs) - len(kept), kept
        if pairs.empty:
            raise DataError(f"Nothing is left of {split}: {_reasons(reasons)}. Name another file for it.")
        splits[split] = pairs
        dropped.update({f"{split}_{reason}": count for reason, count in reasons.items() if count})
    if "train" in splits and "valid" not in splits:
        splits["train"], splits["valid"] = cut_valid(splits["train"], share=settings.valid_share, seed=settings.seed)
    splits = {split: _storable(splits[split]) for split in SPLITS if split in splits}
    card = DatasetCard(
        name=name,
        splits={split: describe_split(pairs) for split, pairs in splits.items()},
        preprocessing=_preprocessing(settings, cut="valid" not in read and "train" in read),
        dropped=dict(dropped),
        bad_rows=[str(row) for part in read.values() for row in part.bad_rows],
        leakage=count_leakage(splits),
    )
    return Prepared(card, splits, make_baselines(splits))


def clean_sentence(sentence: str) -> str:
    """Return the sentence with Hangul, digits and single spaces only, as the reference project cleaned it."""
    return normalise(re.sub(r"[^가-힣ㄱ-ㅎㅏ-ㅣ0-9\s]", "", sentence))


def free_folder(name: str, force: bool) -> Path:
    """Return the folder of a data set of that name.

    Raises:
        DataError: there is no name, it can't be a folder's, or it is taken and not to be replaced.
    """
    if not name:
        raise DataError("The data set needs a name: --name korsts. It becomes the folder below data/.")
    folder = project_paths.data_root() / check_dataset_name(name)
    if (folder / CARD_FILE).exists() and not force:
        raise DataError(
            f"There is a prepared data set {name!r} in {shown(folder)} already, and runs may refer to it. "
            "Choose another --name, or replace it with --force."
        )
    return folder


def _columns(given: list[str]) -> dict[str, str]:
    columns = {}
    for pair in given:
        ours, equals, theirs = pair.partition("=")
        if not (ours and equals and theirs):
            raise DataError(f"--column expects OURS=THEIRS, such as sentence1=question1, but {pair!r} came.")
        columns[ours] = theirs
    return columns


def _is_hub_name(value: str) -> bool:
    path, name = Path(value), value.partition(":")[0]
    if name in HUB_DATASETS and not path.exists():
        return True
    # A mistyped file in a folder that exists is a missing file, not a name to ask the hub for.
    if (
        path.exists()
        or (path.parent != Path() and path.parent.is_dir())
        or re.search(r"\.(json|tsv|csv|jsonl|parquet|txt|xlsx?)$", value.lower())
    ):
        return False
    find_hub_dataset(name)
    return True


def _shown_source(value: str) -> str:
    # The card travels with the data; the folders of the machine that wrote it are nobody's business.
    return value if _is_hub_name(value) else Path(value).name


def _read_one(value: str, split: str, settings: Settings) -> ReadPairs:
    if _is_hub_name(value):
        name, _, theirs = value.partition(":")
        theirs = theirs or DEFAULT_HUB_SPLIT[split]
        return _check(read_hub_rows(name, [theirs])[theirs], f"{name}:{theirs}", settings, False)
    path = Path(value)
    return _check(read_rows(path), path.name, settings, path.suffix.lower() in LINE_FORMATS)


def _check(rows: list[Row], name: str, settings: Settings, numbered_lines: bool) -> ReadPairs:
    return check_rows(
        rows,
        name=name,
        columns=settings.columns,
        label_scale=LABEL_MAX if settings.label_scale is None else settings.label_scale,
        skip_bad_rows=settings.skip_bad_rows,
        numbered_lines=numbered_lines,
    )


def _read_with_split_column(path: Path, settings: Settings) -> dict[str, ReadPairs]:
    rows = read_rows(path)
    column = settings.split_column
    if column is None:
        raise DataError(
            f"{path.name} alone does not say which pairs are for what. If a column says train, valid or test, name it "
            "with --split-column; else name the file with --train or --test."
        )
    if rows and column not in rows[0][1]:
        raise DataError(f"{path.name} has no column {column!r}. It has: {', '.join(map(str, rows[0][1]))}.")
    for number, row in rows:
        if row.get(column) not in SPLITS:
            raise DataError(
                f"{path.name}:{number}: the split should be {', '.join(SPLITS)}, but is {row.get(column)!r}. Mend it."
            )
    checked = _check(rows, path.name, settings, path.suffix.lower() in LINE_FORMATS)
    # Bad rows belong to the file, so they are listed once, with the first of its splits.
    bad = list(checked.bad_rows)
    read = {}
    for split, pairs in checked.pairs.groupby(column, sort=False):
        pairs = pairs.drop(columns=column).reset_index(drop=True)
        read[cast(Split, split)], bad = ReadPairs(pairs, bad), cast(list[BadRow], [])
    return cast(dict[str, ReadPairs], read)


def _refuse_unclear_scale(read: dict[str, ReadPairs], settings: Settings) -> None:
    highest = max(float(part.pairs["label"].max()) for part in read.values())
    if settings.label_scale is None and highest <= 1:
        raise DataError(
            f"The highest label is {highest:g}, so the files may be on 0–1 or on 0–5. Say which: --label-scale 1 turns "
            "0–1 into 0–5, --label-scale 5 leaves them."
        )


def _tidy(split: str, read: ReadPairs, settings: Settings) -> tuple[pd.DataFrame, Counter[str]]:
    pairs, reasons = read.pairs, Counter(bad_rows=len(read.bad_rows))
    if settings.clean:
        pairs = pairs.assign(**{column: pairs[column].map(clean_sentence) for column in ("sentence1", "sentence2")})
        full = (pairs["sentence1"] != "") & (pairs["sentence2"] != "")
        reasons["empty_after_cleaning"] = int((~full).sum())
        pairs = pairs[full].reset_index(drop=True)
    if split != "test" or not settings.keep_test_duplicates:
        pairs, duplicates = drop_duplicates(pairs)
        reasons.update(duplicates)
    return pairs, reasons


def _storable(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs with every further column in a form that Parquet can hold."""
    import pyarrow as pa

    stored = pairs[[*PAIR_COLUMNS, *(column for column in pairs.columns if column not in PAIR_COLUMNS)]].copy()
    for column in stored.columns[len(PAIR_COLUMNS) :]:
        if any(isinstance(value, dict) for value in stored[column]):
            stored[column] = stored[column].map(str)
        try:
            pa.array(stored[column], from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, UnicodeEncodeError):
            stored[column] = stored[column].map(repr)
    return stored


def _preprocessing(settings: Settings, cut: bool) -> dict[str, Any]:
    return {
        "normalisation": "NFC, white space",
        "cleaning": "Hangul, digits and spaces only" if settings.clean else "none",
        "label_scale": LABEL_MAX if settings.label_scale is None else settings.label_scale,
        "duplicates": "first kept" + (", test untouched" if settings.keep_test_duplicates else ""),
        "leaked_train_pairs": "dropped" if settings.drop_leaked else "kept",
        **({"valid_share": settings.valid_share, "seed": settings.seed} if cut else {}),
    }


def _reasons(reasons: Counter[str]) -> str:
    return "; ".join(f"{count:,} × {DROPPED[reason]}" for reason, count in reasons.items() if count) or "it was empty"
