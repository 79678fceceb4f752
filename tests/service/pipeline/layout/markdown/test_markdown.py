from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from crosslate.service.pipeline.layout.markdown.markdown import markdown_passages
from crosslate.service.pipeline.layout.restoring.restoring import layout_of
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.sentences.splitting import core_span
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Passage
from crosslate.service.pipeline.text.words import segment_words
from tests.growth import assert_linear

FILES = ("markdown", "lines", "wrapped")
TEXTS = [
    json.loads(line)["text"]
    for name in FILES
    for line in Path(f"tests/data/fidelity/{name}.jsonl").read_text(encoding="utf-8").splitlines()
]
SNIPPETS = (
    "a", "word", "Two words", " ", "\n", "\r\n", "\n\n", "**", "*", "_", "~~", "`", "``", "[", "](u)", "![",
    "](u 'x y')", "[^1]", "\\*", "\\", "&amp;", "&nbsp;", "<b>", "</b>", "<br>", "<kbd>", "</kbd>", "> ",
    "- ", "1. ", "# ", "| ", "|", "\n|-|-|\n", "    ", "---\n", "```\n", "<div>", "</div>", "<!--", "-->",
    "  \n", "\t", ".", "é", "字", "<http://x.y>", "<details>\n", "<summary>", "</summary>",
    "<p translate=no>", "</p>", "\\|", "[^1]: ", ":::note\n", ":::",
    "==", "++", "||", "^", "~", "{++", "++}", "{>>", "<<}", '!!! note "A b"\n', ":::note A b\n",
)  # fmt: skip
INLINE = (
    "word", "Two words.", "**bold**", "*an _inner_ one*", "`code here`", "[a link](u 'x y')", "![alt](u)",
    "word[^1]", "\\*", "&amp;", "<b>tag</b>", "one<br>", "<kbd>K</kbd>", "\n", "  \n", "~~gone~~",
    "***both***", "[**bold** link](u)", "&lt;x&gt;",
)  # fmt: skip
BLOCKS = ("{}", "# {}", "- {}", "> {}", "> - {}", "1. {}", "| {} |\n|---|\n| {} |", "```\n{}\n```", "    {}",
          "<div>\n{}\n</div>", "> <p>\n> {}\n> </p>", "<details><summary>{}</summary>\n\n{}\n\n</details>",
          "- <div align=center>\n  {}\n  </div>")  # fmt: skip


def read(sent: str) -> list[str]:
    return [passage.text.text for passage in markdown_passages(sent)]


def untranslated(sent: str, passage: Passage) -> tuple[tuple[int, int], str]:
    """The passage as if its translation were what was read."""
    core = core_span(passage.text.text, 0, len(passage.text.text))
    assert core is not None
    source = passage.text.part(*core)
    layout = layout_of(passage, source.span)
    text = source.text
    links = [Link(word, word, 1.0) for word in segment_words(text)]
    restored, _ = layout.restored(DerivedText.of(text), source, links)
    assert layout.extent is not None
    return layout.extent, restored.text


