"""The leaderboard says which run is better, whether that is real, and how it stands to what was published."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dashboard.tables import significance
from similarity import prepared_data, run_format
from tests import builders
from tests.dashboard.conftest import OpenPage, shown, tables


def written(home: Path, run_id: str, noise: float, **fields: Any) -> None:
    options = {"dataset_name": "toy", "epochs": 1, "steps_per_epoch": 1, **fields}
    builders.run(home / "artifacts" / "runs", home / "data", run_id, noise=noise, **options)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three runs: two alike, one clearly behind."""
    builders.dataset(tmp_path / "data", "toy", (60, 20, 120))
    written(tmp_path, "good", 0.5, seed=2)
    written(tmp_path, "alike", 0.52, seed=4)
    written(tmp_path, "bad", 3.0, seed=3)
    return tmp_path


def test_the_verdict_names_the_best_and_what_is_tied_with_it(home: Path, open_page: OpenPage) -> None:
    text = shown(open_page(home)).replace("\\", "")
    assert "can’t be told apart from" in text and "on these 120 pairs. Clearly behind: 1." in text
    assert "comparisons with the best: 2" in text
    korean = shown(open_page(home, lang="ko")).replace("\\", "")
    assert "구별되지 않는 실행이 있습니다" in korean and "비교 2개" in korean


def test_the_table_sets_the_tied_group_apart(home: Path, open_page: OpenPage) -> None:
    table = tables(open_page(home))[0].set_index("name")
    assert sorted(each[0] for each in table.loc[["good", "alike"], "standing"]) == ["best", "≈ best"]
    assert list(table.loc["bad", "standing"]) == ["behind"] and table.loc["bad", "difference"] < 0
    assert "…" in table.loc["bad", "difference_interval"]


def test_one_click_chooses_the_best_runs(home: Path, open_page: OpenPage) -> None:
    app = open_page(home)
    names = tables(app)[0]["name"].tolist()
    app.button(key="top-2").click().run()
    assert app.query_params["runs"] == names[:2]
    app.button(key="top-3").click().run()
    assert app.query_params["runs"] == names[:3]
    app.button(key="top-tied").click().run()
    assert sorted(app.query_params["runs"]) == ["alike", "good"]
    assert not [button for button in app.button if button.key in ("top-5", "top-10")]


def test_new_predictions_are_tested_anew(home: Path, open_page: OpenPage) -> None:
    app = open_page(home)
    assert "told apart" in shown(app)
    runs = home / "artifacts" / "runs"
    shutil.rmtree(runs / "alike")
    written(home, "alike", 3.0, seed=2)
    app.run()
    assert "no other run that was tested is tied with it" in shown(app)


