"""What the pipeline does to texts of languages other than English and Portuguese."""

from __future__ import annotations

import pytest

from tests.service.pipeline.echo import Echo


@pytest.mark.parametrize(
    ("languages", "text", "words", "expected"),
    [
        # A model writes a stand-in right beside letters of scripts that set no blanks, or no such there.
        (
            "en zh-Hans",
            "Hello {name}, welcome!",
            {"Hello ": "你好", ", welcome!": "，欢迎！"},
            "你好{name}，欢迎！",
        ),
        ("en ko", "Welcome, {name}!", {"Welcome, X1!": "X1님, 환영합니다!"}, "{name}님, 환영합니다!"),
        ("en he", "To {name}.", {"To X1": "לX1"}, "ל{name}."),
        # The blanks that a stand-in was given are not written in a language without any.
        ("zh-Hans ja", "你好{name}欢迎", {"欢迎": "ようこそ"}, "你好{name}ようこそ"),
        ("zh-Hans en", "你好{name}欢迎", {"你好": "Hello", "欢迎": "welcome"}, "Hello {name} welcome"),
        ("fr en", "Il y a 1\u202f234\u202f567 lieux.", {"Il y a": "There are"}, "There are 1,234,567 lieux."),
    ],
)
async def test_a_translation(languages: str, text: str, words: dict[str, str], expected: str) -> None:
    source_lang, target_lang = languages.split()
    echo = Echo(source_lang, target_lang, words)
    result = await echo.translate(text)
    assert result.text == expected
    assert result.warnings == []