def rebuilt(sent: str) -> str:
    parts: list[str] = []
    at = 0
    for passage in markdown_passages(sent):
        (start, end), text = untranslated(sent, passage)
        parts += sent[at:start], text
        at = end
    return "".join([*parts, sent[at:]])


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("# A heading #\n\nSome *text* in\na paragraph.", ["A heading", "Some text in a paragraph."]),
        ("A heading\n===\n\n---\n\nText", ["A heading", "Text"]),
        ("[^1]: One two\nthree.\n[^2]: Four\n[a]: b.c\n\nText", ["One two three.", "Four", "Text"]),
        ("> [^1]: One\n> [^2]: Two", ["One", "Two"]),
        (":::note\nIt is\nso.\n:::\nText", ["It is so.", "Text"]),
        (
            '!!! warning "So"\n    It is.\n\n??? note\n    Text\n\n=== "Tab"\n',
            ["So", "It is.", "Text", "Tab"],
        ),
        (
            "!!! tip inline end\n\n    Text\n\n        code\n\n    - An item\n\nEnd",
            ["Text", "An item", "End"],
        ),
        ('- a b\n\n    ??? tip "So"\n\n        Text\n', ["a b", "So", "Text"]),
        (":::tip A *title*\nText\n:::\n\n::: note[So]\n\nText\n\n:::", ["A title", "Text", "So", "Text"]),
        ("So ==it *is*== ||all|| {--of--} ~it~", ["So it is all of it"]),
        ("x^2^ ++ctrl+a++ i++ or ++j a==b", ["x^2^ ++ctrl+a++ i++ or ++j a==b"]),
        ("It is ::: so", ["It is ::: so"]),
        ("---\ntitle: No\n---\n\nYes", ["Yes"]),
        ("+++\ntitle = 'No'\n+++\nYes", ["Yes"]),
        ("```python\nno = 1\n```\nYes\n\n    no\n", ["Yes"]),
        ("<div>\nOne\n</div>\n\nTwo", ["One", "Two"]),
        (
            "<details open>\n<summary>Show <b>all</b></summary>\n\nThe *text*\n\n</details>",
            ["Show all", "The text"],
        ),
        ("> <p align=center>One\r\n>   and two.</p>\r\n> \r\n> Three", ["One and two.", "Three"]),
        ("<table><tr><td>Name</td><td>Caf&eacute;</td></tr></table>", ["Name", "Café"]),
        ("<div>\nText\n- An item\n- Two\n\n</div>", ["Text", "An item", "Two"]),
        ("<div>\n| A cell | **B** |\n</div>", ["A cell", "**B**"]),
        ("<div>\nText\n```sh\nnpm <b> no\n```\nMore</div>", ["Text", "More"]),
        ("<pre>\nno\n\nno</pre>\n<!-- no -->\n<script>\nno\n</script>\nYes", ["Yes"]),
        ("<div translate=no>\n\nNo **no**\n\n<p>No</p>\n\n</div>\n\nYes", ["Yes"]),
        ("<svg>\n\nYes", ["Yes"]),
        ("| a \\| b | c |\n|-|-|\n| d `x\\|y` e | f |", ["a | b", "c", "d `x\\|y` e", "f"]),
        ("- a\n\n\tb\n\tc\x00d", ["a", "b c\x00d"]),
        ("Term\n: What it\nmeans\n\n: More", ["Term", "What it means", "More"]),
        ("> **Note**\n> This is so.", ["Note", "This is so."]),
        ("**Note** and\n**more** so\nTo", ["Note and more so To"]),
        ("> [!NOTE]\n> This is so.", ["This is so."]),
        ("One<br>Two<br/>\n3 of<br>these", ["One", "Two", "3 of these"]),
        ("## 3.1 Results\n\n2.5 GB is so\n\n4.2. The one", ["Results", "2.5 GB is so", "The one"]),
        ("Open **File** → *Save as* → `PDF`", ["Open File", "Save as", "`PDF`"]),
        ("Go **on** → then *stop*.", ["Go on → then stop."]),
        ("| Name | `a` |\n| --- | --- |\n| One | 45 |", ["Name", "`a`", "One"]),
        ("> - [ ] Call the *bank*\n>   now", ["Call the bank now"]),
        ("Line one  \nline two\\\nline three", ["Line one", "line two", "line three"]),
        ("[r]: http://x\n\n[^1]: A note about [words][r].", ["A note about words."]),
        ("Fish &amp; chips \\*", ["Fish & chips *"]),
        ("![Logo](a.png) Call us. ![End](b.png)", ["Logo", "Call us.", "End"]),
        ("Press ![Save](a.png) to save.", ["Press Save to save."]),
        ("[![The build](a)](b) ![License: *MIT*](c)\n![](d)", ["The build", "License: MIT"]),
        ("[Home](a) | **About us** • _Contact_", ["Home", "About us", "Contact"]),
        ("Use a | b, or c, and the other one | d.", ["Use a | b, or c, and the other one | d."]),
        ("这个\n报告", ["这个报告"]),
        ("\t\n***\n", []),
    ],
)
def test_the_sentences_of_markdown_are_read_without_its_marks(sent: str, words: list[str]) -> None:
    assert read(sent) == words


def test_code_and_addresses_are_protected() -> None:
    sent = "Press <kbd>Ctrl C</kbd> in `x y` or see <http://x.y/z>, H~2~O, ++ctrl+c++."
    (passage,) = markdown_passages(sent)
    protected = ["<kbd>Ctrl C</kbd>", "`x y`", "<http://x.y/z>", "~2~", "++ctrl+c++"]
    assert [words for _, words in passage.protected] == protected
    assert [sent[slice(*span)] for span, _ in passage.protected] == protected


