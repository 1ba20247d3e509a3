"""The run card: one run, two side by side, and what a person changes; hostile text, broken files, missing ones."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from streamlit.testing.v1 import AppTest

from similarity import run_catalog, run_format
from similarity.run_catalog import find_run, list_runs
from tests import builders
from tests.dashboard.conftest import HOSTILE, OpenPage, shown, tables

CONFIG = {"model_type": "bert", "vocab_size": 20, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 2}
SHAPES = {
    "bert.embeddings.word_embeddings.weight": (20, 4),
    "bert.encoder.layer.0.attention.self.query.weight": (4, 4),
    "classifier.weight": (1, 4),
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Two runs on the same pairs that differ in their seed and learning rate; the newer one has a model."""
    runs, data = tmp_path / "artifacts" / "runs", tmp_path / "data"
    builders.dataset(data)
    settings = {"learning_rate": 5e-5, "seed": 42}
    older = {"created_at": builders.START - timedelta(days=1)}
    builders.run(runs, data, "old", hyper_parameters={"learning_rate": 1e-4, "seed": 43}, seed=3, **older)
    builders.run(
        runs,
        data,
        "new",
        display_name="새 실행",
        tags=["a"],
        hyper_parameters={**settings, "defaults_source": "KLUE-baseline"},
        command="python -m trainer train --model klue-bert-base --data toy",
        best=run_format.Best(epoch=3, step=60, value=0.7),
    )
    checkpoint = runs / "new" / "checkpoint"
    checkpoint.mkdir()
    save_file({name: np.zeros(shape, np.float32) for name, shape in SHAPES.items()}, checkpoint / "model.safetensors")
    (checkpoint / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    return tmp_path


@pytest.fixture
def card(home: Path, open_page: OpenPage) -> Callable[..., AppTest]:
    return lambda **parameters: open_page(home, "run_card", **{"lang": "en", **parameters})


def plain(app: AppTest) -> str:
    return shown(app).replace("\\", "")


def test_the_newest_run_is_shown_where_none_is_chosen_and_else_the_first_chosen(card: Callable[..., AppTest]) -> None:
    assert card().subheader[0].value == "새 실행"
    assert card(runs=["old", "new"]).subheader[0].value == "old"
    assert card(runs=["old"], run="new").subheader[0].value == "새 실행"


def test_the_headline_says_what_the_run_reached_and_took(card: Callable[..., AppTest]) -> None:
    text = shown(card())
    for words in ("finished", "cross-encoder", "3 of 4", "0.700", "110.0 M", "2 min 00 s", "12.5 ms", "1,500 MB"):
        assert words in text
    (scores,) = tables(card())
    assert scores[["dataset", "split", "pairs", "match"]].values.tolist() == [["toy", "test", 30, "same"]]


def test_what_a_repetition_needs_is_listed_with_the_command(card: Callable[..., AppTest]) -> None:
    app = card(section="recipe")
    assert "python -m trainer train --model klue-bert-base --data toy" in [code.value for code in app.code]
    text = plain(app)
    assert "Data set toy lies here with the same checksums" in text
    assert "Values not chosen by hand come from: KLUE-baseline" in text
    assert "<dt>learning_rate</dt><dd>5e-05</dd>" in text
    (splits,) = tables(app)
    assert splits["match"].tolist() == ["same"] * 3


def test_epochs_show_which_was_kept(card: Callable[..., AppTest]) -> None:
    (epochs,) = tables(card(section="epochs"))
    assert epochs["kept"].tolist() == ["", "", "★ kept", ""]
    assert epochs["seconds"].tolist() == [30.0] * 4


def test_the_network_is_drawn_from_the_files_alone(card: Callable[..., AppTest]) -> None:
    app = card(section="network")
    (modules,) = tables(app)
    assert modules["label"].tolist() == ["embeddings", "layer 0", "head"]
    assert modules["parameters"].tolist() == [80, 16, 4]
    assert len(app.get("plotly_chart")) == 1
    (image,) = app.get("image")
    assert image.proto.imgs[0].url.startswith("data:image/svg+xml")
    assert "The record says 110,000,000" in shown(app)


@pytest.mark.parametrize("run", ["old", "new"])
def test_without_a_readable_model_the_reason_is_given(card: Callable[..., AppTest], home: Path, run: str) -> None:
    (home / "artifacts" / "runs" / "new" / "checkpoint" / "model.safetensors").write_bytes(b"broken")
    app = card(run=run, section="network")
    reason = "no checkpoint" if run == "old" else "can't be read as safetensors"
    assert reason in app.info[0].value.replace("\\", "")
    assert not app.get("plotly_chart")


def test_files_are_listed_with_the_whole_record(card: Callable[..., AppTest]) -> None:
    app = card(section="files")
    (files,) = tables(app)
    assert files.set_index("name")["kind"]["checkpoint/model.safetensors"] == "weights"
    assert json.loads(app.json[0].value)["run_id"] == "new"


def test_two_runs_show_only_what_differs_unless_asked(card: Callable[..., AppTest]) -> None:
    app = card(run="new", against="old")
    text = shown(app)
    assert "learning_rate" in text and "5e-05" in text and "0.0001" in text
    assert "The seed differs as well (42 and 43)" in text
    assert "on the same 30 pairs" in text
    assert "batch_size" not in text and "pretrained body" not in text
    app.toggle(key="widget.equal").set_value(True).run()
    assert "pretrained body" in shown(app)
    assert app.query_params["equal"] == "on"


def test_two_runs_on_other_pairs_are_called_incomparable(card: Callable[..., AppTest], home: Path) -> None:
    path = home / "artifacts" / "runs" / "old" / "run.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["metrics"]["toy"]["test"]["checksum"] = "0" * 64
    path.write_text(json.dumps(content), encoding="utf-8")
    assert "measured on different pairs (other checksum)" in shown(card(run="new", against="old"))


def test_swapping_and_choosing_both_write_the_link(card: Callable[..., AppTest]) -> None:
    app = card(run="new", against="old")
    app.button(key="swap-runs").click().run()
    assert (app.query_params["run"], app.query_params["against"]) == ("old", "new")
    app.button(key="choose-both").click().run()
    assert app.query_params["runs"] == ["old", "new"]


def test_a_failure_shows_its_message_its_log_and_how_to_go_on(card: Callable[..., AppTest], home: Path) -> None:
    error = {"type": "OutOfMemory", "message": HOSTILE, "details": f"Traceback\n{HOSTILE}"}
    record = builders.record("failed", status="failed", display_name=HOSTILE, notes=HOSTILE, tags=["<b>"], error=error)
    run_format.write_record(home / "artifacts" / "runs", record)
    app = card(run="failed")
    assert "Traceback" in app.code[0].value
    assert app.code[1].value == "python -m trainer train --resume failed"
    assert r"\<script\>" in app.warning[0].value
    assert "<script>alert" not in "".join(element.proto.body for element in app.get("html"))
    assert "&lt;b&gt;" in shown(app)


def test_name_tags_and_note_are_changed_together(card: Callable[..., AppTest], home: Path) -> None:
    app = card(run="old")
    app.button(key="edit-run").click().run()
    app.text_input(key="edit-name-1").set_value("  다른 이름 ")
    app.multiselect(key="edit-tags-1").select("a")
    app.text_area(key="edit-note-1").set_value("첫 줄\n둘째 줄")
    app.button(key="save-run").click().run()
    saved = find_run(home / "artifacts" / "runs", "old")
    assert (saved.display_name, saved.tags, saved.notes) == ("다른 이름", ["a"], "첫 줄\n둘째 줄")
    assert "첫 줄\n둘째 줄" in shown(app)


def test_what_cannot_be_saved_says_why_and_changes_nothing(card: Callable[..., AppTest], home: Path) -> None:
    app = card(run="old")
    app.button(key="edit-run").click().run()
    app.text_input(key="edit-name-1").set_value("   ")
    app.button(key="save-run").click().run()
    assert "1–100 characters" in app.error[0].value.replace("\\", "")
    assert find_run(home / "artifacts" / "runs", "old").display_name == "old"


def test_deleting_asks_and_can_be_undone_until_something_else_is_done(card: Callable[..., AppTest], home: Path) -> None:
    runs = home / "artifacts" / "runs"
    app = card(run="old", against="new", runs=["old", "new"])
    app.selectbox(key="widget.against").set_value("").run()
    app.button(key="delete-run").click().run()
    assert len(list_runs(runs).runs) == 2
    app.button(key="delete-yes").click().run()
    assert [run.run_id for run in list_runs(runs).runs] == ["new"]
    assert app.subheader[0].value == "새 실행"
    assert app.query_params["runs"] == "new" and "run" not in app.query_params
    app.button(key="undo-delete").click().run()
    assert len(list_runs(runs).runs) == 2
    assert app.subheader[0].value == "old"
    app.button(key="delete-run").click().run()
    app.button(key="delete-yes").click().run()
    app.button(key="archive-run").click().run()
    assert not [button for button in app.button if button.key == "undo-delete"]


def test_the_last_run_that_was_deleted_can_be_brought_back(card: Callable[..., AppTest], home: Path) -> None:
    run_catalog.delete_run(home / "artifacts" / "runs", home / "artifacts" / "trash", "new")
    app = card(run="old")
    app.button(key="delete-run").click().run()
    app.button(key="delete-yes").click().run()
    assert "python -m trainer demo" in [code.value for code in app.code]
    app.button(key="undo-delete").click().run()
    assert app.subheader[0].value == "old"


def test_a_run_whose_id_is_in_the_trash_already_is_kept(card: Callable[..., AppTest], home: Path) -> None:
    (home / "artifacts" / "trash" / "old").mkdir(parents=True)
    app = card(run="old")
    app.button(key="delete-run").click().run()
    app.button(key="delete-yes").click().run()
    assert "was deleted before" in app.error[0].value
    assert find_run(home / "artifacts" / "runs", "old")


def test_an_archived_run_leaves_the_lists_and_comes_back(
    card: Callable[..., AppTest], home: Path, open_page: OpenPage
) -> None:
    app = card(run="old")
    app.button(key="archive-run").click().run()
    assert find_run(home / "artifacts" / "runs", "old").archived
    assert app.subheader[0].value == "old" and "archived" in shown(app)
    assert "1 runs" in shown(open_page(home, lang="en"))
    elsewhere = card()
    assert elsewhere.selectbox(key="widget.run").options == ["새 실행"]
    elsewhere.toggle(key="widget.archived").set_value(True).run()
    assert elsewhere.selectbox(key="widget.run").options == ["새 실행", "old · archived"]
    app.button(key="archive-run").click().run()
    assert not find_run(home / "artifacts" / "runs", "old").archived


def test_a_link_to_an_archived_run_shows_it_and_all_are_shown_where_all_are_archived(
    card: Callable[..., AppTest], home: Path
) -> None:
    runs = home / "artifacts" / "runs"
    run_catalog.archive_run(runs, "old")
    assert card(run="old").subheader[0].value == "old"
    assert not card(runs=["old"]).warning
    run_catalog.archive_run(runs, "new")
    assert card().selectbox(key="widget.run").options == ["새 실행 · archived", "old · archived"]


def test_a_run_that_trains_cannot_be_changed(card: Callable[..., AppTest], home: Path) -> None:
    later = run_format.utc_now() + timedelta(hours=1)
    record = builders.record("training", status="running", heartbeat_at=later, metrics={})
    run_format.write_record(home / "artifacts" / "runs", record)
    app = card(run="training")
    assert all(app.button(key=key).disabled for key in ("edit-run", "archive-run", "delete-run"))
    assert "a run writes its own record" in shown(app)


def test_ids_of_a_link_that_no_run_has_are_named(card: Callable[..., AppTest], home: Path) -> None:
    (home / "artifacts" / "runs" / "half").mkdir()
    app = card(run="../../etc", against="half")
    warnings = [warning.value.replace("\\", "") for warning in app.warning]
    assert "names run ../../etc, but there is no such run" in warnings[0]
    assert "names run half, which can’t be read" in warnings[1]
    assert app.subheader[0].value == "새 실행"


def test_an_unknown_section_and_a_broken_curve_hide_nothing_else(card: Callable[..., AppTest], home: Path) -> None:
    assert len(tables(card(section="../x"))) == 1
    (home / "artifacts" / "runs" / "new" / "metrics.jsonl").write_text("{broken\n{}\n", encoding="utf-8")
    app = card(section="epochs")
    assert "line 1" in app.warning[0].value
    assert app.subheader[0].value == "새 실행"


def test_every_section_speaks_korean_too(card: Callable[..., AppTest]) -> None:
    for section, words in (("scores", "여기의 쌍"), ("recipe", "체크섬이 같습니다"), ("network", "층별 파라미터")):
        assert words in shown(card(lang="ko", section=section))
    assert "시드도 다릅니다" in shown(card(lang="ko", run="new", against="old"))
