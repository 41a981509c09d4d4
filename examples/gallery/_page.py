"""The gallery's page: every picture with its title, what there is to see, and its script."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from pathlib import Path

from _frame import Script

STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 62rem; padding: 1.5rem 1rem 4rem; color: #1c1c1c;
  background: #fff; font: 1.05rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.9rem; margin: 0 0 .5rem; }
h2 { font-size: 1.45rem; margin: 3rem 0 1rem; border-bottom: 2px solid #1c1c1c; }
h3 { font-size: 1.15rem; margin: 0 0 .3rem; }
nav ul { padding-left: 1.2rem; }
article { margin: 0 0 3rem; }
figure { margin: 0; }
img { display: block; max-width: 100%; height: auto; margin: 0 0 .6rem; }
figcaption p { margin: 0 0 .5rem; max-width: 44rem; }
code { background: #f1f1f1; padding: .1rem .3rem; border-radius: 3px; font-size: .95em;
  overflow-wrap: anywhere; }
a { color: #0b57a4; }
"""
POLICY = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"


def page(drawn: Sequence[Script], left_out: Sequence[Script]) -> str:
    """Return the page that shows the pictures beside it, and says which are missing and why."""
    sections = list(dict.fromkeys(script.section for script in drawn))
    links = "".join(f'<li><a href="#{_anchor(s)}">{_text(s)}</a></li>' for s in sections)
    body = "".join(_section(s, [x for x in drawn if x.section == s]) for s in sections)
    if left_out:
        rows = "".join(
            f"<li>{_text(x.title)} (<code>{x.name}</code>): {_text(x.missing())}</li>"
            for x in left_out
        )
        body += f"<h2>Not drawn here</h2><ul>{rows}</ul>"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>minicnn: pictures</title><style>{STYLE}</style></head>\n<body>\n"
        "<h1>What a convolutional network does, in pictures</h1>\n"
        f"<p>{len(drawn)} pictures, each drawn by a short script of <code>examples/gallery</code>."
        f" Draw them again with <code>make gallery</code>.</p>\n<nav><ul>{links}</ul></nav>\n"
        f"{body}\n</body></html>\n"
    )


def write_page(drawn: Sequence[Script], left_out: Sequence[Script], folder: Path) -> Path:
    """Write the page beside its pictures and return its path."""
    path = folder / "index.html"
    path.write_text(page(drawn, left_out), encoding="utf-8")
    return path


def _section(title: str, members: Sequence[Script]) -> str:
    return f'<section id="{_anchor(title)}"><h2>{_text(title)}</h2>\n' + (
        "".join(map(_article, members)) + "</section>\n"
    )


def _article(script: Script) -> str:
    paragraphs = "".join(f"<p>{_text(p)}</p>" for p in script.caption.split("\n\n"))
    return (
        f'<article id="{script.name}"><h3>{_text(script.title)}</h3><figure>\n'
        f'<img src="{script.picture}" alt="{_text(script.alt)}" loading="lazy">\n'
        f"<figcaption>{paragraphs}<p>Script: <code>examples/gallery/{script.path.name}</code></p>"
        "</figcaption></figure></article>\n"
    )


def _text(text: str) -> str:
    return html.escape(" ".join(text.split()))


def _anchor(title: str) -> str:
    return re.sub(r"\W+", "-", title.lower())
