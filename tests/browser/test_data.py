"""The data page in a real browser: from a data set to a pair's score, a file of one's own, a phone."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_dashboard import go_to, heading, open_at, tick

HOSTILE = "<img src=x onerror='window.hacked = 1'>"
SECTIONS = {
    "정답": "labels",
    "길이": "lengths",
    "출처·현상": "groups",
    "분할·누출": "splits",
    "단순 예측기": "predictors",
    "쌍 목록": "pairs",
}


def section(page: Page, name: str) -> None:
    page.locator(".st-key-widget-section").get_by_text(name, exact=True).click()


def tick_first_row(page: Page, *, of: int) -> None:
    """Tick the first row once the table has as many rows as it should; before, it may be an older one."""
    table = page.locator(".st-key-pair-table [data-testid=stDataFrame]")
    expect(table.locator("[role=grid]")).to_have_attribute("aria-rowcount", str(of + 1))
    tick(table, 0)


def test_from_what_matters_of_a_data_set_to_the_score_of_one_of_its_pairs(page: Page, address: str) -> None:
    open_at(page, f"{address}/data?data=korsts")
    heading(page, "Data")
    expect(page.get_by_test_id("findings")).to_contain_text("No sentence of test stands in another split")
    expect(page.locator(".st-key-chart-bands .barlayer .trace")).to_have_count(3)

    section(page, "Lengths")
    expect(page).to_have_url(re.compile("section=lengths"))
    expect(page.locator(".st-key-chart-lengths")).to_contain_text("limit 128")

    section(page, "Trivial predictors")
    expect(page.locator(".st-key-chart-predictors .ytick").first).to_be_visible()
    expect(page.locator(".st-key-chart-predictors")).to_contain_text("교차 인코더")

    section(page, "Pairs")
    page.get_by_label("Find in sentences").fill("test7")
    page.get_by_label("Find in sentences").press("Enter")
    expect(page.get_by_text("1 of 120 pairs")).to_be_visible()
    tick_first_row(page, of=1)
    expect(page.get_by_test_id("selected-pair")).to_contain_text("test7")
    page.get_by_role("button", name="Score this pair").click()
    heading(page, "Score a pair")
    expect(page.get_by_label("First sentence")).to_have_value(re.compile("test7$"))


def test_a_file_is_read_its_bad_rows_named_and_nothing_in_it_runs(page: Page, address: str) -> None:
    open_at(page, f"{address}/data?origin=file")
    rows = f"sentence1,sentence2,label,source\n{HOSTILE},눈이 온다,4,{HOSTILE}\n비가 온다,눈이 온다,2,b\n가,나,일곱,b\n"
    page.locator("input[type=file]").set_input_files(
        {"name": f"{HOSTILE[:9]}.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
    expect(page.get_by_text("2 pairs read")).to_be_visible()
    expect(page.get_by_text("Rows that are not a pair, left out: 1")).to_be_visible()
    page.get_by_text("Which rows, and why").click()
    expect(page.get_by_text("the label '일곱' is not a number")).to_be_visible()
    for name in ("Sources & phenomena", "Splits & leakage", "Pairs"):
        section(page, name)
        expect(page.locator("[class*=st-key-section-]")).to_be_visible()
    tick_first_row(page, of=2)
    expect(page.get_by_test_id("selected-pair").locator("p").first).to_have_text(HOSTILE)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[onerror], img[src='x']").count() == 0

    go_to(page, "Runs")
    heading(page, "Runs")
    go_to(page, "Data")
    expect(page.get_by_text("2 pairs read")).to_be_visible()


def test_a_phone_shows_every_section_without_sideways_scroll(phone: BrowserContext, address: str) -> None:
    narrow = phone.new_page()
    open_at(narrow, f"{address}/data?data=korsts")
    content = narrow.get_by_test_id("stMain")
    for name, key in SECTIONS.items():
        section(narrow, name)
        expect(narrow.locator(f".st-key-section-{key} > div").first).to_be_visible()
        expect(narrow.get_by_test_id("stStatusWidget")).to_have_count(0)
        assert content.evaluate("element => element.scrollWidth <= element.clientWidth"), name
