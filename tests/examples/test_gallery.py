"""The gallery: each script says what it shows and draws it; the page shows all of them."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.machine import SCALE

GALLERY = Path(__file__).resolve().parents[2] / "examples" / "gallery"
sys.path.insert(0, str(GALLERY))  # scripts import their helpers by plain names

from _frame import Script, read, scripts  # noqa: E402
from _page import page  # noqa: E402

ALL = scripts()


def test_there_are_scripts() -> None:
    assert len(ALL) >= 1
    assert len({script.title for script in ALL}) == len(ALL)


@pytest.mark.parametrize("script", ALL, ids=lambda script: script.name)
def test_a_script_can_be_read_at_once(script: Script) -> None:
    lines = script.path.read_text().splitlines()
    assert len(lines) < 60
    assert lines[-1] == "    main(__file__)"  # it can be started by itself, too


@pytest.mark.parametrize("script", ALL, ids=lambda script: script.name)
def test_a_caption_says_enough_without_the_code(script: Script) -> None:
    assert len(script.title) <= 70
    assert len(script.caption.split()) >= 25
    assert len(script.alt.split()) >= 10


@pytest.mark.parametrize("script", ALL, ids=lambda script: script.name)
def test_a_script_draws(script: Script) -> None:
    if script.missing():
        pytest.skip(script.missing())
    if script.slow and SCALE <= 1:
        pytest.skip("slow: drawn with MINICNN_TEST_SCALE above 1")
    figure = script.draw()
    if script.kind == "svg":
        assert figure.svg.startswith("<svg")
        return
    figure.draw_without_rendering()
    assert figure.axes
    assert figure.get_suptitle() or any(axes.get_title(loc="left") for axes in figure.axes)
    assert all(axes.has_data() for axes in figure.axes)


class Seen(HTMLParser):
    """Collects a page's pictures and what it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "img":
            self.images.append(values)
        self.loaded += [str(values[key]) for key in ("src", "href") if key in values]


def test_the_page_shows_each_picture_with_its_words() -> None:
    seen, text = Seen(), page(ALL, [])
    seen.feed(text)
    assert [image["src"] for image in seen.images] == [s.picture for s in ALL]
    assert [image["alt"] for image in seen.images] == [s.alt for s in ALL]
    assert not [url for url in seen.loaded if ":" in url or url.startswith("/")]
    assert "default-src 'none'" in text
    for script in ALL:
        assert script.path.name in text


def test_the_page_says_what_is_left_out_and_why() -> None:
    odd = Script(Path("net_x.py"), "A <title> & more", "Caption.", "Alt.", "no-such-folder", False)
    text = page([], [odd])
    assert "A &lt;title&gt; &amp; more" in text
    assert "needs the folder no-such-folder below the one that MINICNN_DATA names" in text


def test_a_script_without_its_words_is_named(tmp_path: Path) -> None:
    path = tmp_path / "net_x.py"
    path.write_text('"""A title.\n\nA caption.\n"""\n')
    with pytest.raises(ValueError, match=r"net_x.py: the docstring must have a title, a caption"):
        read(path)
    path = tmp_path / "other_x.py"
    path.write_text('"""A title.\n\nA caption.\n\nAlt: A picture.\n"""\n')
    with pytest.raises(ValueError, match="name must begin with one of filters, train, net, look"):
        read(path)
