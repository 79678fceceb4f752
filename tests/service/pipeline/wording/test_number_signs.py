from __future__ import annotations

import pytest

from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.wording.number_signs import with_numbers_of_laws, with_readable_number_signs


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("pt", "Rua das Flores, nº 12", "Rua das Flores, n.º 12"),
        ("pt-BR", "Casa Nº5, n.º 6", "Casa N.º 5, n.º 6"),
        ("pt", "Informe o nº do pedido", "Informe o número do pedido"),
        ("pt", "N° de série; os nºs 3 e 4 e n.os 5", "Número de série; os números 3 e 4 e números 5"),
        ("es", "Calle Mayor, nº\xa07", "Calle Mayor, n.º\xa07"),
        ("pt", "o n° 7", "o n° 7"),
        ("pt", "café c/ leite s/açúcar, c/c e km/h", "café com leite sem açúcar, c/c e km/h"),
        ("en", "your invoice no. {{ x }}, no. %s", "your invoice number {{ x }}, no. %s"),
        ("en", "Ready? No. {name} said no. {x}", "Ready? No. {name} said no. {x}"),
        ("en", "See invoice No. 77 and nos. 3 and 4", "See invoice number 77 and numbers 3 and 4"),
        ("en", "No. 5 won", "Number 5 won"),
        ("en", "w/ milk, w/o sugar, or w/o, w/x", "with milk, without sugar, or without, w/x"),
        (
            "en",
            ".5 mg at p = .024, p < .05; .env .7z 1 .2.3",
            "0.5 mg at p = 0.024, p < 0.05; .env .7z 1 .2.3",
        ),
        (
            "en",
            "From $950m to $1.2bn, £5M/year, 5m and $5mm wide, $3 m",
            "From $950 million to $1.2 billion, £5 million/year, 5m and $5mm wide, $3 m",
        ),
        (
            "pt",
            "R$ 2,5 mi, US$ 1,5 bi e 1,2 mi de usuários; 3 mi e R$ 5 milhas",
            "R$ 2,5 milhões, US$ 1,5 bilhão e 1,2 milhão de usuários; 3 mi e R$ 5 milhas",
        ),
        ("en", "No. of guests: 2, he said no. Of", "Number of guests: 2, he said no. Of"),
        ("en", "after 30s, every 1s, in the 80s, 5s", "after 30 seconds, every 1 second, in the 80s, 5s"),
        (
            "pt",
            "após 30s c/ 2 m², p/ pessoa e p/ entrega",
            "após 30 segundos com 2 m², por pessoa e para entrega",
        ),
        ("en", "Passport no. X123 and order no. AB-7", "Passport number X123 and order number AB-7"),
    ],
)
def test_a_number_sign_is_read_as_what_it_is(lang: str, text: str, expected: str) -> None:
    given = DerivedText.of(text)
    read = with_readable_number_signs(given, lang)
    assert read.text == expected
    assert read.origin.span((0, len(read.text))) == (0, len(text))


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The answer is no. 5 people came."),
        ("en", "No, 5 people came. Casino. 7 of them won."),
        ("pt", "Fica no 5º andar, nos 3 anos"),
        ("de", "Nr. 5, nº 5"),
    ],
)
def test_words_are_left_alone(lang: str, text: str) -> None:
    assert with_readable_number_signs(DerivedText.of(text), lang).text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Art. 3.º - Definições", "Art. 3 - Definições"),
        ("os artigos 1.º e 2.º, n.º 4, e o § 2º", "os artigos 1 e 2, n.º 4, e o § 2"),
        ("Cláusula 1.ª, a 2.ª cláusula", "Cláusula 1, a 2.ª cláusula"),
        ("art. 4º-A, arts. 5.°, 6.°", "art. 4-A, arts. 5, 6"),
        ("o 3.º andar, a parte 3.º", "o 3.º andar, a parte 3.º"),
    ],
)
def test_articles_of_laws_are_no_ordinal_numbers_elsewhere(text: str, expected: str) -> None:
    given = DerivedText.of(text)
    assert with_numbers_of_laws(given, "pt", "en").text == expected
    assert with_numbers_of_laws(given, "pt", "es").text == text
