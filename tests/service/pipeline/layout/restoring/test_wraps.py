from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.layout.markdown.markdown import markdown_passages
from crosslate.service.pipeline.layout.restoring.restoring import layout_of
from crosslate.service.pipeline.layout.restoring.wraps import place_wraps
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Wrap


def linked(sent: str, target: str, pairs: str) -> list[Link]:
    """Links from `red=vermelha car=carro`."""
    links = []
    for pair in pairs.split():
        one, other = pair.split("=")
        start, end = sent.index(one), target.index(other)
        links.append(Link((start, start + len(one)), (end, end + len(other)), 0.9))
    return links


def marked(sent: str, target: str, pairs: str) -> tuple[str, list[str]]:
    """The translation with the marks of the one passage of `sent`, and what was guessed."""
    (passage,) = markdown_passages(sent)
    source = passage.text.part(0, len(passage.text.text))
    layout = layout_of(passage, source.span)
    placed = place_wraps(target, layout.wraps, linked(source.text, target, pairs), source)
    assert layout.extent is not None
    start, end = layout.extent
    found = DerivedText.of(target).edited(placed.edits).text
    return sent[:start] + found + sent[end:], [sent[slice(*span)] for span in placed.guessed]


@pytest.mark.parametrize(
    ("sent", "target", "pairs", "expected"),
    [
        (
            "A **red** car is [nice](u).",
            "Um carro vermelho é bonito.",
            "red=vermelho car=carro nice=bonito",
            "Um carro **vermelho** é [bonito](u).",
        ),
        ("**Red** cars", "Carros vermelhos", "Red=vermelhos cars=Carros", "Carros **vermelhos**"),
        ("cars of **my** friend", "my cars", "cars=cars my=my", "**my** cars"),
        (
            "See **the _old_ house** now.",
            "Vê já a casa antiga.",
            "See=Vê the=a old=antiga house=casa now=já",
            "Vê já **a casa _antiga_**.",
        ),
        ("**Note:** it works.", "Nota: funciona.", "Note=Nota works=funciona", "**Nota:** funciona."),
        ('Say _"yes"_ now', "Diz “sim” agora", "yes=sim Say=Diz now=agora", "Diz _“sim”_ agora"),
        ("**All of it**", "Tudo isso", "", "**Tudo isso**"),
        ("See the note[^1] below.", "Veja a nota abaixo.", "note=nota", "Veja a nota[^1] abaixo."),
        ("Go **home**[^1] now.", "Vai para casa já.", "home=casa now=já", "Vai para **casa**[^1] já."),
        ("***Nobody*** knows.", "Ninguém sabe.", "Nobody=Ninguém knows=sabe", "***Ninguém*** sabe."),
    ],
)
def test_marks_stand_around_the_linked_words(sent: str, target: str, pairs: str, expected: str) -> None:
    assert marked(sent, target, pairs) == (expected, [])


def test_a_stray_link_widens_no_mark() -> None:
    sent, target = "The **red** car is new", "O carro vermelho é novo"
    (passage,) = markdown_passages(sent)
    links = linked(passage.text.text, target, "red=vermelho The=O car=carro is=é new=novo")
    links.append(Link((4, 7), (0, 1), 0.3))
    placed = place_wraps(target, passage.wraps, links, passage.text)
    assert DerivedText.of(target).edited(placed.edits).text == "O carro **vermelho** é novo"


def test_a_word_that_stands_for_more_than_the_marked_ones_is_marked() -> None:
    sent, target = "A cama do [meu irmão](u)", "My brother's bed"
    links = [*linked(sent, target, "cama=bed meu=My do=brother's irmão=brother's")]
    links[2] = Link(links[2].source, links[2].target, 0.95)
    (passage,) = markdown_passages(sent)
    placed = place_wraps(target, passage.wraps, links, passage.text)
    assert DerivedText.of(target).edited(placed.edits).text == "[My brother's](u) bed"


def test_marks_without_links_are_guessed_and_said_to_be() -> None:
    assert marked("One *two* three", "Um dois três", "") == ("Um *dois* três", ["*two*"])


@st.composite
def trees(draw: st.DrawFn) -> tuple[str, list[Wrap]]:
    """Words of one letter, one blank between them, and well nested marks among them."""
    num_words = draw(st.integers(1, 8))
    wraps: list[Wrap] = []

    def fill(first: int, last: int, depth: int) -> None:
        at = first
        while at < last and depth < 4:
            at = draw(st.integers(at, last))
            size = draw(st.integers(0, last - at))
            inner = (2 * at, 2 * at + max(2 * size - 1, 0))
            number = len(wraps)
            wraps.append(Wrap(inner, f"<{number}>", f"</{number}>" if size else "", inner))
            if size:
                fill(at, at + size, depth + 1)
            at += max(size, 1)

    fill(0, num_words, 0)
    return " ".join("abcdefgh"[:num_words]), wraps


@given(trees(), st.lists(st.sampled_from("xyzuvw"), max_size=6), st.data())
def test_every_mark_stands_once_and_in_the_marks_that_it_was_in(
    tree: tuple[str, list[Wrap]], words: list[str], data: st.DataObject
) -> None:
    text, wraps = tree
    target = " ".join(words)
    sources = st.integers(0, text.count(" ")).map(lambda i: (2 * i, 2 * i + 1))
    targets = st.integers(0, max(len(words) - 1, 0)).map(lambda i: (2 * i, 2 * i + 1))
    links = data.draw(st.lists(st.builds(Link, sources, targets, st.floats(0.1, 1))))
    placed = place_wraps(target, wraps, links, DerivedText.of(text))
    assert all(a[0][1] <= b[0][0] for a, b in pairwise(placed.edits))
    found = DerivedText.of(target).edited(placed.edits).text
    assert re.sub(r"</?\d+>", "", found) == target
    marks = re.findall(r"</?\d+>", found)
    assert sorted(marks) == sorted(mark for wrap in wraps for mark in (wrap.opening, wrap.closing) if mark)
    points = {wrap.opening for wrap in wraps if not wrap.closing}
    open_marks: list[str] = []
    for mark in marks:
        if mark in points:
            continue
        if mark.startswith("</"):
            assert open_marks.pop() == mark.replace("/", "")
        else:
            open_marks.append(mark)
    assert not open_marks
