"""The page of disagreements, run without a browser: order, filters, paging, notes, and what can't be shown."""

import json
import re
import shutil
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.tables import pair_notes
from similarity import prepared_data
from tests import builders
from tests.dashboard.conftest import HOSTILE, OpenPage, shown

RUNS = ["bert", "electra"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """One data set with hostile sentences, a phenomenon and second labels; two runs measured on it, one without."""
    data, runs = tmp_path / "data", tmp_path / "artifacts" / "runs"
    test = builders.pairs(25, prefix="t")
    test.loc[0, ["sentence1", "sentence2"]] = [HOSTILE, f"{HOSTILE} 둘"]
    test["phenomenon"] = ["negation", "typo", None, "typo", "negation"] * 5
    test["label_second"] = ["4.5", None, "", "1.0", "0.0"] * 5
    card = prepared_data.DatasetCard(name="toy", splits={"test": prepared_data.describe_split(test)})
    prepared_data.write_dataset(data, card, {"test": test}, {})
    builders.run(runs, data, "bert", noise=1.5)
    builders.run(runs, data, "electra", noise=0.3, seed=1, display_name=HOSTILE)
    builders.run(runs, data, "bare", seed=2)
    shutil.rmtree(runs / "bare" / "predictions")
    return tmp_path


def cards(app: AppTest) -> list[str]:
    return [element.proto.body for element in app.get("html") if 'data-testid="pair-card"' in element.proto.body]


def ids(app: AppTest) -> list[str]:
    return [match.group(1) for card in cards(app) if (match := re.search("<code>(.*?)</code>", card))]


def open_note(app: AppTest, pair_id: str) -> AppTest:
    app.session_state[f"note-{pair_id}"] = True
    return app.run()


def write_note(app: AppTest, verdict: str, text: str) -> AppTest:
    app.radio[0].set_value(verdict)
    app.text_area[0].set_value(text)
    save = next(button for button in app.button if button.label == "Save")
    return save.click().run()


def test_ten_pairs_a_page_the_largest_spread_first(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "disagreements", runs=RUNS)
    spreads = [float(re.findall(r"Spread ([\d.]+)", card)[0]) for card in cards(app)]
    assert len(spreads) == 10 and spreads == sorted(spreads, reverse=True)
    assert "**25** of 25 pairs · 0 noted" in shown(app)
    assert app.pagination[0].num_pages == 3
    app.pagination[1].set_value(3).run()
    assert app.query_params["page"] == "3"
    assert len(cards(app)) == 5 and ">21<" in cards(app)[0]
    assert [pager.value for pager in app.pagination] == [3, 3]
    app.pagination[0].set_value(1).run()
    assert "page" not in app.query_params and len(cards(app)) == 10


def test_a_change_of_the_list_goes_back_to_its_first_page(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "disagreements", runs=RUNS, page="3")
    assert len(cards(app)) == 5
    app.selectbox(key="widget.order").set_value("error").run()
    assert "page" not in app.query_params and len(cards(app)) == 10
    assert [pager.value for pager in app.pagination] == [1, 1]
    app.pagination[0].set_value(3).run()
    app.sidebar.segmented_control(key="widget.lang").set_value("ko").run()
    assert app.query_params["page"] == "3" and len(cards(app)) == 5


@pytest.mark.parametrize("page", ["0", "99", "x", "-1", "1e9", "nan"])
def test_a_page_that_is_not_there_is_the_first(home: Path, open_page: OpenPage, page: str) -> None:
    assert ">1<" in cards(open_page(home, "disagreements", runs=RUNS, page=page))[0]


def test_order_and_filters_come_from_the_url(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "disagreements", runs=RUNS, order="one", first="electra", direction="high", source="news")
    values = [card for card in cards(app) if "news" in card and re.search(r"Error \+\d", card)]
    assert values and len(values) == len(cards(app))
    app.multiselect(key="widget.phenomenon").select("typo").run()
    assert app.query_params["phenomenon"] == "typo"
    assert all("<span>typo</span>" in card for card in cards(app))
    app.text_input(key="widget.find").set_value("nowhere at all").run()
    assert "No pair passes these filters" in app.info[0].value


def test_the_second_run_of_two_is_never_the_first(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "disagreements", runs=RUNS, order="two", first="electra", second="electra")
    assert app.selectbox(key="widget.first").value == "electra"
    assert app.selectbox(key="widget.second").value == "bert"
    errors = [[float(number) for number in re.findall(r"[+-]\d\.\d\d", card.replace("−", "-"))] for card in cards(app)]
    assert abs(errors[0][1]) - abs(errors[0][0]) > 0.5


def test_one_run_alone_is_ordered_by_its_error(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "disagreements", runs=["bert"])
    assert "Choose another run" in shown(app)
    assert len(cards(app)) == 10 and "Error" in cards(app)[0]
    assert not [box for box in app.selectbox if box.key == "widget.order"]


def test_sentences_and_names_are_shown_as_written(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "disagreements", runs=RUNS, find="alert(1)")
    (card,) = cards(app)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in card
    assert "<script" not in shown(app)


def test_a_note_is_written_shown_changed_and_removed(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "disagreements", runs=RUNS)
    pair_id = ids(app)[1]
    write_note(open_note(app, pair_id), "label", "<b>3.5</b> 가 맞음")
    assert "&lt;b&gt;3.5&lt;/b&gt; 가 맞음" in cards(app)[1] and "label is wrong" in cards(app)[1]
    assert "1 noted" in shown(app)
    assert not app.text_area
    path = home / "artifacts" / "notes.json"
    assert json.loads(path.read_text(encoding="utf-8"))["notes"]["toy"][pair_id]["verdict"] == "label"

    write_note(open_note(app, pair_id), "model", "")
    assert "model’s error" in cards(app)[1] and "3.5" not in cards(app)[1].split("pair-note")[1]
    noted = open_page(home, "disagreements", runs=RUNS, noted="model")
    assert ids(noted) == [pair_id]

    open_note(app, pair_id)
    next(button for button in app.button if button.label == "Remove").click().run()
    assert "pair-note" not in cards(app)[1]
    assert pair_notes.read(path) == {}


def test_a_note_without_a_verdict_is_asked_for_one(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "disagreements", runs=RUNS)
    open_note(app, ids(app)[0])
    app.text_area[0].set_value("typed")
    next(button for button in app.button if button.label == "Save").click().run()
    assert "Choose one of the four" in app.error[0].value
    assert app.text_area[0].value == "typed"
    assert not (home / "artifacts" / "notes.json").exists()


def test_two_tabs_never_overwrite_each_other(home: Path, open_page: OpenPage) -> None:
    mine, theirs = (open_page(home, "disagreements", runs=RUNS) for _ in range(2))
    first, second = ids(mine)[:2]
    open_note(mine, first)
    write_note(open_note(theirs, first), "ambiguous", "theirs")
    write_note(theirs if theirs.radio else open_note(theirs, second), "model", "other pair")
    write_note(mine, "label", "mine")
    assert "changed elsewhere" in mine.error[0].value
    assert "theirs" in cards(mine)[0] and "other pair" in cards(mine)[1]
    write_note(mine, "label", "mine after all")
    assert "mine after all" in cards(mine)[0]


def test_a_broken_notes_file_is_named_kept_and_moved_aside(home: Path, open_page: OpenPage) -> None:
    path = home / "artifacts" / "notes.json"
    path.write_text('{"notes": ', encoding="utf-8")
    app = open_page(home, "disagreements", runs=RUNS)
    assert "never overwritten" in app.warning[0].value and "line 1" in app.warning[0].value
    assert path.read_text(encoding="utf-8") == '{"notes": '
    pair_id = ids(app)[0]
    write_note(open_note(app, pair_id), "label", "new")
    assert "was moved to" in app.warning[0].value
    assert "1 noted" in shown(app)
    assert pair_notes.set_aside(path)[0].read_text(encoding="utf-8") == '{"notes": '


def test_one_click_fills_the_pair_into_the_score_page(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "disagreements", runs=RUNS, find="alert(1)")
    app.button(key=f"score-{ids(app)[0]}").click().run()
    assert app.title[0].value == "Score a pair"
    assert [area.value for area in app.text_area] == [HOSTILE, f"{HOSTILE} 둘"]


def test_runs_without_prediction_files_are_named_with_the_command(home: Path, open_page: OpenPage) -> None:
    app = open_page(home, "disagreements", runs=[*RUNS, "bare"])
    assert "1 of the 3 chosen runs" in app.expander[0].label
    assert app.code[0].value == "python -m trainer evaluate bare --data toy --split test"
    assert len(cards(app)) == 10
    alone = open_page(home, "disagreements", runs=["bare"])
    assert "None of the chosen runs has test predictions" in alone.info[0].value
    assert alone.code[0].value == "python -m trainer evaluate bare --data toy --split test"


def test_a_data_set_that_is_gone_is_not_offered(home: Path, open_page: OpenPage) -> None:
    shutil.rmtree(home / "data" / "toy")
    app = open_page(home, "disagreements", runs=RUNS, data="toy")
    assert "sentences of toy are not here" in app.warning[0].value
    assert app.info and not cards(app)


def test_runs_on_other_pairs_are_never_compared(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, "disagreements", runs=["bert", "electra", "old", "klue", "failed"], data="korsts")
    assert "3 of the 5 chosen runs" in app.expander[0].label
    assert "Old split" not in "".join(cards(app))
    assert "Old split" in shown(app) and "not comparable" in shown(app)
    options = app.segmented_control(key="widget.data").options
    assert [option.replace("\\", "") for option in options] == ["klue-sts (1)", "korsts (2)"]


def test_other_data_sets_in_the_link_are_named(full_home: Path, open_page: OpenPage) -> None:
    app = open_page(full_home, "disagreements", runs=["bert"], data="../nowhere")
    assert "nowhere" in app.warning[0].value and "none of the chosen runs was tested on it" in app.warning[0].value
    assert len(cards(app)) == 10


def test_fifteen_hundred_pairs_of_five_runs_answer_a_click_at_once(tmp_path: Path, open_page: OpenPage) -> None:
    builders.dataset(tmp_path / "data", "big", (0, 0, 1500))
    for number in range(5):
        builders.run(
            tmp_path / "artifacts" / "runs",
            tmp_path / "data",
            f"run-{number}",
            dataset_name="big",
            seed=number,
            epochs=1,
            steps_per_epoch=1,
        )
    app = open_page(tmp_path, "disagreements")
    app.text_input(key="widget.find").set_value("커피").run()
    start = time.perf_counter()
    app.pagination[0].set_value(2).run()
    # About 0.04 s on an idle machine; the limit leaves room for a busy one.
    assert time.perf_counter() - start < 1
