"""Join prepared data sets into one: split by split, without pairs that stand in another split, tagged with the set.

python -m trainer merge korsts sample --name korsts-sample
"""

from typing import Annotated

import pandas as pd
import typer

from similarity import project_paths
from similarity.errors import DataError
from similarity.prepared_data import read_card, read_split, write_dataset
from similarity.sentence_pairs import LABEL_MAX, SPLITS, ReadPairs
from trainer.prepare_data import Prepared, Settings, free_folder, prepare_pairs
from trainer.prepare_report import report


def merge(
    datasets: Annotated[list[str], typer.Argument(help="Names of prepared data sets.")],
    name: Annotated[str, typer.Option(help="Name of the new data set: the folder below data/.")] = "",
    drop_leaked: Annotated[
        bool, typer.Option("--drop-leaked", help="Drop train pairs of which a sentence stands in test or valid.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a prepared data set of that name.")] = False,
) -> None:
    """Join prepared data sets into one; a pair's id and source then begin with its set's name.

    Train goes to train, valid to valid, test to test. A pair that stands in two of them stays in the first of
    test, valid, train; all that is left out is reported.
    """
    folder = free_folder(name, force)
    prepared = merge_datasets(datasets, name, drop_leaked=drop_leaked)
    write_dataset(folder.parent, prepared.card, prepared.splits, prepared.baselines)
    report(prepared.card, folder, baselines=bool(prepared.baselines))


def merge_datasets(datasets: list[str], name: str, *, drop_leaked: bool = False) -> Prepared:
    """Return the joined data set.

    Raises:
        DataError: fewer than two sets are named, or one twice, or one lacks train or valid.
        UnknownNameError: there is no such set.
    """
    if len(set(datasets)) < 2 or len(set(datasets)) < len(datasets):
        raise DataError(f"Name at least two different data sets to join, but {', '.join(datasets)} came.")
    root = project_paths.data_root()
    cards = {dataset: read_card(root, dataset) for dataset in datasets}
    read: dict[str, ReadPairs] = {}
    for split in SPLITS:
        holders = [dataset for dataset, card in cards.items() if split in card.splits]
        if split != "test" and len(holders) < len(datasets):
            missing = ", ".join(sorted(set(datasets) - set(holders)))
            raise DataError(f"{missing} has no {split} split. Prepare it with one before joining.")
        if holders:
            tagged = [_tagged(read_split(root, dataset, split), dataset) for dataset in holders]
            read[split] = ReadPairs(pd.concat(tagged, ignore_index=True), [])
    prepared = prepare_pairs(name, read, Settings(drop_leaked=drop_leaked, label_scale=LABEL_MAX))
    prepared.card.title = " + ".join(card.title or dataset for dataset, card in cards.items())
    prepared.card.licence = "; ".join(dict.fromkeys(card.licence for card in cards.values() if card.licence))
    prepared.card.files = {split: ", ".join(d for d in datasets if split in cards[d].splits) for split in read}
    prepared.card.preprocessing["merged"] = {dataset: card.preprocessing for dataset, card in cards.items()}
    return prepared


def _tagged(pairs: pd.DataFrame, dataset: str) -> pd.DataFrame:
    return pairs.assign(
        pair_id=dataset + "/" + pairs["pair_id"].astype(str), source=dataset + "/" + pairs["source"].astype(str)
    )
