"""What the pipeline does to texts of languages other than English and Portuguese."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.language.graphemes import boundaries
from crosslate.service.pipeline.text.offsets import OffsetConverter, OffsetUnit, slice_text
from crosslate.service.pipeline.text.words import segment_words
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
        ("ja en", "・項目\n※注意\n★おすすめ！", ["項目", "注意", "おすすめ！"]),
        ("zh-Hans en", "再見……走吧。", ["再見……走吧。"]),
    ],
)
async def test_what_a_model_reads(languages: str, text: str, read: list[str]) -> None:
    source_lang, target_lang = languages.split()
    echo = Echo(source_lang, target_lang)
    result = await echo.translate(text)
    assert echo.read == read
    if target_lang == "ja":
        assert result.text == text


@pytest.mark.parametrize(
    ("languages", "text", "output"),
    [
        ("zh-Hans en", "今天天气很好。", "The weather is nice today, is it not so?"),
        (
            "en zh-Hans",
            "We are going to the park with our friends today, if it is dry.",
            "今天不下雨我们去公园。",
        ),
        ("th en", "วันนี้อากาศดีมากและเราจะไปสวนสาธารณะ", "The weather is very nice and we will go to the park."),
        ("en my", "I go to the market to buy food for my family.", "ကျွန်တော် မိသားစုအတွက် ဈေးသွားမယ်။"),
        ("en hi", "Thank you", "बहुत बहुत धन्यवाद"),
        ("ko en", "기다리겠습니다", "I will be waiting for you"),
        ("zh-Hans ja", "東京大学", "東京大学"),
        ("en tr", "Thanks a lot", "Çok çok teşekkürler"),
        ("en ar", "I go at 9:15 p.m.", "أذهب في الساعة 9:15 مساء."),
        ("en zh-Hans", "He said: (see below)", "他说：（见下文）"),
        ("zh-Hans en", "（一）总则", "(1) General"),
        ("en ka", "Hello my friend", "გამარჯობა ჩემო მეგობარო"),
        ("ru en", "Пришли три кошки", "3 cats came"),
    ],
)
async def test_a_right_translation_is_given_as_it_is(languages: str, text: str, output: str) -> None:
    source_lang, target_lang = languages.split()
    echo = Echo(source_lang, target_lang, {text: output}, has_guard=True)
    result = await echo.translate(text)
    assert result.text == output
    assert result.warnings == []
    assert len(echo.read) == 1  # nothing was tried again


UNITS: tuple[OffsetUnit, ...] = ("codepoint", "utf16", "utf8")


@given(
    st.text("नमस्ते कि‌ रू־שָׁלוֹם می‌رومสวัสดีครับ 𠮷野家😀👨‍👩‍👧 ကမ္ဘာ한국\u200f.。", max_size=30),
    st.sampled_from(UNITS),
)
@settings(deadline=None)
def test_spans_of_words_are_whole_characters_in_any_unit(text: str, unit: OffsetUnit) -> None:
    converter = OffsetConverter(text, unit)
    clusters = set(boundaries(text))
    for span in segment_words(text):
        assert set(span) <= clusters
        assert slice_text(text, converter.span(span), unit) == text[slice(*span)]


WRAPPED = [
    (
        "ar",
        "هذه جملة طويلة جدا كتبت على عدة أسطر حتى تصل إلى\nنهاية السطر ثم تستمر في السطر التالي حتى تنتهي.",
    ),
    ("hi", "यह एक बहुत लंबा वाक्य है जो कई पंक्तियों में लिखा\nगया है और आगे भी चलता है ताकि यह पंक्ति भर जाए।"),
    ("th", "ประโยคนี้ยาวมากและเขียนหลายบรรทัดจนกระทั่ง\nถึงสุดท้ายของบรรทัดและดำเนินต่อไป"),
]


@pytest.mark.parametrize(("lang", "text"), WRAPPED)
async def test_wrapped_lines_are_read_as_one(lang: str, text: str) -> None:
    echo = Echo(lang, "en")
    result = await echo.translate(text)
    assert echo.read == [text.replace("\n", "" if lang == "th" else " ")]
    assert result.text.count("\n") == 1


async def test_long_sentences_are_cut_behind_the_marks_of_their_script() -> None:
    echo = Echo("fa", "en", max_source_tokens=10)
    await echo.translate("این یک جمله بسیار طولانی است، که همچنان ادامه دارد")
    assert echo.read == ["این یک جمله بسیار طولانی است،", "که همچنان ادامه دارد"]
