"""The report as a person gets it: downloaded, opened from disk without any network, and safe to look at."""

import re
from importlib import resources
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
SERIOUS = ("serious", "critical")


def open_at(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)


def downloaded(page: Page, label: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=re.compile(f"^{label}")).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_the_downloaded_file_opens_from_disk_without_a_network(
    browser: Browser, page: Page, address: str, tmp_path: Path
) -> None:
    open_at(page, f"{address}/report?runs=cross&runs=bi&runs=failed&data=korsts")
    saved = downloaded(page, "Download HTML", tmp_path)
    assert re.fullmatch(r"report\.korsts\.test\.\d{8}\.en\.html", saved.name)
    assert "| 1 | 교차 인코더<br>" in downloaded(page, "Download Markdown", tmp_path).read_text(encoding="utf-8")

    for scheme in ("light", "dark"):
        offline = browser.new_context(offline=True, color_scheme=scheme, viewport={"width": 390, "height": 844})
        asked: list[str] = []
        offline.on("request", lambda request, asked=asked: asked.append(request.url))
        report = offline.new_page()
        report.goto(saved.as_uri())
        expect(report.get_by_role("heading", level=1)).to_have_text("Sentence similarity models compared: korsts")
        expect(report.locator("#verdict")).to_contain_text(re.compile(r"교차 인코더 .*Pearson r = 0\.\d{3}"))
        expect(report.get_by_role("img")).not_to_have_count(0)
        report.get_by_role("link", name="Runs left out").click()
        expect(report.locator("#left-out")).to_be_in_viewport()
        expect(report.locator("#left-out")).to_contain_text("<script>window.hacked = 1</script>")
        assert report.evaluate("document.documentElement.scrollWidth") <= 390
        assert asked == [saved.as_uri()]
        report.evaluate(AXE)
        found = report.evaluate("async () => (await axe.run(document)).violations")
        assert [each["help"] for each in found if each["impact"] in SERIOUS] == []
        offline.close()


def test_hostile_text_never_runs_and_links_of_the_preview_stay_in_it(page: Page, address: str) -> None:
    open_at(page, f"{address}/report?runs=cross&runs=failed&data=korsts")
    outer = page.get_by_test_id("stIFrame").first.content_frame
    preview = outer.locator("iframe").content_frame
    expect(preview.get_by_role("heading", level=1)).to_be_visible()
    expect(preview.locator("#left-out")).to_contain_text("<script>window.hacked = 1</script>")
    preview.get_by_role("link", name="Glossary").click()
    expect(preview.locator("#glossary")).to_be_in_viewport()
    expect(preview.get_by_role("heading", level=1)).to_have_text("Sentence similarity models compared: korsts")
    for frame in page.frames:
        assert frame.evaluate("window.hacked") is None
    assert page.locator("img[onerror], img[src='x']").count() == 0


def test_a_phone_reads_the_report_in_korean_and_leaves_sentences_out(phone: BrowserContext, address: str) -> None:
    narrow = phone.new_page()
    open_at(narrow, f"{address}/report?runs=cross&runs=bi&data=korsts")
    expect(narrow.get_by_role("heading", level=1).first).to_have_text("보고서")
    preview = narrow.get_by_test_id("stIFrame").first.content_frame.locator("iframe").content_frame
    expect(preview.locator("#verdict h2")).to_have_text("결론")
    expect(preview.locator("#worst td").filter(has_text="test")).not_to_have_count(0)
    narrow.get_by_text("문장 빼기").click()
    expect(narrow).to_have_url(re.compile("hide=on"))
    expect(preview.locator("#worst")).to_contain_text("요청에 따라 뺐습니다")
    expect(preview.locator("#worst thead th")).to_have_text(["#", "쌍", "평균 오차"])
    assert narrow.evaluate("document.documentElement.scrollWidth") <= 390
    content = narrow.get_by_test_id("stMain")
    assert content.evaluate("element => element.scrollWidth <= element.clientWidth")
