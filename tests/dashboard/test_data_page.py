"""The data page without a browser: what it says of a data set and of a file, filters, and what must not happen."""

from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit

from similarity import prepared_data
from tests import builders
from tests.dashboard.conftest import HOSTILE, OpenPage, shown, tables

SECTIONS = ("labels", "lengths", "groups", "splits", "predictors", "pairs")
CSV = """sentence1,sentence2,label,source
비가 온다,눈이 온다,0.4,뉴스
커피를 마신다,차를 마신다,0.5,뉴스
가,나,아니오,뉴스
"""


def write(root: Path, name: str, splits: dict[str, pd.DataFrame], **card: object) -> None:
    described = {split: prepared_data.describe_split(table) for split, table in splits.items()}
    written = prepared_data.DatasetCard.model_validate({"name": name, "splits": described, **card})
    prepared_data.write_dataset(root, written, splits, {})


def write_tokenizer(folder: Path) -> None:
    tokenizer = Tokenizer(WordLevel({"?": 0}, unk_token="?"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set with leaks, hostile text and a source of its own in test; one with a test split alone; two runs."""
    home = tmp_path_factory.mktemp("home")
    runs, data = home / "artifacts" / "runs", home / "data"
    train, valid, test = (
        builders.pairs(60, seed=n, prefix=split) for n, split in enumerate(("train", "valid", "test"))
    )
    train.loc[:5, "sentence1"] = test.loc[:5, "sentence1"].to_numpy()
    test.loc[0, ["sentence2", "source"]] = [HOSTILE, HOSTILE]
    train["phenomenon"] = ["negation", "typo"] * 30
    splits = {"train": train, "valid": valid, "test": test}
    write(
        data,
        "leaky",
        splits,
        title=HOSTILE,
        licence="CC0 1.0",
        dropped={"train_duplicates": 3},
        files={"train": "a.csv"},
    )
    write(data, "test-only", {"test": builders.pairs(40, seed=9).assign(source="news")})
    builders.run(runs, data, "one", dataset_name="leaky", noise=0.3, display_name="모델 하나")
    builders.run(runs, data, "two", dataset_name="test-only", noise=0.3, display_name="다른 데이터")
    write_tokenizer(runs / "one" / "checkpoint")
    return home


def upload(app: AppTest, content: str, name: str = "mine.csv") -> AppTest:
    return app.file_uploader[0].set_value((name, content.encode(), "text/csv")).run()


@pytest.mark.parametrize(("data", "language"), [("leaky", "ko"), ("test-only", "en")])
def test_every_section_shows_every_data_set(home: Path, open_page: OpenPage, data: str, language: str) -> None:
    app = open_page(home, "data", data=data, lang=language)
    for section in SECTIONS:
        app.segmented_control(key="widget.section").set_value(section).run()
        assert not app.exception and not app.error
        assert "<script>alert" not in shown(app)
        assert bool(app.get("plotly_chart")) or section == "pairs" or (data, section) == ("test-only", "splits")


def test_what_matters_of_the_test_split_stands_above(home: Path, open_page: OpenPage) -> None:
    text = shown(open_page(home, "data", data="leaky"))
    assert "6 of the 60 test pairs (10.0%) hold a sentence that also stands in train" in text
    assert "No whole pair of test stands in another split" in text
    assert "Test has sources that train lacks: &lt;script&gt;" in text
    assert "train 60 · valid 60 · test 60" in text
    assert "CC0 1\\.0" in text


def test_an_unknown_data_set_is_named_and_another_one_shown(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "data", data="../../etc")
    assert "etc" in app.warning[0].value
    assert app.get("plotly_chart")


def test_without_a_data_set_the_command_stands_there_and_a_file_can_be_read(
    tmp_path: Path, open_page: OpenPage
) -> None:
    app = open_page(tmp_path, "data")
    assert "python -m trainer prepare" in app.code[0].value
    app = upload(open_page(tmp_path, "data", origin="file"), CSV)
    assert "2 pairs read" in shown(app)


def test_a_broken_card_and_a_changed_split_are_named(tmp_path: Path, open_page: OpenPage) -> None:
    data = tmp_path / "data"
    builders.dataset(data, "good")
    builders.dataset(data, "torn")
    (data / "torn" / "dataset.json").write_text("{", encoding="utf-8")
    builders.pairs(5).to_parquet(data / "good" / "test.parquet")
    app = open_page(tmp_path, "data", data="good")
    warnings = [warning.value for warning in app.warning]
    assert any("torn" in warning and "can’t be read" in warning for warning in warnings)
    assert any("The test file of good" in warning for warning in warnings)
    # Nothing stands in for the split that can't be read.
    assert "There is no test split" in shown(app)


def test_leaks_duplicates_and_what_was_left_out(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "data", data="leaky", section="splits")
    assert len(app.get("plotly_chart")) == 2
    assert "6 sentences stand in both train and test, in 6 of the 60 pairs of test" in shown(app).replace("\\", "")
    duplicates, left_out = tables(app)
    assert duplicates["Split"].tolist() == ["train", "valid", "test"]
    assert left_out.to_numpy().tolist() == [["train", 3, "the same pair again"]]


def test_only_runs_on_the_very_same_pairs_stand_beside_the_predictors(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "data", data="leaky", section="predictors", runs=["one", "two"])
    names = tables(app)[0]["Predictor or run"].tolist()
    assert names[0] == "모델 하나" and "다른 데이터" not in names
    assert "Source mean" in names and len(names) == 6
    assert "다른 데이터" in next(caption.value for caption in app.caption if "very test pairs" in caption.value)


def test_without_train_nothing_is_fitted_and_no_other_split_stands_in(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "data", data="test-only", section="predictors", runs=["two"])
    table = tables(app)[0].set_index("Predictor or run")
    assert "Source mean" not in table.index
    assert table.loc["Shared words", "F1 at 3.0"] != table.loc["Shared words", "F1 at 3.0"]
    assert "no other split stands in" in shown(app)


def test_lengths_by_the_tokenizers_that_are_here(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "data", data="leaky", section="lengths")
    table = tables(app)[0]
    assert table["Tokenizer"].tolist() == ["모델 하나", "Characters", "Words"]
    assert table["Limit"].tolist()[0] == 128 and table["Pairs cut"].tolist()[0] == 0
    # This tokenizer makes one token a word and adds no special ones.
    assert table["Median"].tolist()[0] == table["Median"].tolist()[2]
    app.selectbox(key="widget.tokenizer").select("words").run()
    assert app.query_params["tokenizer"] == "words"


def test_pairs_are_found_filtered_and_counted(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "data", data="leaky", section="pairs", find="<SCRIPT>")
    assert tables(app)[0]["sentence2"].tolist() == [HOSTILE]
    app.text_input(key="widget.find").set_value("").run()
    assert len(tables(app)[0]) == 180
    app.segmented_control(key="widget.split").set_value("test").run()
    app.checkbox(key="widget.shared").check().run()
    assert len(tables(app)[0]) == 6
    assert app.query_params["split"] == "test" and app.query_params["shared"] == "yes"
    app.slider(key="widget.labels").set_range(0.0, 0.1).run()
    assert app.query_params["labels"] == "0-0.1"
    assert tables(app)[0]["label"].max() == 0 if tables(app) else "No pair passes" in app.info[0].value


def test_a_thousand_pairs_are_sent_and_the_rest_is_named(
    home: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.views.data_sections.pairs.MAX_ROWS", 50)
    app = open_page(home, "data", data="leaky", section="pairs")
    assert len(tables(app)[0]) == 50
    assert "The first 50 are shown, 130 more are not" in shown(app)


def test_filters_that_leave_nothing_and_a_nonsense_link_do_no_harm(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "data", data="leaky", section="pairs", find="없는 말", labels="5-x", split="nope")
    assert "No pair passes these filters" in app.info[0].value
    app = open_page(home, "data", data="leaky", section="nope", labels="9-1", tokenizer="<script>")
    assert app.get("plotly_chart")


def test_a_selected_pair_goes_to_the_score_page(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "data", data="leaky", section="pairs", find="<script>")
    # There is no way to tick a row without a browser: an element's id ends in the key of its state.
    key = app.dataframe[0].proto.id.split("-", 2)[2]
    app.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    assert "&lt;script&gt;" in next(e.proto.body for e in app.get("html") if "selected-pair" in e.proto.body)
    app.button(key="score-pair").click().run()
    assert app.session_state["sentence2"] == HOSTILE
    assert app.title[0].value == "Score a pair"
    assert app.text_area[1].value == HOSTILE


def test_a_file_is_shown_without_what_needs_splits(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "data", origin="file")
    app.number_input(key="upload-scale").set_value(1.0).run()
    app = upload(app, CSV)
    said = {}
    for section in SECTIONS:
        app.segmented_control(key="widget.section").set_value(section).run()
        assert not app.exception and not app.error
        said[section] = shown(app)
        assert "2 pairs read" in said[section]
        assert "Rows that are not a pair, left out: 1" in said[section]
        assert "mine.csv:4" in "\n".join(code.value for code in app.code)
    assert "One file has no splits" in said["splits"]
    assert "One file has no train split" in said["predictors"]
    # The last section shows the pairs; 0–1 labels were put on 0–5.
    assert tables(app)[0]["label"].tolist() == [2.0, 2.5]


def test_a_file_stays_while_pages_change_until_it_is_taken_out(home: Path, open_page: OpenPage) -> None:
    app = upload(open_page(home, "data", origin="file"), CSV)
    app.switch_page("app_pages/curves.py").run()
    app.switch_page("app_pages/data.py").run()
    assert "2 pairs read" in shown(app)
    app.button(key="forget").click().run()
    assert "pairs read" not in shown(app)
    assert "uploaded" not in app.session_state


def test_a_file_that_is_none_shows_why(home: Path, open_page: OpenPage) -> None:
    app = upload(open_page(home, "data", origin="file"), "a,b\n<script>,2\n")
    assert "no column" in app.error[0].value
    assert not app.get("plotly_chart")


def test_train_before_and_after_augmentation(tmp_path: Path, open_page: OpenPage) -> None:
    train = builders.pairs(40).assign(augmentation=["", "swap", "", "typo"] * 10)
    write(tmp_path / "data", "more", {"train": train, "test": builders.pairs(20, seed=1)})
    app = open_page(tmp_path, "data")
    assert "20 pairs before, 40 after" in shown(app)
    assert sorted(tables(app)[0].to_numpy().tolist()) == [["swap", 10], ["typo", 10]]
