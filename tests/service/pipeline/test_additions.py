from __future__ import annotations

import pytest

from crosslate.service.pipeline.additions import has_added_parenthesis, is_doubled, is_label, is_lecture


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
    assert is_doubled(source, output)


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
    assert not is_doubled(source, output)


def test_parentheses_of_its_own_are_found() -> None:
    assert has_added_parenthesis("Checkout", "Checkout (em inglês)")
    assert has_added_parenthesis("Retry", "Retry (")
    assert not has_added_parenthesis("Checkout (new)", "Finalizar (novo)")
    assert not has_added_parenthesis("art. 5.º, n.º 2, al. b)", "Article 5 (2) (b)")


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
    assert is_lecture(source, output) is expected


def test_labels_are_a_few_words_without_a_mark() -> None:
    assert is_label("Sign in")
    assert not is_label("Sign in.")
    assert not is_label("Forgot it?”")
    assert not is_label("Please sign in here")
