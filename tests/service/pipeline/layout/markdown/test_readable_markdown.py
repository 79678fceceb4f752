"""What a reader sees of Markdown."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.layout.markdown.readable_markdown import readable_markdown


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("---\ntitle: x\n---\n# One *two*\n\nthree", "# One two\n\nthree"),
        ("One\n===\ntwo\nthree", "# One\n\ntwo three"),
        ("A [link](http://a.b 'title') and ![a *picture*](c.png).", "A link and a picture."),
        ("Call `run()`, ``a ` b`` or <https://a.b>.", "Call run(), a ` b or https://a.b."),
        ("- one\n- two\n  1. three", "- one\n- two\n- three"),
        ("- [x] one\n\n- two", "- one\n\n- two"),
        ("> one\n> two\n>\n> - three", "one two\n\n- three"),
        ("| a | **b** |\n|---|---|\n| c | d |\n\ne", "| a\t\tb\n| c\t\td\n\ne"),
        ("one\n\n```py\na = 1\n```\ntwo", "one\n\n```\na = 1\n```\n\ntwo"),
        ("```\nnot closed", "```\nnot closed\n```"),
        ("one  \ntwo &amp; \\*three", "one\ntwo & *three"),
        ("<div>no</div>\n\none\n\n***\n\n[a]: http://b", "one"),
        ("", ""),
    ],
)
def test_markdown(sent: str, expected: str) -> None:
    assert readable_markdown(sent).marked.text == expected


def test_each_word_leads_to_where_it_stands() -> None:
    sent = "## A **b**\\&\n\n- `c`\n"
    read = readable_markdown(sent)
    assert read.plain.text == "A b&\n\nc"
    assert [sent[slice(*read.plain.origin.span((at, at + 1)))] for at in (0, 2, 3, 6)] == [
        "A",
        "b",
        "\\&",
        "c",
    ]
