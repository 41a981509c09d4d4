"""docs/torch.md says of every name of torch how minicnn has it now."""

from __future__ import annotations

from tools.compare_torch import PAGE, difference, page


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "run `python -m tools.compare_torch`"


def test_every_name_that_is_not_offered_has_a_reason() -> None:
    assert "missing so far" not in page()


def test_differences_of_signatures_are_told() -> None:
    torch = [["input", ""], ["p", "0.5"], ["dim", "1"], ["out", "None"]]
    assert difference(torch, [["x", ""], ["p", "0.5"], ["dim", "1.0"]]) == ""
    said = difference(torch, [["x", ""], ["dim", "2"]])
    assert said == "without `p`; `dim=2` where torch has `1`"
