"""What a person does and sees, in a real browser; see conftest for what must never happen."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import write_training

TICK_X, HEADER, ROW = 17, 35, 35


def tick(table: Locator, row: int) -> None:
    """Click the box of a row; the table is a canvas, so by its place."""
    table.click(position={"x": TICK_X, "y": HEADER + ROW * row + ROW // 2})


def heading(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(text)


def go_to(page: Page, link: str) -> None:
    page.get_by_test_id("stSidebarNavLink").filter(has_text=link).click()


def chips(page: Page) -> Locator:
    return page.get_by_test_id("chosen-runs").locator(".chip")


def open_at(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)


def test_two_runs_chosen_in_the_table_are_compared_on_the_other_pages(page: Page, address: str) -> None:
    open_at(page, address)
    heading(page, "Runs")
    table = page.get_by_test_id("stDataFrame").first
    tick(table, 0)
    expect(chips(page)).to_have_count(1)
    tick(table, 1)
    expect(chips(page)).to_have_text(["교차 인코더", "Bi-encoder"])
    expect(page).to_have_url(re.compile("runs=cross&runs=bi"))

    go_to(page, "Training curves")
    heading(page, "Training curves")
    expect(chips(page)).to_have_text(["교차 인코더", "Bi-encoder"])
    expect(page).to_have_url(re.compile("/curves.*runs=cross&runs=bi"))
    expect(page.locator(".js-plotly-plot")).to_have_count(7)
    expect(page.locator(".st-key-chart-pearson .scatterlayer .trace")).to_have_count(2)

    go_to(page, "Runs")
    heading(page, "Runs")
    expect(chips(page)).to_have_text(["교차 인코더", "Bi-encoder"])
    page.get_by_role("button", name="Clear choice").click()
    expect(chips(page)).to_have_count(0)
    expect(page).not_to_have_url(re.compile("runs="))


def test_a_tick_on_a_baseline_is_taken_back(page: Page, address: str) -> None:
    open_at(page, f"{address}/?runs=cross")
    expect(chips(page)).to_have_count(1)
    tick(page.get_by_test_id("stDataFrame").first, 2)
    tick(page.get_by_test_id("stDataFrame").first, 1)
    expect(chips(page)).to_have_text(["교차 인코더", "Bi-encoder"])


def test_a_link_shows_another_person_the_same_view(context: BrowserContext, address: str) -> None:
    mine = context.new_page()
    open_at(mine, f"{address}/curves?runs=bi&runs=cross")
    mine.get_by_role("radio", name="Epoch").or_(mine.get_by_text("Epoch", exact=True)).first.click()
    expect(mine).to_have_url(re.compile("x=epoch"))
    theirs = context.new_page()
    open_at(theirs, mine.url)
    heading(theirs, "Training curves")
    expect(chips(theirs)).to_have_text(["Bi-encoder", "교차 인코더"])
    expect(theirs.locator(".st-key-chart-pearson .xtitle")).to_have_text("Epoch")


def test_going_back_brings_the_page_and_the_view_back(page: Page, address: str) -> None:
    open_at(page, f"{address}/?runs=bi")
    go_to(page, "Training curves")
    heading(page, "Training curves")
    expect(chips(page)).to_have_text(["Bi-encoder"])
    page.go_back()
    heading(page, "Runs")
    expect(chips(page)).to_have_text(["Bi-encoder"])


def test_the_language_follows_the_browser_and_the_switch(phone: BrowserContext, page: Page, address: str) -> None:
    korean = phone.new_page()
    open_at(korean, address)
    heading(korean, "실행 목록")
    open_at(page, address)
    heading(page, "Runs")
    page.get_by_text("한국어", exact=True).click()
    heading(page, "실행 목록")
    expect(page).to_have_url(re.compile("lang=ko"))
    go_to(page, "학습 곡선")
    heading(page, "학습 곡선")


def test_real_models_score_a_pair_side_by_side(page: Page, address: str) -> None:
    open_at(page, f"{address}/score?runs=cross&runs=bi&runs=failed")
    expect(page.get_by_text("no model")).to_be_visible()
    page.get_by_role("button", name="Negation").click()
    first, second = page.get_by_label("First sentence"), page.get_by_label("Second sentence")
    expect(first).to_have_value("이 카페는 주말에도 문을 엽니다.")
    page.get_by_role("button", name="Swap").click()
    expect(second).to_have_value("이 카페는 주말에도 문을 엽니다.")

    page.get_by_role("button", name="Score", exact=True).click()
    cards = page.get_by_test_id("score-card")
    expect(cards).to_have_count(2, timeout=60_000)
    expect(cards.first).to_contain_text("교차 인코더")
    expect(cards.first).to_contain_text(re.compile(r"\d\.\d\d/ 5"))
    expect(cards.first).to_contain_text(re.compile(r"\d+\.\d ms"))
    expect(page.get_by_text("Spread between models")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Models in memory: 2 · \d"))).to_be_visible()

    page.get_by_role("slider").press("Home")
    expect(page).to_have_url(re.compile("threshold=0"))
    expect(page.get_by_text("2 of 2 say similar")).to_be_visible()
    first.fill("<script>window.hacked = 1</script>")
    page.get_by_role("button", name="Score", exact=True).click()
    expect(page.locator(".pair p").first).to_have_text("<script>window.hacked = 1</script>")
    assert page.evaluate("window.hacked") is None
    page.locator(".st-key-clear-cache button").click()
    expect(page.get_by_text("Models in memory: 0")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/curves?runs=failed", "/score?runs=failed"])
def test_hostile_names_never_run(page: Page, address: str, path: str) -> None:
    open_at(page, f"{address}{path}")
    if path != "/":
        expect(page.get_by_text("<script>window.hacked").first).to_be_visible()
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[onerror], img[src='x']").count() == 0


def test_a_run_that_trains_refreshes_by_itself(page: Page, home: Path, address: str) -> None:
    write_training(home, step=20)
    open_at(page, f"{address}/curves?runs=training")
    expect(page.get_by_text("25%")).to_be_visible()
    write_training(home, step=40)
    expect(page.get_by_text("50%")).to_be_visible()


@pytest.mark.parametrize("path", ["/?runs=cross&runs=bi", "/curves?runs=cross&runs=bi", "/score?runs=cross"])
def test_a_phone_shows_every_page_without_sideways_scroll(phone: BrowserContext, address: str, path: str) -> None:
    narrow = phone.new_page()
    open_at(narrow, f"{address}{path}")
    if path.startswith("/curves"):
        expect(narrow.locator(".js-plotly-plot")).to_have_count(7)
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 390
    content = narrow.get_by_test_id("stMain")
    assert content.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_unknown_and_broken_runs_are_named(page: Page, address: str) -> None:
    open_at(page, f"{address}/curves?runs=nope&runs=../x&runs=broken")
    expect(page.get_by_text("names run nope, but there is no such run")).to_be_visible()
    expect(page.get_by_text("names run ../x, but there is no such run")).to_be_visible()
    expect(page.get_by_text("names run broken, which can’t be read")).to_be_visible()


def test_without_runs_the_command_stands_there_to_copy(page: Page, empty_address: str) -> None:
    for path in ("/", "/curves", "/score"):
        open_at(page, f"{empty_address}{path}")
        expect(page.get_by_text("python -m trainer demo")).to_be_visible()
