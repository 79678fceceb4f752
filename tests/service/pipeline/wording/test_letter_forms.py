from __future__ import annotations

import pytest

from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.wording.letter_forms import with_plain_ending, with_plain_letter_forms


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("Exmos. Senhores,", "Prezados Senhores,"),
        ("Exma Sra. Silva,", "Prezada Sra. Silva,"),
        ("Ilustríssimo Senhor Diretor,", "Prezado Senhor Diretor,"),
        ("Peço à Exma. Sra. Silva que venha.", "Peço à Sra. Silva que venha."),
        ("V. Exa. queira entrar.", "V. Exa. queira entrar."),
        ("Exmo. amigo", "Exmo. amigo"),
    ],
)
def test_forms_of_address_are_read_in_plain_words(sent: str, read: str) -> None:
    found = with_plain_letter_forms(DerivedText.of(sent), "pt-PT", sent)
    assert found.text == read
    assert found.span == (0, len(sent))


def test_no_other_language_has_them() -> None:
    given = DerivedText.of("Exmos. Senhores,")
    assert with_plain_letter_forms(given, "gl", given.text) is given


def test_who_sent_a_mail_is_told_from_where_a_way_begins() -> None:
    given = DerivedText.of("From: Ana")
    assert with_plain_letter_forms(given, "en", "From: Ana\nSubject: Hello").text == "Sender: Ana"
    assert with_plain_letter_forms(given, "en", "From: Ana\nTo: Porto") is given


@pytest.mark.parametrize(
    ("sent", "lang", "read"),
    [
        ("Thank you,", "en", "Many thanks,"),
        ("Thanks", "en-GB", "Many thanks"),
        ("Thanks!", "en", "Thanks!"),
        ("Thank you for all of it.", "en", "Thank you for all of it."),
        ("Kind regards,\n", "en", "Best regards,\n"),
        ("Yours faithfully,", "en", "Sincerely,"),
        ("Obrigada!", "pt", "Muito obrigado!"),
        ("Atentamente,", "pt-BR", "Cordialmente,"),
        ("Thank you,", "pt", "Thank you,"),
    ],
)
def test_what_stands_alone_at_the_end_of_letters_is_read_in_common_words(
    sent: str, lang: str, read: str
) -> None:
    other = "pt" if lang.startswith("en") else "en"
    assert with_plain_ending(DerivedText.of(sent), lang, other).text == read
    assert with_plain_ending(DerivedText.of(sent), lang, "hi").text == sent
