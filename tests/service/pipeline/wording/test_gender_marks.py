from __future__ import annotations

import pytest

from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.wording.gender_marks import with_one_gender, with_plurals


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Prezado(a) Sr(a). Souza, seu(sua) filho(a)", "Prezado Sr. Souza, seu filho"),
        ("Todos(as) os(as) alunos(as) do(a) diretor(a)", "Todos os alunos do diretor"),
        ("O(A) candidato(a); CANDIDATO(A)", "O candidato; CANDIDATO"),
        ("Selecione o(s) arquivo(s) da(s) pasta(s)", "Selecione o arquivo(s) da pasta(s)"),
        ("Professor(es) e aluno(s) terá(ão) acesso", "Professores e aluno(s) terá acesso"),
        ("a(s) opção(ões) desejada(s), o(s) item(ns)", "a opção(s) desejada, o item(s)"),
        ("o(s) canal(is) e fácil(eis)", "o canal(s) e fácil(eis)"),
        ("Caro/a aluno/a, os/as amigos/as", "Caro aluno, os amigos"),
        ("Prezado(a) Sr.(a)", "Prezado Sr."),
        ("Car@s amig@s, ana@x e @s", "Caros amigos, ana@x e @s"),
        ("P(A) e f(a), art. 5(a), e/ou, km/a, sopa (a), 1 ano/a2", None),
    ],
)
def test_into_a_language_without_genders_one_is_read(text: str, read: str | None) -> None:
    assert with_one_gender(DerivedText.of(text), "pt-BR", "en").text == (read or text)
    assert with_one_gender(DerivedText.of(text), "pt", "es").text == text
    assert with_one_gender(DerivedText.of(text), "en", "tr").text == text


def test_a_mark_at_the_end_is_of_its_word() -> None:
    assert with_one_gender(DerivedText.of("obrigado(a)"), "pt", "en").span == (0, 11)


def test_english_plurals_in_brackets_are_read_as_plurals() -> None:
    text = "Delete the file(s) in 3 box(es)? See f(s), item(s)2, (s) and day (s)."
    read = "Delete the files in 3 boxes? See f(s), item(s)2, (s) and day (s)."
    assert with_plurals(DerivedText.of(text), "en-US").text == read
    assert with_plurals(DerivedText.of(text), "pt").text == text
