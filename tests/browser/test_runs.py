"""The leaderboard in a real browser: the verdict in the first screen, the best runs in one click."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_dashboard import chips, open_at

LOADED = 30_000
"""Milliseconds that a busy machine may take to fetch the code of tables and charts."""


def test_the_first_screen_says_which_run_is_best_and_one_click_chooses_it(page: Page, address: str) -> None:
    open_at(page, f"{address}/?data=korsts&lang=en")
    verdict = page.locator(".st-key-verdict")
    expect(verdict).to_contain_text("교차 인코더 is best; no other run that was tested is tied with it.")
    expect(verdict).to_contain_text("comparisons with the best: 1")
    expect(verdict).to_be_in_viewport()
    expect(page.get_by_test_id("stDataFrame").first).to_be_in_viewport(timeout=LOADED)
    # The filled dot of the best and the open one of the other; the band lies behind the best alone.
    expect(page.locator(".st-key-chart-intervals .shapelayer path")).not_to_have_count(0, timeout=LOADED)

    page.get_by_role("button", name="2", exact=True).click()
    expect(chips(page)).to_have_text(["교차 인코더", "Bi-encoder"])
    expect(page).to_have_url(re.compile("runs=cross&runs=bi"))
    expect(verdict).to_contain_text("is best")


def test_a_hostile_name_stays_text_and_a_failed_run_is_never_ranked(page: Page, address: str) -> None:
    open_at(page, f"{address}/?data=korsts&lang=en&runs=failed")
    expect(page.locator(".st-key-verdict")).to_contain_text("comparisons with the best: 1")
    expect(page.locator(".st-key-notes")).to_contain_text("1 failed")
    expect(page.locator(".js-plotly-plot")).to_have_count(3, timeout=LOADED)
    expect(chips(page)).to_have_count(1)
    assert page.evaluate("window.hacked") is None


def test_a_phone_shows_verdict_and_charts_without_scrolling_sideways(phone: BrowserContext, address: str) -> None:
    page = phone.new_page()
    open_at(page, f"{address}/?data=korsts")
    expect(page.locator(".st-key-verdict")).to_contain_text("가장 좋은 실행: 교차 인코더")
    expect(page.locator(".js-plotly-plot")).to_have_count(3, timeout=LOADED)
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390
    for chart in page.locator(".js-plotly-plot").all():
        box = chart.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
