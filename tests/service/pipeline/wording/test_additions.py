from __future__ import annotations

import pytest

from crosslate.service.pipeline.wording.additions import (
    before_ellipsis,
    has_added_parenthesis,
    is_doubled,
    is_label,
    is_lecture,
)


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("Cancelar", "Cancel Cancel"),
        ("Olá", "Hello, the hello"),
        ("Idade", "Age Age"),
        ("Sobre nós", "About Us About Us"),
        ("the sense of reality", "o sentido da realidade da realidade última"),
        ("O relatório foi revisto por Ana Reis.", "The report by Ana Reis was reviewed by Ana Reis."),
        ("He sees the old house.", "Ele vê a casa velha, a casa velha."),
    ],
)
def test_what_is_said_twice_is_found(source: str, output: str) -> None:
    assert is_doubled(source, output, "pt")


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("It is very, very good.", "É muito, muito bom."),
        ("Now, now", "Agora, agora"),
        ("Agora ao Japão. O Japão era uma ilha.", "Now to Japan. Japan was an island."),
        ("The fact that that man came", "O facto de que esse homem veio"),
        (
            "where it is new to you, you may run into problems",
            "onde é nova para você, você pode ter problemas",
        ),
        ("seu dia a dia para relaxar", "their day to day to relax"),
        ("Ana Reis saw that Ana Reis had won.", "Ana Reis viu que a Ana Reis tinha ganho."),
        ("", ""),
    ],
)
def test_what_may_be_said_twice_is_left(source: str, output: str) -> None:
    assert not is_doubled(source, output, "pt")


def test_parentheses_of_its_own_are_found() -> None:
    assert has_added_parenthesis("Checkout", "Checkout (em inglês)")
    assert has_added_parenthesis("Retry", "Retry (")
    assert not has_added_parenthesis("for [a] man.[1]", "para [um] homem.[1]")
    assert has_added_parenthesis("for [a] man.[1]", "para [um] homem (sic).[1]")
    assert not has_added_parenthesis("Checkout (new)", "Finalizar (novo)")
    assert not has_added_parenthesis("art. 5.º, n.º 2, al. b)", "Article 5 (2) (b)")
    assert not has_added_parenthesis("Section II", "Secção (ii)")


def test_an_ending_behind_a_blank_is_no_number() -> None:
    assert has_added_parenthesis("Woooow", "Woooow (o)")
    assert has_added_parenthesis("Jean-Claude Van Damme.", "Jean-Claude Van Damme (a).")
    assert not has_added_parenthesis("Thank you", "Obrigado(a)")


@pytest.mark.parametrize(
    ("source", "output", "expected"),
    [
        ("Obrigado", "Thank you very much", False),
        ("Enviar", "Please send it to me", True),
        ("Não encontrado", "The page was not found", False),
        ("Não encontrado", "The page you want was not found", True),
        ("No way at all, he said", " ".join(["word"] * 30), False),
        ("2024", "In the year 2024 of the Lord", False),
    ],
)
def test_a_few_words_do_not_become_many(source: str, output: str, expected: bool) -> None:
    assert is_lecture(source, output, "pt") is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Save as…", "Save as"),
        ("Loading...", "Loading"),
        ("Please wait.", "Please wait."),
        ("…", "…"),
        ("Well, no…", "Well, no"),
        ("I do not really know…", "I do not really know…"),
        ("Really?…", "Really?…"),
        ("“Well…”", "“Well…”"),
    ],
)
def test_the_dots_behind_a_label_are_not_read(text: str, expected: str) -> None:
    assert text[slice(*before_ellipsis(text, (0, len(text))))] == expected


def test_labels_are_a_few_words_without_a_mark() -> None:
    assert is_label("Sign in")
    assert not is_label("Sign in.")
    assert not is_label("Forgot it?”")
    assert not is_label("Please sign in here")


@pytest.mark.parametrize(
    ("lang", "source", "output"),
    [
        ("hi", "Thank you", "बहुत बहुत धन्यवाद"),
        ("tr", "Slowly", "yavaş yavaş"),
        ("id", "People", "orang orang"),
        ("vi", "Slowly", "từ từ"),
    ],
)
def test_words_that_a_language_doubles_are_left(lang: str, source: str, output: str) -> None:
    assert not is_doubled(source, output, lang)


def test_phrases_twice_are_found_in_any_language() -> None:
    assert is_doubled("He sees the old house.", "वह पुराना घर पुराना घर देखता है।", "hi")


@pytest.mark.parametrize(
    ("lang", "source", "output", "expected"),
    [
        ("zh", "今天天气很好。", "The weather is very nice today, is it not?", False),
        ("zh", "取消", "Cancel", False),
        ("zh", "取消", "Please cancel the order of this customer today", True),
        ("ja", "設定", "Settings", False),
        ("th", "วันนี้อากาศดีมาก", "The weather is very nice today", False),
        ("tr", "Gidemeyecekmişsiniz", "It seems that you will not be able to go", False),
        ("ko", "기다리겠습니다", "I will be waiting for you", False),
        ("en", "Hello", "आपका स्वागत है", False),  # three words, of letters with marks
        ("en", "Congratulations", "恭喜您获得了奖励", False),
        ("en", "Checkout", "结账时请务必检查您的订单详情和付款方式", True),
    ],
)
def test_words_are_counted_as_each_script_writes_them(
    lang: str, source: str, output: str, *, expected: bool
) -> None:
    assert is_lecture(source, output, lang) is expected


def test_a_label_of_a_script_without_blanks_is_a_few_letters() -> None:
    assert is_label("取消")
    assert not is_label("我们明天去北京")
    assert not is_label("रद्द करें।")
    assert is_label("रद्द करें")


def test_full_width_parentheses_count() -> None:
    assert has_added_parenthesis("Checkout", "结账（英文）")
    assert not has_added_parenthesis("article 5 (2)", "第5条（二）")
