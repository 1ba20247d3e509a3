"""The page of training curves: the value in focus, its numbers, the axes, the best runs, and what it weighs."""

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from similarity import run_format
from tests import builders
from tests.dashboard.conftest import HOSTILE, OpenPage, shown, tables

MOST_BYTES = 300_000


@pytest.fixture(scope="module")
def curves_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs on the same pairs, one on others; one overfits, one logs what nobody knows and spikes."""
    home = tmp_path_factory.mktemp("home")
    runs, data = home / "artifacts" / "runs", home / "data"
    builders.dataset(data, "korsts", (60, 20, 40))
    builders.dataset(data, "klue-sts", (60, 30, 40))
    loss = {"loss": "MSELoss on the 0–5 label"}
    for place, run_id in enumerate(("plain", "overfit", "odd")):
        builders.run(runs, data, run_id, dataset_name="korsts", seed=place, hyper_parameters=loss, noise=1.0 + place)
    cosine = {"loss": "CosineSimilarityLoss"}
    builders.run(runs, data, "other", dataset_name="klue-sts", hyper_parameters=cosine)
    for epoch, valid in ((5, 0.9), (6, 1.2)):
        where = {"step": 20 * epoch, "epoch": float(epoch), "seconds": 30.0 * epoch}
        run_format.append_metrics(runs / "overfit", **where, values={"train/loss": 0.2})
        run_format.append_metrics(runs / "overfit", **where, values={"valid/loss": valid, "valid/pearson": 0.8})
    for step, value in ((81, 1.0), (82, 5000.0), (83, 2.0), (84, 1.5)):
        values = {f"train/{HOSTILE}": value, "words": "no number", "learning_rate": 0.0}
        run_format.append_metrics(runs / "odd", step=step, epoch=4.0, seconds=130.0, values=values)
    return home


def figures(app: object) -> list[dict[str, object]]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]  # type: ignore[attr-defined]


def test_the_focus_is_large_with_its_numbers_beside_and_the_others_are_small(
    curves_home: Path, open_page: OpenPage
) -> None:
    app = open_page(curves_home, "curves", runs=["plain", "overfit"], focus="valid/loss")
    heights = [figure["layout"]["height"] for figure in figures(app)]  # type: ignore[index]
    assert heights == [420, *[220] * 6]
    values, summary = tables(app)
    assert values["name"].tolist() == ["plain", "overfit"]
    assert values["last"].tolist()[1] == 1.2
    assert summary["overfits_from"].tolist() == ["not seen", "from epoch 5"]
    assert "training time to 95% of the best validation Pearson" in shown(app)
    assert "Validated on different pairs" not in shown(app)


def test_every_logged_number_can_be_in_focus_and_its_name_is_shown_as_logged(
    curves_home: Path, open_page: OpenPage
) -> None:
    column = f"train/{HOSTILE}"
    app = open_page(curves_home, "curves", runs=["odd", "plain"], focus=column)
    offered = app.selectbox(key="widget.focus").options
    assert offered[0] == "Validation Pearson" and any(name.startswith("train/<script>") for name in offered)
    assert "words" not in offered
    assert r"train\/\<script\>" in shown(app) and "<script>alert" not in shown(app)
    assert tables(app)[0].loc[0, ["lowest", "highest", "last"]].tolist() == [1.0, 5000.0, 1.5]
    assert "minimum and maximum are shown" in shown(app)


def test_a_focus_that_nobody_logged_is_named(curves_home: Path, open_page: OpenPage) -> None:
    app = open_page(curves_home, "curves", runs=["plain"], focus="train/grad_norm")
    assert "The link asks for Gradient norm" in shown(app)
    assert app.selectbox(key="widget.focus").value == "valid/pearson"


def test_log_scale_and_cut_are_in_the_link_and_say_what_they_leave_out(curves_home: Path, open_page: OpenPage) -> None:
    column = f"train/{HOSTILE}"
    app = open_page(curves_home, "curves", runs=["odd"], focus=column)
    assert "Outliers (1) stretch the axis" in shown(app)
    assert "range" not in figures(app)[0]["layout"]["yaxis"]  # type: ignore[index]
    app.segmented_control(key="widget.range").set_value("cut").run()
    assert app.query_params["range"] == "cut"
    assert "1 of 4 points drawn lie outside the range shown" in shown(app)
    assert figures(app)[0]["layout"]["yaxis"]["range"][1] < 10  # type: ignore[index]
    app.segmented_control(key="widget.y").set_value("log").run()
    assert app.query_params["y"] == "log"
    scales = {
        figure["layout"]["yaxis"]["title"]["text"]: figure["layout"]["yaxis"].get("type")  # type: ignore[index]
        for figure in figures(app)
    }
    assert scales["Loss (log)"] == "log" and scales["Learning rate (log)"] == "log"
    assert scales["Pearson r"] is None and scales["Loss gap"] is None
    assert "5 values are not positive" in shown(app)


def test_runs_on_other_pairs_or_with_another_loss_are_not_compared_silently(
    curves_home: Path, open_page: OpenPage
) -> None:
    text = shown(open_page(curves_home, "curves", runs=["plain", "other"])).replace("\\", "")
    assert "Validated on different pairs: korsts (1), klue-sts (1)" in text
    assert "Different loss functions: CosineSimilarityLoss · MSELoss on the 0–5 label" in text
    assert text.count("training time to 95%") == 2


def test_one_click_chooses_the_best_runs(curves_home: Path, open_page: OpenPage) -> None:
    app = open_page(curves_home, "curves", runs=["other"], by="korsts/test/pearson", top="3")
    assert "of 3 comparable runs" in shown(app)
    app.button(key="choose-best").click().run()
    assert app.query_params["runs"] == ["plain", "overfit", "odd"]
    assert tables(app)[0]["name"].tolist() == ["plain", "overfit", "odd"]


def test_a_run_without_validation_shows_what_there_is_and_names_the_rest(tmp_path: Path, open_page: OpenPage) -> None:
    runs = tmp_path / "artifacts" / "runs"
    run_format.write_record(
        runs,
        builders.record("young", status="running", heartbeat_at=run_format.utc_now() + timedelta(hours=1)),
    )
    run_format.append_metrics(runs / "young", step=1, epoch=0.1, seconds=1.0, values={"train/loss": 2.0})
    app = open_page(tmp_path, "curves")
    assert len(app.get("plotly_chart")) == 1
    assert tables(app)[0]["last"].tolist() == [2.0]
    assert "Not logged by the chosen runs yet: Validation Pearson, Validation loss" in shown(app)


def test_a_silent_run_is_called_so_after_the_limit_of_the_run_format(tmp_path: Path, open_page: OpenPage) -> None:
    run_format.write_record(tmp_path / "artifacts" / "runs", builders.record("silent", status="running"))
    app = open_page(tmp_path, "curves")
    minutes = run_format.HEARTBEAT_LIMIT // timedelta(minutes=1)
    assert f"no sign of life for over {minutes} minutes" in app.warning[0].value


def test_twenty_runs_of_two_thousand_steps_stay_light(tmp_path: Path, open_page: OpenPage) -> None:
    runs = tmp_path / "artifacts" / "runs"
    ids = [f"run-{number:02d}" for number in range(20)]
    generator = np.random.default_rng(0)
    for run_id in ids:
        run_format.write_record(runs, builders.record(run_id, best={"epoch": 1, "step": 500, "value": 0.8}))
        lines = [
            {"step": step, "epoch": step / 500, "seconds": step, "train/loss": loss, "train/grad_norm": 2 * loss}
            | {"learning_rate": 5e-5 * (1 - step / 2000)}
            | ({"valid/loss": loss, "valid/pearson": 0.8, "valid/spearman": 0.8, "valid/f1": 0.8} if last else {})
            for step, loss in enumerate(generator.lognormal(0, 0.3, 2_000).tolist(), start=1)
            for last in [step % 500 == 0]
        ]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (runs / run_id / run_format.METRICS_FILE).write_text(text, encoding="utf-8")
    app = open_page(tmp_path, "curves", runs=ids, focus="train/grad_norm", smooth="0.8")
    sent = [*app.get("plotly_chart"), *app.dataframe]
    assert len(sent) == 8 + 8 + 2
    assert sum(len(element.proto.SerializeToString()) for element in sent) < MOST_BYTES
    first = figures(app)[0]["data"]
    assert len({(line["line"]["color"], line["line"]["dash"]) for line in first}) == 20  # type: ignore[index]


def test_times_of_different_machines_are_told_apart(tmp_path: Path, open_page: OpenPage) -> None:
    runs, data = tmp_path / "artifacts" / "runs", tmp_path / "data"
    builders.dataset(data, "korsts", (60, 20, 40))
    for run_id, device in (("a", "cpu"), ("b", "cuda:0")):
        environment = builders.record().environment.model_copy(update={"device": device})
        builders.run(runs, data, run_id, dataset_name="korsts", environment=environment)
    assert "2 different machines" in shown(open_page(tmp_path, "curves", runs=["a", "b"]))
    assert "different machines" not in shown(open_page(tmp_path, "curves", runs=["a"]))