def test_what_says_that_it_stays_is_protected() -> None:
    sent = "Say <span translate=no>Blue **Sky**</span>, <i class='notranslate'>a b</i>, <b>c</b>."
    (passage,) = markdown_passages(sent)
    protected = ["<span translate=no>Blue **Sky**</span>", "<i class='notranslate'>a b</i>"]
    assert [words for _, words in passage.protected] == protected


@given(st.lists(st.sampled_from(SNIPPETS), max_size=14).map("".join))
@settings(max_examples=200)
def test_every_letter_that_is_read_stands_where_it_was_sent(sent: str) -> None:
    for passage in markdown_passages(sent):
        text, origin = passage.text.text, passage.text.origin
        places = [(letter, origin.span((at, at + 1))) for at, letter in enumerate(text) if letter.isalpha()]
        assert [letter for letter, span in places if letter not in sent[slice(*span)]] == []


def test_a_reference_keeps_its_name_where_its_words_are_translated() -> None:
    sent = "See [the page] here.\n\n[the page]: http://x"
    (passage,) = markdown_passages(sent)
    assert [(wrap.opening, wrap.closing) for wrap in passage.wraps] == [("[", "][the page]")]
    html = MarkdownIt().render(rebuilt(sent))
    assert html == MarkdownIt().render(sent)


@pytest.mark.parametrize("sent", TEXTS)
def test_what_is_left_untranslated_is_as_it_was_sent(sent: str) -> None:
    assert rebuilt(sent) == sent


@given(st.lists(st.sampled_from(SNIPPETS), max_size=14).map("".join))
@example("\\&amp;\n|-|-|\n[^1]a")
@example("`a`<b>\\[^1]")
@example("\\](u)\\[^1]")
@example("a[<b>](u)a")
@example("a <b>b **</b>**")
@example("<kbd>|&nbsp;</kbd>")
@example("a\n </kbd>  \n<b>b")
@example("word one<br> \n word")
@example("<kbd>\r\na")
@example("> <p>a <code>b\n> c</code></p>")
@settings(max_examples=200)
def test_nothing_of_any_markdown_is_lost_or_doubled(sent: str) -> None:
    """But for backslashes and `&amp;`: what is escaped once in a paragraph is so everywhere in it."""

    def characters(text: str) -> Counter[str]:
        # A reference to a note may have come to stand within `&amp;` that is meant literally.
        text = text.replace("\\", "")
        without, notes = text.replace("[^1]", ""), text.count("[^1]")
        letters = "".join(without.split())
        while "&amp;" in letters:  # an escaped `&` before `amp;` may have become `&amp;amp;`
            letters = letters.replace("&amp;", "&")
        return Counter(letters) + Counter({"[^1]": notes})

    assert characters(rebuilt(sent)) == characters(sent)


@given(
    st.lists(
        st.tuples(st.sampled_from(BLOCKS), st.lists(st.sampled_from(INLINE), min_size=1, max_size=6)),
        max_size=4,
    )
)
def test_markdown_can_be_taken_apart_and_put_together(blocks: list[tuple[str, list[str]]]) -> None:
    """By what a browser shows."""
    markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])

    def shown(text: str) -> str:
        return "".join(markdown.render(text).split())

    sent = "\n\n".join(block.replace("{}", " ".join(inline)) for block, inline in blocks)
    assert shown(rebuilt(sent)) == shown(sent)


@pytest.mark.parametrize(
    "unit",
    [
        "<div translate=no>\n\na\n\n</div>\n\n",
        "<svg>\n\n",
        "<p>\na | b\n</p>\n\n",
        "a | b\n",
        "[^1]: a\n",
        ":::note\n",
        ":::note a\n",
        "!!! a\n",
        "==",
        "==a ",
        "||a",
        "{++a",
        "^a ~b",
    ],
)
def test_time_is_linear_in_the_length(unit: str) -> None:
    assert_linear(markdown_passages, lambda length: "<div>\n" + unit * (length // len(unit)))


def test_admonitions_within_each_other_end_as_lists_do() -> None:
    sent = "".join("    " * depth + '!!! note "So"\n' for depth in range(1200))
    assert "So" in read(sent)
