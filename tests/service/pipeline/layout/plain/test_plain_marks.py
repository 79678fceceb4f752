from __future__ import annotations

import pytest

from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.layout.plain.plain_marks import marked_passage
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.translation.translator import Translator
from tests.service.pipeline.fakes import FakeEngine, reversed_words, served_model
from tests.service.pipeline.helpers import FixedDetector, make_translator, request


@pytest.mark.parametrize(
    ("text", "read", "marked"),
    [
        ("A **big** _red_ ~dog~!", "A big red dog!", ["**big**", "_red_", "~dog~"]),
        ("~~Monday~~ ~~DATE~~ ~~X_1~~", "Monday ~~DATE~~ ~~X_1~~", ["~~Monday~~"]),
        (r"\textbf{Note}: \emph{all} \cite{x}", r"Note: all \cite{x}", [r"\textbf{Note}", r"\emph{all}"]),
        ("*Note:* it's (***so***)", "Note: it's (so)", ["*Note:*", "***so***"]),
        ("*All of it*", "All of it", ["*All of it*"]),
        ("The *big*dog and un*seen* c*a*t", "The bigdog and unseen c*a*t", ["*big*", "*seen*"]),
        ("It is ==all== of it, a == b", "It is all of it, a == b", ["==all=="]),
        ("A '''''big''''' [[x]] is ''a dog''", "A big [[x]] is a dog", ["'''''big'''''", "''a dog''"]),
        ("Its price* is final. *Taxes are not", "Its price* is final. *Taxes are not", []),
        ("5 * 3 * 2, a*b*c, *5*, ** a **", "5 * 3 * 2, a*b*c, *5*, ** a **", []),
        ("a_b_c, __init__, char *p and *q", "a_b_c, __init__, char *p and *q", []),
        ("(⊙_⊙) what ¯\\_(ツ)_/¯ _is_ it", "(⊙_⊙) what ¯\\_(ツ)_/¯ is it", ["_is_"]),
        ("*|NAME|*, *so*", "*|NAME|*, so", ["*so*"]),
        ("&Open file", "Open file", ["&"]),
        ("Save _As...", "Save As...", ["_"]),
        ("R&D, a &amp; b", "R&D, a &amp; b", []),
        ("[*]One[*]Two *x*", "[*]One[*]Two x", ["*x*"]),
        (
            "https://a.example/b[a page] <<setup,see it>>",
            "a page see it",
            ["https://a.example/b[a page]", "<<setup,see it>>"],
        ),
        ("&amp; _name", "&amp; _name", []),
        ("A & B, a.example/?&c", "A & B, a.example/?&c", []),
        ("&Keys {n, plural, one {b} other {c}}", "&Keys {n, plural, one {b} other {c}}", []),
        (
            "See [the *red* docs](a_b_c) ![x](y)",
            "See the red docs x",
            ["[the *red* docs](a_b_c)", "*red*", "![x](y)"],
        ),
        ('A ![cat](c.png "My cat")', "A cat", ['![cat](c.png "My cat")']),
        ("So-called ``smart'' ones", "So-called smart ones", ["``smart''"]),
        (
            "To \u202eabc\u202c \u2068x 1\u2069 \u202b\u05d0\u202c \u202eabc",
            "To abc x 1 \u202b\u05d0\u202c \u202eabc",
            ["\u202eabc\u202c", "\u2068x 1\u2069"],
        ),
        ("**[docs](a)** [1](b) f[i](x y)", "docs [1](b) f[i](x y)", ["**[docs](a)**", "[docs](a)"]),
        ("*a* {n, plural, one {b} other {c}}", "*a* {n, plural, one {b} other {c}}", []),
    ],
)
def test_marks_at_words_are_set_aside(text: str, read: str, marked: list[str]) -> None:
    passage = marked_passage(DerivedText.of(text))
    assert passage.text.text == read
    assert [text[slice(*wrap.span)] for wrap in passage.wraps] == marked


@pytest.mark.parametrize(
    ("text", "read", "marked"),
    [
        ("E&xit", "Exit", ["&xit"]),
        ("Print Pre&view", "Print Preview", ["&view"]),
        ("Cu&t", "Cut", ["&t"]),
        ("Rock&roll", "Rock&roll", []),
        ("rock&roll R&D", "rock&roll R&D", []),
    ],
)
def test_a_key_within_a_word_is_told_by_the_vocabulary(text: str, read: str, marked: list[str]) -> None:
    words = {"Exit", "Preview", "Rock", "roll", "Cut"}
    passage = marked_passage(
        DerivedText.of(text), count_tokens=lambda word: 2 if word in words else len(word) // 2 + 1
    )
    assert passage.text.text == read
    assert [text[slice(*wrap.span)] for wrap in passage.wraps] == marked


async def test_they_go_around_the_translation_of_their_words() -> None:
    text = "one **two three**\nfour\n\n- *five* six"
    translator = make_translator(FakeEngine(reversed_words))
    result = await translator.translate(request(text, line_breaks="join"))
    assert result.text == "four **three two**\none\n\n- six *five*"
    assert (await translator.translate(request("open &recent files"))).text == "files &recent open"
    linked = await translator.translate(request("see [the docs](a.example/b) now"))
    assert linked.text == "now [docs the](a.example/b) see"
    assert (await translator.translate(request("&Open it"))).text == "&it Open"
    served = [
        served_model("pt-en", (("pt", "en"),), engine=FakeEngine(reversed_words)),
        served_model("en-de", (("en", "de"),), engine=FakeEngine(reversed_words)),
    ]
    both = Translator(ModelCatalog(served), FixedDetector(), has_guard=False)
    asked = request("one *two three* four", source_lang="pt", target_lang="de")
    assert (await both.translate(asked)).text == "one *two three* four"
