"""The pages in a browser: keys reach every step, nothing leaves them, no error, at every width."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minicnn.microscope import avg_pool2d, conv2d, max_pool2d
from tests.microscope.pages import Page

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")


def integers(*shape: int) -> np.ndarray:
    return (np.arange(np.prod(shape)) % 7 - 3).reshape(shape).astype(np.float32)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A page of each operation."""
    folder = tmp_path_factory.mktemp("pages")
    x, weight, bias = integers(2, 2, 3, 3), integers(2, 1, 2, 2), integers(2)
    return {
        "conv2d": conv2d(
            x, weight, bias, stride=2, padding=1, groups=2, path=folder / "conv2d.html"
        ),
        "max_pool2d": max_pool2d(x, 2, 1, path=folder / "max_pool2d.html"),
        "avg_pool2d": avg_pool2d(x, 2, 2, 1, path=folder / "avg_pool2d.html"),
    }


OPS = ["conv2d", "max_pool2d", "avg_pool2d"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="Playwright is not installed: pip install '.[browser]'"
    )
    if BROWSER is None:
        pytest.skip("no chromium on this machine: apt-get install chromium")
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield made
        made.close()


def test_the_code_of_the_documentation_writes_its_pages(tmp_path: Path, monkeypatch: Any) -> None:
    text = (Path(__file__).parents[2] / "docs" / "microscope.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/microscope.md", "exec"), {})
    pages = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert pages.keys() == {"sobel.html", "max.html", "avg.html"}
    assert all(page.startswith("<!doctype html>") for page in pages.values())


class Opened:
    """A page in the browser, and all that it asked for and complained about."""

    def __init__(self, browser: Any, file: Path, width: int = 1024, scheme: str = "light") -> None:
        self.page = browser.new_page(
            viewport={"width": width, "height": 768}, color_scheme=scheme, reduced_motion="reduce"
        )
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(file.as_uri())

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def press(self, *keys: str) -> str:
        for key in keys:
            self.page.keyboard.press(key)
        return self.text("#count")


@pytest.mark.parametrize("op", OPS)
def test_keys_reach_every_step_and_nothing_leaves_the_page(
    browser: Any, files: dict[str, Path], op: str
) -> None:
    data, opened = Page(files[op]), Opened(browser, files[op])
    for i, step in enumerate(data.steps):
        assert opened.text("#count") == f"{i + 1} / {len(data.steps)}"
        said = opened.text("#text")
        assert said.startswith(step["text"].removesuffix("."))
        assert opened.page.locator("#figures figure").count() >= len(step["figures"])
        opened.press("ArrowRight")
    assert opened.press("ArrowRight") == f"{len(data.steps)} / {len(data.steps)}"
    assert opened.press("ArrowLeft", "Home") == f"1 / {len(data.steps)}"
    titles = [opened.text("#title")]
    while opened.press("PageDown") != f"{len(data.steps)} / {len(data.steps)}":
        titles.append(opened.text("#title"))
    assert titles == list(data.chapters)
    assert opened.press("Home") != opened.press("End") == f"{len(data.steps)} / {len(data.steps)}"
    assert opened.complaints == []
    assert [url.partition("#")[0] for url in opened.requests] == [files[op].as_uri()]


@pytest.mark.parametrize("op", OPS)
def test_tab_reaches_every_control_and_table_and_shows_where_it_is(
    browser: Any, files: dict[str, Path], op: str
) -> None:
    opened = Opened(browser, files[op])
    wanted = "button:not(:disabled), input, .scroll, pre"
    reached = []
    for _ in range(opened.page.locator(wanted).count()):
        opened.press("Tab")
        reached.append(
            opened.page.evaluate(
                "(() => { const e = document.activeElement, s = getComputedStyle(e);"
                " return [e.matches('button, input, .scroll, pre'), s.outlineStyle] })()"
            )
        )
    assert all(of_page and outline != "none" for of_page, outline in reached)
    focused = opened.page.locator(".scroll").first
    before = opened.text("#count")
    focused.focus()
    assert opened.press("ArrowRight") == before  # scrolls the table, and does not step
    assert opened.press("PageDown") != before
    assert opened.page.evaluate("document.activeElement.className") == "scroll"  # still there
    current = opened.page.locator("#chapters [aria-current='step']").all_inner_texts()
    assert current == [opened.text("#title")]


@pytest.mark.parametrize("width", [320, 1024, 1920])
@pytest.mark.parametrize("op", OPS)
def test_no_width_needs_sideways_scrolling_of_the_page(
    browser: Any, files: dict[str, Path], op: str, width: int
) -> None:
    opened = Opened(browser, files[op], width, "dark" if width == 1024 else "light")
    for chapter in range(len(Page(files[op]).chapters)):
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width, chapter
        opened.press("PageDown")


def test_what_the_cells_show_is_what_was_recorded(browser: Any, files: dict[str, Path]) -> None:
    data, opened = Page(files["conv2d"]), Opened(browser, files["conv2d"])
    opened.press("PageDown", "PageDown", "ArrowLeft")  # the last step of the product
    cells = opened.page.locator(".result td:not(.corner)").all_inner_texts()
    shown = [float(text.replace("\u2212", "-")) for text in cells]
    np.testing.assert_array_equal(shown, data.arrays["product"][-1, -1].ravel())
    terms = opened.page.locator(".terms tbody td:last-child").all_inner_texts()
    shown = [float(text.replace("\u2212", "-")) for text in terms]
    np.testing.assert_array_equal(shown, data.arrays["product_sums"][-1, -1, -1, -1])


def test_colours_have_contrast_in_both_schemes(browser: Any, files: dict[str, Path]) -> None:
    """Of text on what it stands on, at least 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    for scheme in ("light", "dark"):
        page = Opened(browser, files["conv2d"], scheme=scheme).page
        for ink, paper in [
            ("ink", "paper"), ("soft", "paper"), ("soft", "panel"), ("ink", "panel"),
            ("ink", "read-paper"), ("ink", "write-paper"), ("paper", "read"),
        ]:  # fmt: skip
            values = [
                page.evaluate(
                    "name => getComputedStyle(document.documentElement).getPropertyValue(name)",
                    f"--{name}",
                )
                for name in (ink, paper)
            ]
            light, dark = sorted((luminance(value.strip()) for value in values), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (scheme, ink, paper)


def luminance(colour: str) -> float:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("op", OPS)
def test_the_policy_allows_the_pages_own_script_and_style_alone(
    files: dict[str, Path], op: str
) -> None:
    text = files[op].read_text(encoding="utf-8")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', text)
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == parts["base-uri"] == parts["form-action"] == "'none'"
    for tag in ("style", "script"):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert parts[f"{tag}-src"] == f"'sha256-{digest}'"
    (data,) = re.findall(r'id="trace">(.*?)</script>', text)
    assert not set(data) & set("<>&")  # nothing in the data can end it
    assert set(parts) == {"default-src", "base-uri", "form-action", "style-src", "script-src"}
    assert not re.search(r"https?://|innerHTML|\son\w+=|\bsrc=|@import|url\(", text)


def test_the_policy_stops_foreign_scripts(
    browser: Any, files: dict[str, Path], tmp_path: Path
) -> None:
    changed = tmp_path / "changed.html"
    text = files["conv2d"].read_text(encoding="utf-8")
    changed.write_text(text.replace("</body>", "<script>document.title = 'run'</script></body>"))
    opened = Opened(browser, changed)
    assert opened.page.title() != "run"
    assert any("Content Security Policy" in complaint for complaint in opened.complaints)
