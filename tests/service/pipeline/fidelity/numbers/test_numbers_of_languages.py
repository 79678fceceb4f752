"""Numbers as languages other than English and Portuguese write them; what is not known is not put right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.fidelity.numbers.number_difference import difference
from crosslate.service.pipeline.fidelity.numbers.number_forms import RewrittenNumbers, rewritten_numbers
from crosslate.service.pipeline.text.origin import DerivedText


@pytest.mark.parametrize(
    ("source_lang", "target_lang", "source", "target"),
    [
        ("ar", "en", "العدد ١٬٢٣٤٫٥٦ و ١٢٣٤٥", "The number 1,234.56 and 12345"),
        ("en", "ar", "It has 1,234.56 and 12,345", "لديه 1,234.56 و 12,345"),
        ("en", "ar", "It has 1,234.56", "لديه ١٬٢٣٤٫٥٦"),
        ("en", "ar", "It has 1,234.56", "لديه 1.234,56"),
        ("en", "fa", "1,234,567 and 3.5", "۱٬۲۳۴٬۵۶۷ و ۳٫۵"),
        ("fa", "de", "۱٬۲۳۴٬۵۶۷ و ۳٫۵", "1.234.567 und 3,5"),
        ("hi", "en", "१,२३,४५६ लोग", "123,456 people"),
        ("en", "hi", "3.5 million", "35 लाख"),
        ("en", "bn", "20 million people", "২ কোটি মানুষ"),
        ("th", "en", "๑,๒๓๔.๕๖ บาท", "1,234.56 baht"),
        ("th", "en", "5 แสนบาท", "500,000 baht"),
        ("zh-Hans", "en", "１，２３４．５６元，１２３４元", "1,234.56 yuan, 1234 yuan"),
        ("zh-Hans", "en", "1万2千人，3.5亿", "12,000 people, 350 million"),
        ("en", "zh-Hans", "350 million and 12,000", "3.5亿和1.2万"),
        ("ja", "en", "3億5000万円", "350,000,000 yen"),
        ("ko", "en", "3억 5천만 원", "350 million won"),
        ("en", "zh-Hans", "25 people in 2024", "二十五个人，二〇二四年"),
        ("zh-Hant", "en", "三千二百個", "3200 of them"),
        ("zh-Hans", "en", "两只猫", "2 cats"),
        ("en", "zh-Hans", "ten thousand", "1万"),
        ("en", "zh-Hans", "on March 5, 2024", "2024年3月5日"),
        ("vi", "en", "ngày 5 tháng 3", "March 5"),
        ("en", "zh-Hans", "at 9:15 p.m.", "晚上9:15"),
        ("en", "zh-Hans", "at 9:30", "9点半"),
        ("fr", "en", "à 9h15 du soir", "at 9:15 p.m."),
        ("ja", "fr", "午後9時", "à 21 heures"),
        ("en", "ru", "3 cats", "три кошки"),
        ("ru", "en", "двадцать кошек", "20 cats"),
        ("ru", "en", "1,5 млн и 12 345,67", "1,500,000 and 12,345.67"),
        ("es", "en", "12,345 pesos", "12,345 pesos"),  # of Mexico
        ("es", "en", "1,234.56 pesos", "1,234.56 pesos"),
        ("es", "en", "12.345 euros", "12,345 euros"),
        ("de-CH", "en", "1’234.56 und 12'345", "1,234.56 and 12,345"),
        ("xx", "yy", "1.234,56", "1,234.56"),
        ("de", "en", "um 10.30 Uhr", "at 10:30"),
        ("de", "en", "Um halb drei kam er.", "He came at 2:30."),
        ("en", "nl", "at 2:30", "om half drie"),
        ("en", "pt", "1,000,000 people", "um milhão de pessoas"),
        ("ja", "en", "200万円", "two million yen"),
        ("en", "ru", "1,000,000", "миллион"),
        ("ur", "en", "5 لاکھ", "500,000"),
        ("ru", "en", "двадцать пять человек", "25 people"),
        ("ja", "en", "令和6年と平成元年", "2024 and 1989"),
        ("th", "en", "พ.ศ. 2567", "2024"),
        ("en", "zh-Hant", "in 2024", "民國113年"),
        ("ja", "en", "3割引", "30% off"),
        ("en", "de", "at 9.30 a.m.", "um 9:30 Uhr"),
        ("sv", "fr", "klockan 14.30", "à 14 h 30"),
    ],
)
def test_the_same_numbers(source_lang: str, target_lang: str, source: str, target: str) -> None:
    assert not difference(source, source_lang, target, target_lang)


@pytest.mark.parametrize(
    ("source_lang", "target_lang", "source", "target"),
    [
        ("ar", "en", "العدد ١٢٣٤٥", "The number 12346"),
        ("en", "pt", "3,000,000 people", "dois milhões de pessoas"),
        ("en", "pt", "1,000,000 m", "os m"),
        ("ja", "en", "令和6年", "2025"),
        ("ru", "en", "двадцать пять человек", "2500 people"),
        ("en", "de", "He said half.", "Es ist 2:45."),
        ("zh-Hans", "en", "1万2千人", "12 people"),
        ("zh-Hans", "en", "3.5亿", "35 million"),
        ("zh-Hans", "en", "二十五个人", "26 people"),
        ("en", "ru", "347 cats", "кошки"),
        ("de", "fr", "1.234,5", "1,2345"),
    ],
)
def test_other_numbers(source_lang: str, target_lang: str, source: str, target: str) -> None:
    assert difference(source, source_lang, target, target_lang)


@pytest.mark.parametrize(
    ("source_lang", "target_lang", "text", "expected"),
    [
        ("en", "de", "$1,234.56", "$1.234,56"),
        ("en", "de-CH", "CHF 12,345", "CHF 12’345"),
        ("en", "fr", "12,345 €", "12\u202f345 €"),
        ("ru", "en", "3,5 кг, 1 234,56 ₽", "3.5 кг, 1,234.56 ₽"),
        ("pl", "en", "12 345,67 zł", "12,345.67 zł"),
        ("de-CH", "en", "CHF 1'234.50, 3.50", "CHF 1,234.50, 3.50"),
        ("sv", "en", "1 234,56 kronor", "1,234.56 kronor"),
        ("en", "de", "at 10.30 a.m.", "at 10.30 a.m."),
        # The rules of one of the languages are not known, or are several.
        ("en", "ar", "$1,234.56", "$1,234.56"),
        ("de", "fa", "1.234,56 €", "1.234,56 €"),
        ("es", "en", "$12,345", "$12,345"),
        ("es-MX", "de", "$1,234.50", "$1.234,50"),
        ("pl", "en", "777 123 456", "777 123 456"),
        ("pl", "en", "777 123 456 zł", "777,123,456 zł"),
        ("cs", "en", "1 234 lidí", "1,234 lidí"),
        # They are the same; a model has read plain blanks.
        ("fr", "ru", "12 345,5 €", "12\xa0345,5 €"),
        ("en", "hi", "₹12,34,567", "₹12,34,567"),
        ("en", "zh-Hans", "¥1,234.5", "¥1,234.5"),
    ],
)
def test_what_a_model_copies(source_lang: str, target_lang: str, text: str, expected: str) -> None:
    written = RewrittenNumbers(rewritten_numbers(text, source_lang, target_lang), target_lang)
    assert written.restored(DerivedText.of(text)).text == expected


LANGUAGES = ["en", "de", "fr", "ru", "ar", "fa", "hi", "zh-Hans", "ja", "ko", "th", "es", "de-CH", "xx"]


@given(
    st.text(alphabet="0123456789.,: \xa0-/a١٢٬٫３４，．万千十五億", max_size=40), st.sampled_from(LANGUAGES)
)
def test_any_text_has_the_numbers_of_itself(text: str, lang: str) -> None:
    assert not difference(text, lang, text, lang)
