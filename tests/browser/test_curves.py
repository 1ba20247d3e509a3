"""Training curves as a person uses them: choose, focus, zoom in, download, and watch a run that trains."""

import csv
import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import write_training
from tests.browser.test_dashboard import chips, open_at


def test_the_best_runs_are_chosen_in_one_click_and_everything_logged_is_downloaded(
    page: Page, address: str, tmp_path: Path
) -> None:
    open_at(page, f"{address}/curves?runs=failed")
    page.get_by_role("button", name="Choose the best 2").click()
    expect(chips(page)).to_have_text(["교차 인코더", "Bi-encoder"])
    expect(page).to_have_url(re.compile("runs=cross&runs=bi"))

    page.get_by_role("combobox", name="Value in focus").click()
    page.get_by_role("option", name="Training loss").click()
    expect(page).to_have_url(re.compile("focus=train"))
    page.get_by_text("Log", exact=True).click()
    expect(page).to_have_url(re.compile("y=log"))
    chart = page.locator(".st-key-chart-train_loss")
    expect(chart).to_have_count(1)
    expect(chart.locator(".ytitle").filter(has_text="Loss (log)")).to_be_visible()
    # While it is drawn anew the old title can still be there; it must not stay.
    expect(chart.locator(".ytitle")).to_have_count(1)
    assert chart.evaluate("element => element.clientHeight") > 380

    with page.expect_download() as download:
        page.get_by_role("button", name="Download everything logged").click()
    download.value.save_as(tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["run"] for row in rows} == {"교차 인코더", "Bi-encoder"}
    assert len(rows) == 2 * (80 + 4)


def test_a_refresh_takes_nothing_out_of_a_persons_hands(page: Page, home: Path, address: str) -> None:
    write_training(home, step=20)
    open_at(page, f"{address}/curves?runs=training&runs=cross")
    expect(page.get_by_text("25%")).to_be_visible()
    page.locator(".st-key-table-train_loss button").first.click()
    expect(page.get_by_text("Picture format")).to_be_visible()
    write_training(home, step=40)
    expect(page.get_by_text("50%")).to_be_visible()
    expect(page.get_by_text("Picture format")).to_be_visible()
    smoothing = page.get_by_role("slider")
    smoothing.focus()
    write_training(home, step=60)
    expect(page.get_by_text("75%")).to_be_visible()
    expect(smoothing).to_be_focused()


def test_on_a_phone_the_chart_stands_above_its_numbers(phone: BrowserContext, address: str) -> None:
    narrow = phone.new_page()
    open_at(narrow, f"{address}/curves?runs=cross&runs=bi&range=cut")
    expect(narrow.get_by_text("검증 피어슨: 가장 좋은 값과 마지막 값")).to_be_visible()
    chart = narrow.locator(".st-key-chart-pearson").bounding_box()
    numbers = narrow.get_by_test_id("stDataFrame").first.bounding_box()
    assert chart is not None and numbers is not None
    assert chart["y"] + chart["height"] <= numbers["y"] and chart["width"] > 300
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 390
