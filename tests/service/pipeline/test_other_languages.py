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


@pytest.mark.parametrize(
    ("languages", "text", "read"),
    [
        ("zh-Hans en", "请看https://a.example/x，谢谢。", ["请看 X1，谢谢。"]),
        ("zh-Hans en", "请看www.example.com的内容。", ["请看 X1 的内容。"]),
        ("zh-Hans en", "见https://zh.example/wiki/中国。", ["见 X1。"]),
        ("zh-Hans en", "请联系a@b.com或@小明 吧。", ["请联系 X1 或 X2 吧。"]),
        ("zh-Hans en", "欢迎$name，共%d个。", ["欢迎 X1，共 X2 个。"]),
        ("ko en", "www.example.com에서 {name}님을 만나요.", ["X1 에서 X2 님을 만나요."]),
        ("ja en", "詳細はhttps://a.example/をご覧ください。", ["詳細は X1 をご覧ください。"]),
        ("zh-Hans ja", "这是<b>重点</b>内容。", ["这是重点内容。"]),
        ("zh-Hans en", "请使用WIFI连接USB。", ["请使用WIFI连接USB。"]),
        ("zh-Hans en", "１．第二", ["１．第二"]),
        ("zh-Hans en", "再見……走吧。", ["再見……走吧。"]),
        ("th en", "นี่คือบรรทัดแรกที่ยาวมากจนเต็มบรรทัด\nซึ่งต่อไปในบรรทัดนี้", None),
    ],
)
async def test_what_a_model_reads(languages: str, text: str, read: list[str] | None) -> None:
    source_lang, target_lang = languages.split()
    echo = Echo(source_lang, target_lang)
    result = await echo.translate(text)
    assert echo.read == (read or [text.replace("\n", "")])
    if target_lang == "ja":
        assert result.text == text
    elif read is None:
        assert result.text.replace("\n", "") == text.replace("\n", "")
