"""BBCode: what of it is found, and what becomes of the words in it."""

from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.protected.forum_tags import forum_lines
from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from tests.growth import assert_linear
from tests.service.pipeline.fakes import FakeEngine, reversed_words
from tests.service.pipeline.helpers import make_translator, request


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[b]So[/b] it [I]is[/I]", ["[b]", "[/b]", "[I]", "[/I]"]),
        ("[url=https://a.example/b]it[/url]", ["[url=https://a.example/b]", "[/url]"]),
        ("[url]https://a.example/b[/url] now", ["[url]https://a.example/b[/url]"]),
        ("See [img]https://a.example/b.png[/img].", ["[img]https://a.example/b.png[/img]"]),
        ('[quote="Tom"]It is.[/quote]', ['[quote="Tom"]', "[/quote]"]),
        ("[color=#ff0000]red[/color] [*]one", ["[color=#ff0000]", "[/color]", "[*]"]),
        ("[code=python]x = the cat[/code] here", ["[code=python]x = the cat[/code]"]),
        ("[quote]It began here.", []),
        ('"[i]t was cold", [sic] and [s]he left', []),
        ("[see the list] [quote] / [/x]", ["[/x]"]),
    ],
)
def test_tags_are_told_from_what_stands_in_brackets(text: str, found: list[str]) -> None:
    assert [text[slice(*one.span)] for one in protected_spans(text)] == found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[b]one two[/b] three", "three [b]two one[/b]"),
        ("[size=9][i]one[/i][/size] two", "two [size=9][i]one[/i][/size]"),
        (
            "[quote=Tom]\none two\n[/quote]\n[code]\nthree four\n[/code]\nfive six",
            "[quote=Tom]\ntwo one\n[/quote]\n[code]\nthree four\n[/code]\nsix five",
        ),
        ("[list]\n[*] one two\n[/list]", "[list]\n[*] two one\n[/list]"),
    ],
)
async def test_they_go_with_their_words(text: str, expected: str) -> None:
    assert (await make_translator(FakeEngine(reversed_words)).translate(request(text))).text == expected


@pytest.mark.parametrize("text", ["[code]\n", "[b]", "[/code]", "[quote=x]\n", "[b][/i]"])
def test_time_is_linear(text: str) -> None:
    assert_linear(forum_lines, lambda size: text * size)
    assert_linear(protected_spans, lambda size: text * size)