def test_an_unchanged_ranking_is_tested_once(home: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    original = significance.compare
    monkeypatch.setattr(significance, "compare", lambda measured: calls.append(1) or original(measured))
    app = open_page(home)
    app.run()
    app.button(key="top-2").click().run()
    assert len(calls) == 1


def test_without_predictions_runs_keep_their_place_and_the_command_is_shown(home: Path, open_page: OpenPage) -> None:
    for run_id in ("good", "alike", "bad"):
        shutil.rmtree(home / "artifacts" / "runs" / run_id / "predictions")
    app = open_page(home)
    table = tables(app)[0]
    assert table["name"].tolist()[2] == "bad" and list(table["standing"].iloc[0]) == ["untested"]
    assert "can’t be tested" in shown(app)
    assert f"python -m trainer evaluate {table['name'].iloc[0]} --data toy --split test" in [c.value for c in app.code]


def test_a_better_run_without_predictions_is_named_and_the_others_are_tested(home: Path, open_page: OpenPage) -> None:
    written(home, "silent", 0.1, seed=4)
    shutil.rmtree(home / "artifacts" / "runs" / "silent" / "predictions")
    text = shown(open_page(home)).replace("\\", "")
    assert "**silent** has the highest Pearson, but its predictions are not here" in text
    assert "told apart" in text and "Not tested: 1" in text


def test_one_run_has_nothing_to_be_compared_with(tmp_path: Path, open_page: OpenPage) -> None:
    builders.dataset(tmp_path / "data", "toy")
    written(tmp_path, "only", 0.5)
    app = open_page(tmp_path)
    assert "Only **only** has been measured" in shown(app)
    assert not [button for button in app.button if (button.key or "").startswith("top-")]


def test_runs_on_other_pairs_are_never_tested_together(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, data="korsts")
    assert "comparisons with the best: 1" in shown(app).replace("\\", "")
    other = tables(app)[1]
    assert "standing" not in other and other["name"].tolist() == ["Old split"]
    assert "1 on other pairs, shown apart" in shown(app)


def klue(home: Path, pairs: int) -> None:
    card = builders.dataset(home / "data", "klue-sts", (60, 20, pairs))
    assert card.splits["test"].pairs == pairs
    large = builders.record().model.model_copy(
        update={"name": "klue-roberta-large", "family": "roberta", "base_checkpoint": "klue/roberta-large"}
    )
    written(home, "large", 1.5, seed=1, dataset_name="klue-sts", model=large)
    written(home, "base", 0.3, seed=2, dataset_name="klue-sts")


def test_a_run_far_below_the_published_score_is_pointed_out(tmp_path: Path, open_page: OpenPage) -> None:
    klue(tmp_path, 519)
    app = open_page(tmp_path)
    warning = app.warning[0].value.replace("\\", "")
    assert "large" in warning and "published 0.932" in warning and "base" not in warning
    table = tables(app)[0].set_index("name")
    assert table.loc["large", "published"] == pytest.approx(0.932)
    assert table.loc["large", "published_gap"] < -0.05
    sources = next(frame.value for frame in app.dataframe if "url" in frame.value)
    assert {"klue/roberta-large", "klue/bert-base"} <= set(sources["model"])


def test_other_pairs_are_not_compared_with_published_scores(tmp_path: Path, open_page: OpenPage) -> None:
    klue(tmp_path, 120)
    app = open_page(tmp_path)
    assert not app.warning and "published" not in tables(app)[0]
    assert "Published KLUE-STS dev scores are on its 519 pairs" in shown(app).replace("\\", "")


def test_chosen_runs_below_the_best_twenty_are_tested_too(tmp_path: Path, open_page: OpenPage) -> None:
    builders.dataset(tmp_path / "data", "toy", (60, 20, 60))
    for number in range(23):
        written(tmp_path, f"r{number:02}", 0.3 + number / 4, seed=number)
    everything = tables(open_page(tmp_path))[0]
    last = everything["name"].iloc[22]
    assert list(everything["standing"].iloc[22]) == ["untested"]
    chosen = tables(open_page(tmp_path, runs=last))[0].set_index("name")
    assert list(chosen.loc[last, "standing"]) == ["behind"]
    first = everything.set_index("name")["difference"].iloc[:20]
    pd.testing.assert_series_equal(chosen["difference"].iloc[:20], first)


def test_leakage_of_the_data_set_stands_beside_the_ranking(home: Path, open_page: OpenPage) -> None:
    root = home / "data"
    card = prepared_data.read_card(root, "toy")
    card.leakage = {"train_pairs_in_test": 0, "test_pairs_with_train_sentences": 7}
    (root / "toy" / prepared_data.CARD_FILE).write_text(card.model_dump_json(), encoding="utf-8")
    assert "Leakage: 7 of 120 pairs share a sentence with train" in shown(open_page(home)).replace("\\", "")


def test_seeds_are_shown_where_there_are_several(home: Path, open_page: OpenPage) -> None:
    assert "spread" not in tables(open_page(home))[0]
    runs = home / "artifacts" / "runs"
    record = run_format.read_record(runs / "good")
    record.seeds = [run_format.SeedScores(seed=seed, metrics=record.metrics) for seed in (1, 2)]
    run_format.write_record(runs, record)
    app = open_page(home)
    assert "· 2" in tables(app)[0].set_index("name").loc["good", "spread"]
    assert "the score of each seed" in shown(app)


def test_quality_is_drawn_against_speed_and_size(home: Path, open_page: OpenPage) -> None:
    runs = home / "artifacts" / "runs"
    record = run_format.read_record(runs / "bad")
    record.cost.milliseconds_per_pair = None
    run_format.write_record(runs, record)
    text = shown(open_page(home))
    assert "Quality against speed" in text and "Quality against size" in text
    assert text.count("Left out for want of a value: 1.") == 1


def test_runs_without_a_checksum_stand_each_alone(home: Path, open_page: OpenPage) -> None:
    for run_id in ("good", "alike"):
        record = home / "artifacts" / "runs" / run_id / "run.json"
        content = json.loads(record.read_text(encoding="utf-8"))
        content["metrics"]["toy"]["test"]["checksum"] = ""
        record.write_text(json.dumps(content), encoding="utf-8")
    app = open_page(home)
    text = shown(app).replace("\\", "")
    assert "Only **bad** has been measured on these 120 pairs" in text and text.count("Shown apart") == 2
