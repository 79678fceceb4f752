from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.service.pipeline.sentences.abbreviations import ABBREVIATIONS
from crosslate.service.pipeline.sentences.sentence_ends import sentence_ends


def sentences(text: str, lang: str) -> list[str]:
    ends = sentence_ends(text, lang)
    return [text[start:end].strip() for start, end in zip([0, *ends], ends, strict=False)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Nos termos do artigo 5.º, n.º 2, alínea b), do Decreto-Lei n.º 48/2015, é assim.", "Ver art. 3."],
        ["O Sr. Silva e a Dr.ª Ana moram na Av. da Liberdade, n.º 12.", "Disse: «Vou já.»", "E saiu."],
        ["A Exma. Sra. D. Rita viu a pág. 5, do séc. XIX.", "A V. Exa. sabe.", "A loja de S. Pedro fechou."],
        ["Chegou em Dez. de 2024.", "Partiu em Dez.", "Ninguém soube."],
        ["Era a Silva & Filhos, Lda. no Porto.", "Fechou em maio."],
        ["Foi entre 20 a.C. e 30 d.C. na Lusitânia.", "Ver n.os 3 e 4 (p.ex. aqui).", "Fim."],
        ["«E tu?» disse ele.", "«Sim!»", "E foi."],
        ["Mora no apto. 3, bl. B, ali.", "Foi."],
        ["O Nelson Piquet Jr. ganhou em St. Louis.", "A 2.ª edição é melhor."],
    ],
    ids=lambda expected: expected[0][:20],
)
def test_portuguese(expected: list[str]) -> None:
    assert sentences(" ".join(expected), "pt") == expected
    assert sentences(" ".join(expected), "pt-BR") == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["Add 2 tbsp. olive oil and 1 tsp. salt at a temp. of 80.", "Stir.", "Use a pkg. of two."],
        ["It was finished in 1482.¹", "It burned down.²³", "Nobody knew."],
        ["It was finished in 1482.[6]", "It burned down.[7][8]", "Nobody knew."],
        ["He came in May.", "Forty people saw me.", "They said no.", "Nobody fell ill.", "No. 5 is empty."],
        ["Is it true?!", "I know.", "Yes!!", "I saw it."],
        ["(The shop was closed.)", "We came back.", "The end.)", "Another one."],
        ["“Go away!” she said.", "He asked, “Are you sure?”", "Nobody spoke."],
        [
            "Approx. 40 guests came to Baker Ltd. of Leeds.",
            "It was 5 p.m. on Monday.",
            "See fig. 4 on p. 12.",
        ],
        ["It runs on .NET.", "ASP.NET is older.", "This is the end.", "Next one."],
        ["The U.S. Senate met Dr. Hill, e.g. on Monday.", "J. R. Miller left."],
        [
            "It met at 9:15 p.m. EST.",
            "It left at 9 a.m. Monday in a car.",
            "It was 9 p.m.",
            "Monday was dull.",
        ],
        ["It is 5 excl. VAT for him.", "Ed. by Tom, tel. 555.", "Eat at 9 p.m.", "PETS are in."],
        ["at 5 p.m.", "Thanks!", "It is so."],
        ["Call foo(bar.) then.", "It opened (at last!) in June."],
    ],
    ids=lambda expected: expected[0][:20],
)
def test_english(expected: list[str]) -> None:
    assert sentences(" ".join(expected), "en") == expected


@pytest.mark.parametrize("lang", ["de", "zh", "xx"])
def test_languages_without_data_have_the_library_s_ends(lang: str) -> None:
    assert sentences("Eins. Zwei! 三。四", lang) == ["Eins.", "Zwei!", "三。", "四"]


@pytest.mark.parametrize("lang", ["de", "en", "pt", "fr", "ja", "ru", "xx"])
@pytest.mark.parametrize("blank", "\xa0\u2009\u202f\u3000\x85\u2028")
def test_blanks_of_more_than_a_byte_before_an_initial(lang: str, blank: str) -> None:
    """The library panics on them, which no `except Exception` catches."""
    text = f"Vitamin A{blank}B{blank}. Das ist alles."
    assert sentence_ends(text, lang)[-1] == len(text)


def test_sentences_that_only_look_alike_end() -> None:
    assert sentences("Toma vitamina C. Depois descansa.", "pt") == ["Toma vitamina C.", "Depois descansa."]
    assert sentences("Gostei muito.Obrigado.", "pt") == ["Gostei muito.", "Obrigado."]


def test_no_entry_is_in_two_places() -> None:
    for known in ABBREVIATIONS.values():
        assert not known.leading & (known.open | known.words)
        assert not any(entry.endswith(".") for entry in known.leading | known.open | known.words)


@given(
    st.lists(
        st.sampled_from([*"aB.!?)(»”\"'ºª ", "\xa0", "n.º ", "Sr. ", "May. ", "a.C. ", "XIX. "]), max_size=40
    ),
    st.sampled_from(["pt", "en", "de"]),
)
@settings(deadline=None)
def test_ends_rise_to_the_end_of_the_text(parts: list[str], lang: str) -> None:
    text = "".join(parts)
    ends = sentence_ends(text, lang)
    assert ends == sorted(set(ends))
    assert ends[-1:] == ([len(text)] if text else [])
    assert all(end > 0 for end in ends)
