"""The Predictions page as a person uses it: two runs compared, a threshold moved, a slice opened, on a phone."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_dashboard import open_at


def section(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name).or_(page.get_by_role("button", name=name, exact=True)).first.click()


def test_two_runs_are_compared_and_the_link_keeps_what_is_looked_at(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    open_at(page, f"{address}/predictions?runs=cross&runs=bi")
    verdict = page.locator(".st-key-difference-verdict")
    expect(verdict).to_contain_text("교차 인코더 follows the labels more closely than Bi-encoder")
    expect(page.locator(".st-key-chart-density .heatmaplayer .hm")).to_have_count(2, timeout=20_000)

    section(page, "Threshold")
    cards = page.get_by_test_id("confusion")
    expect(cards).to_have_count(2)
    page.get_by_role("slider").press("Home")
    expect(page).to_have_url(re.compile("threshold=0"))
    expect(cards.first).to_contain_text(re.compile(r"recall 1\.000"))
    expect(page.get_by_text("python -m trainer evaluate cross --data korsts --split valid")).to_be_visible()

    section(page, "Slices")
    expect(page.locator(".st-key-chart-slice-differences .js-plotly-plot")).to_be_visible()
    section(page, "Length")
    expect(page).to_have_url(re.compile("section=slices.*slice=length"))
    theirs = context.new_page()
    open_at(theirs, page.url)
    expect(theirs.get_by_text("Characters of both sentences together, spaces included.")).to_be_visible()


def test_a_hostile_name_is_shown_as_written_and_never_runs(page: Page, address: str) -> None:
    open_at(page, f"{address}/predictions?runs=cross&runs=failed&section=agreement")
    expect(page.get_by_text("never measured on korsts test: <script>window.hacked")).to_be_visible()
    expect(page.locator(".st-key-difference-verdict")).to_contain_text("Choose one more run to compare two.")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[onerror], img[src='x']").count() == 0


def test_a_phone_shows_each_section_without_sideways_scroll(phone: BrowserContext, address: str) -> None:
    narrow = phone.new_page()
    open_at(narrow, f"{address}/predictions?runs=cross&runs=bi")
    for name, sign in (
        ("산점도·잔차", ".st-key-chart-residuals"),
        ("기준값", ".confusion"),
        ("부분별", ".st-key-chart-slices"),
    ):
        section(narrow, name)
        expect(narrow.locator(sign).first).to_be_visible()
        content = narrow.get_by_test_id("stMain")
        assert content.evaluate("element => element.scrollWidth <= element.clientWidth")
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 390
