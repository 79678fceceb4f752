"""Source code without a fence: which texts are, and what of them is read."""

from __future__ import annotations

import inspect
import io
import tokenize

import pytest

from crosslate.service.pipeline.layout.data import code, gettext, recognition
from crosslate.service.pipeline.layout.data.code import code_values
from crosslate.service.pipeline.layout.plain.bare_code import bare_code
from tests.growth import assert_linear
from tests.service.pipeline.fakes import FakeEngine, reversed_words
from tests.service.pipeline.helpers import make_translator, request


def values(text: str) -> list[str] | None:
    found = code_values(text)
    if found is None:
        return None
    return ["".join(text[slice(*span)] for span in one.pieces or (one.span,)).strip() for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import os\n\nx = 1  # the first one\nprint('a b')\n", ["the first one"]),
        ('def f(x):\n    """Say it.\n\n    Args:\n        x: the word.\n    """\n', ["Say it.", "the word."]),
        ("# One two\n# three.\ndef f():\n    # x = f()\n    pass  # noqa: E501\n", ["One two\n# three."]),
        ("class A:\n    q = '''\n    no doc at all\n    '''\n", []),
        ("const x = 1; // the one\nfoo('it // is');\n/* two\n * three */\n", ["the one", "two\nthree"]),
        (
            "/**\n * Says it.\n * @param {string} x The word\n */\nfunction f(x) {\n}\n",
            ["Says it.", "The word"],
        ),
        ("#!/bin/sh\n# Copy it\ncp a b\n", ["Copy it"]),
        ("#include <stdio.h>\nint main(void) {\n  return 0;\n}\n", []),
        (".card {\n  color: red; /* like this */\n}\n", ["like this"]),
        ("sudo apt-get install -y nginx\ncd /var/www\n", []),
        ("FROM python:3.11\n# All files\nCOPY . .\n", ["All files"]),
        ("<?php\n// Say it\n$x = 'a b';\necho $x;\n", ["Say it"]),
        ('package main\n\nfunc main() {\n\tfmt.Println("a b")\n}\n', []),
        ("#[derive(Debug)]\nfn main() {\n    let x = 5;\n}\n", []),
    ],
)
def test_comments_are_read(text: str, expected: list[str]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "If you import goods, you pay for them;\nreturn them if they break.",
        "Import duties\nReturn of goods;\nClass of goods:",
        "Dear Ana,\nthank you (so much),\nPedro",
        "- eggs;\n- flour;\n- milk (cold);",
        "for the king:\nwhile he was away;\nif he comes (soon),",
        "From: Ana\nTo: Pedro",
        "# Title\n\n(a) one,\n(b) two;",
        "let x = y\nand so it is with all of us here.",
        "Let x = 5.\nThen y = 6;",
        "print this page\nfind the door; open it",
        "class of 2026:\nAna, Pedro (and I)",
        "try this at home;\nelse do it with us.",
    ],
)
def test_prose_is_none(text: str) -> None:
    assert values(text) is None
    assert bare_code(text) == []


@pytest.mark.parametrize("module", [code, gettext, recognition])
def test_of_real_modules_all_tokens_but_comments_and_documentation_stay(module: object) -> None:
    source = inspect.getsource(module)  # type: ignore[arg-type]
    found = code_values(source)
    assert found
    edited = list(source)
    for value in found:
        for start, end in value.pieces or (value.span,):
            edited[start:end] = (one.upper() for one in source[start:end])

    def tokens(text: str) -> list[tuple[int, str]]:
        all_of_them = tokenize.generate_tokens(io.StringIO(text).readline)
        kept = (one for one in all_of_them if one.type != tokenize.COMMENT)
        return [(one.type, "" if one.string.startswith('"""') else one.string) for one in kept]

    assert tokens("".join(edited)) == tokens(source)


async def test_lines_of_a_block_keep_their_stars() -> None:
    text = (
        "/**\n * This is a long line of a comment that goes on\n * in the next line and ends there.\n */\n"
        "function f(x) {\n  return x;\n}\n"
    )
    result = await make_translator(FakeEngine(reversed_words)).translate(request(text))
    lines = result.text.split("\n")
    assert [line[:3] for line in lines[:4]] == ["/**", " * ", " * ", " */"]
    assert lines[4:] == text.split("\n")[4:]
    words = "This is a long line of a comment that goes on in the next line and ends there ."
    assert " ".join(line[3:] for line in lines[1:3]).split() == words.split()[::-1]


async def test_amid_prose_it_stays() -> None:
    text = "It fails:\n\nimport os\n\ndef main():\n    print(x)\n\nmain()\n\nWhy so?"
    result = await make_translator(FakeEngine(reversed_words)).translate(request(text))
    assert result.text == text.replace("It fails:", ": fails It").replace("Why so?", "? so Why")


@pytest.mark.parametrize("function", [values, bare_code])
@pytest.mark.parametrize(
    ("before", "unit", "after"),
    [
        ("import os\n", "# a\n", ""),
        ("import os\nx = ", '"\\', ""),
        ("import os\n", "'", "\n"),
        ("const x = 1;\n", "/* ", ""),
        ("const x = 1;\n", "`\\", ""),
        ("import os\n", '"""\n', ""),
        ("import ", "a, ", "from"),
        ("import os\n", "a ", "\n"),
        ("import os\n", " ", '"""'),
        ("", "a = b\n\n", ""),
        ("const ", "x ", "="),
        ("/**\n", " * @param ", "*/\nvoid x;\n}"),
    ],
)
def test_time_is_in_proportion_to_length(function: object, before: str, unit: str, after: str) -> None:
    assert callable(function)
    assert_linear(function, lambda length: before + unit * (length // len(unit)) + after)
