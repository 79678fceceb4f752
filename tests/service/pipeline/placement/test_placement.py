from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.placement.elements import Element, Placement
from crosslate.service.pipeline.placement.placement import place

MARKS = {"[": "]", "‹": "›", "{": "}"}


def read(marked: str) -> tuple[str, list[Element]]:
    """A text and its elements: around words by brackets, points by `#`."""
    text, found, path = "", list[Element](), list[tuple[int, str]]()
    for character in marked:
        if character in MARKS:
            parent = path[-1][0] if path else None
            path.append((len(found), MARKS[character]))
            found.append(Element((len(text), len(text)), parent))
        elif path and character == path[-1][1]:
            number, _ = path.pop()
            found[number] = Element((found[number].span[0], len(text)), found[number].parent)
        elif character == "#":
            found.append(Element((len(text), len(text)), path[-1][0] if path else None))
        else:
            text += character
    return text, found


def links_of(source: str, target: str, pairs: str) -> list[Link]:
    """From `red=vermelha car=carro`."""
    found = []
    for pair in pairs.split():
        one, other = pair.split("=")
        start, end = source.index(one), target.index(other)
        found.append(Link((start, start + len(one)), (end, end + len(other)), 0.9))
    return found


def written(target: str, marked: str, placement: Placement) -> str:
    """The translation with the marks of the source."""
    marks = [character for character in marked if character in MARKS or character == "#"]
    text, done = "", 0
    for border in placement.borders:
        mark = marks[border.element]
        text += target[done : border.at] + (MARKS[mark] if border.side == "end" else mark)
        done = border.at
    return text + target[done:]


def placed(marked: str, target: str, pairs: str, fixed: Sequence[str] = ()) -> tuple[str, list[int]]:
    source, elements = read(marked)
    spans = [(target.index(words), target.index(words) + len(words)) for words in fixed]
    found = place(elements, links_of(source, target, pairs), source, target, fixed=spans)
    return written(target, marked, found), list(found.guessed)


@pytest.mark.parametrize(
    ("marked", "target", "pairs", "expected"),
    [
        ("The [blue] dog", "O cão azul", "The=O blue=azul dog=cão", "O cão [azul]"),
        ("The [blue] ‹dog›", "O cão azul", "The=O blue=azul dog=cão", "O ‹cão› [azul]"),
        (
            "The [blue ‹old›] dog",
            "O cão azul velho",
            "The=O blue=azul old=velho dog=cão",
            "O cão [azul ‹velho›]",
        ),
        ("[All of it].", "Tudo isso.", "", "[Tudo isso]."),
        ("[this]/‹that›", "isso/que", "this/that=isso/que", "[isso]/‹que›"),
        (
            "{[red]/blue} cat",
            "gato vermelho/azul",
            "red/blue=vermelho/azul cat=gato",
            "gato {[vermelho]/azul}",
        ),
        ('Say ["yes"] now', "Diz “sim” agora", "Say=Diz yes=sim now=agora", "Diz [“sim”] agora"),
        ("It is [here]!", "Está aqui!", "It=Está here=aqui", "Está [aqui]!"),
        ("It is [here!]", "Está aqui!", "It=Está here=aqui", "Está [aqui!]"),
        ("Press ([Go]) now", "Carregue (Ir) já", "Press=Carregue Go=Ir now=já", "Carregue ([Ir]) já"),
        ("Press [(Go)] now", "Carregue (Ir) já", "Press=Carregue Go=Ir now=já", "Carregue [(Ir)] já"),
    ],
)
def test_elements_stand_around_the_linked_words(marked: str, target: str, pairs: str, expected: str) -> None:
    assert placed(marked, target, pairs) == (expected, [])


@pytest.mark.parametrize(
    ("marked", "target", "pairs", "expected"),
    [
        ("one# two", "um dois", "one=um two=dois", "um# dois"),
        ("one #two", "um dois", "one=um two=dois", "um #dois"),
        ("a #red car", "um carro vermelho", "a=um red=vermelho car=carro", "um carro #vermelho"),
        ("a red# car", "um carro vermelho", "a=um red=vermelho car=carro", "um carro vermelho#"),
        ("one.# Two", "Um. Dois", "one=Um Two=Dois", "Um.# Dois"),
        ('say #"yes" now', "diz “sim” já", "say=diz yes=sim now=já", "diz #“sim” já"),
        ("a [big red#] car", "um carro grande vermelho", "a=um big=grande red=vermelho car=carro",
         "um carro [grande vermelho#]"),
        ("a [big red]# car", "um carro grande vermelho", "a=um big=grande red=vermelho car=carro",
         "um carro [grande vermelho]#"),
        ("#a# #b# #c#", "x y z", "a=x b=y c=z", "#x# #y# #z#"),
    ],
)  # fmt: skip
def test_points_stand_beside_the_word_that_they_stood_beside(
    marked: str, target: str, pairs: str, expected: str
) -> None:
    assert placed(marked, target, pairs) == (expected, [])


@pytest.mark.parametrize(
    ("marked", "target", "pairs", "expected"),
    [
        ("an un[der]line here", "um sublinhado aqui", "an=um underline=sublinhado here=aqui",
         "um [sublinhado] aqui"),
        ("[N]ATO met", "A NATO reuniu", "NATO=NATO met=reuniu", "A [N]ATO reuniu"),
        ("we drink H[2]O", "bebemos H2O", "drink=bebemos H2O=H2O", "bebemos H[2]O"),
        ("H[2]O‹3› is new", "H2O3 é novo", "H2O3=H2O3 is=é new=novo", "H[2]O‹3› é novo"),
        ("the [d]‹o›{g} runs", "o cão corre", "the=o dog=cão runs=corre", "o {‹[cão]›} corre"),
        ("ACME[®] is here", "A ACME® está aqui", "ACME=ACME is=está here=aqui", "A ACME[®] está aqui"),
        ("the word‹2› is", "a palavra2 é", "the=a word2=palavra2 is=é", "a palavra‹2› é"),
        ("ended‹*1*› in 45", "acabou*1* em 45", "ended=acabou in=em", "acabou‹*1*› em 45"),
        ("go[!] Now", "vai! Já", "go=vai Now=Já", "vai[!] Já"),
    ],
)  # fmt: skip
def test_parts_of_words_are_widened_but_in_copies(
    marked: str, target: str, pairs: str, expected: str
) -> None:
    assert placed(marked, target, pairs)[0] == expected


def test_what_is_parted_stands_around_the_clearest_words_once() -> None:
    pairs = "look=procure it=isso up=procure right=mesmo now=agora"
    found, guessed = placed("[look it up] right now", "procure agora mesmo isso", pairs)
    assert found == "[procure] agora mesmo isso"
    assert not guessed


def test_a_little_between_two_parts_is_within() -> None:
    pairs = "the=o red=vermelho and=e big=grande car=carro"
    assert placed("the [red and big] car", "o carro vermelho e tão grande", pairs)[0] == (
        "o carro [vermelho e tão grande]"
    )


@pytest.mark.parametrize(
    ("marked", "target", "pairs", "expected"),
    [
        ("the [red] ‹house› story", "a história da casa vermelha",
         "the=a red=da house=casa red=vermelha story=história", "a história da ‹casa› [vermelha]"),
        ("[Unsubscribe] | ‹Help›", "Cancelar inscrição | Ajuda",
         "Unsubscribe=Cancelar Unsubscribe=inscrição |=inscrição |=| Help=Ajuda",
         "[Cancelar inscrição] | ‹Ajuda›"),
        ("[the whole range of] ‹kitchen tables›", "toda a gama de mesas de cozinha",
         "the=a whole=toda range=gama of=de tables=mesas kitchen=cozinha", None),
    ],
)  # fmt: skip
def test_no_element_takes_the_words_of_the_one_beside_it(
    marked: str, target: str, pairs: str, expected: str | None
) -> None:
    found, guessed = placed(marked, target, pairs)
    assert found == (expected or "[toda a gama de] ‹mesas de cozinha›")
    assert not guessed


def test_what_no_link_says_the_place_of_is_said_to_be_guessed() -> None:
    assert placed("one [two] three", "um dois três", "") == ("um [dois] três", [0])
    assert placed("one [two] three", "", "") == ("[]", [0])


def test_more_elements_than_words_stand_around_the_same() -> None:
    found, guessed = placed("[a] ‹b› {c}", "x", "a=x")
    assert sorted(found) == sorted("[‹x›]{}")
    assert len(guessed) == 2


@pytest.mark.parametrize(
    ("marked", "target", "pairs", "expected"),
    [
        ("one!# #?# two", "um! ? dois", "one=um two=dois", "um!# #?# dois"),
        ('say ["#]#yes" now', "diz “sim” já", "say=diz yes=sim now=já", "diz [“#]#sim” já"),
        ("red, #big #car", "carro, grande vermelho", "red=vermelho big=grande car=carro",
         "#carro, #grande vermelho"),
    ],
)  # fmt: skip
def test_what_is_among_the_same_signs_keeps_its_place_among_them(
    marked: str, target: str, pairs: str, expected: str
) -> None:
    assert placed(marked, target, pairs)[0] == expected


def test_a_word_that_begins_in_what_is_kept_is_linked_in_parts() -> None:
    assert placed("see <x>#.yes now", "ver <x>.sim já", "see=ver x>.yes=x>.sim now=já", ["<x>"])[0] == (
        "ver <x>#.sim já"
    )
    assert placed("[only] on", "só on", "only=só", ["on"])[0] == "[só] on"


def test_nothing_begins_within_what_is_fixed() -> None:
    assert placed("see a[b]c now", "ver a b c já", "see=ver now=já", ["a b c"])[0] == "ver [a b c] já"


def test_what_begins_or_ends_elsewhere_reaches_the_end() -> None:
    source, target = "the blue dog", "o cão azul"
    links = links_of(source, target, "the=o blue=azul dog=cão")
    before = place([Element((0, 3), begins_before=True)], links, source, target)
    after = place([Element((4, 12), ends_after=True)], links, source, target)
    assert before.spans() == {0: (0, 1)}
    assert after.spans() == {0: (2, 10)}


@st.composite
def trees(draw: st.DrawFn) -> tuple[str, list[Element]]:
    """Any text of a few characters, and any well nested elements of it."""
    text = draw(st.text(alphabet="abAB .,!®é字", max_size=12))
    found: list[Element] = []

    def fill(first: int, last: int, parent: int | None, depth: int) -> None:
        at = first
        for _ in range(draw(st.integers(0, 3))):
            at = draw(st.integers(at, last))
            end = draw(st.integers(at, last))
            found.append(Element((at, end), parent))
            if at < end and depth < 3:
                fill(at, end, len(found) - 1, depth + 1)
            at = end

    fill(0, len(text), None, 0)
    return text, found


@given(trees(), st.text(alphabet="abAB .,!®é字", max_size=12), st.data())
def test_every_element_stands_once_and_all_are_well_nested(
    tree: tuple[str, list[Element]], target: str, data: st.DataObject
) -> None:
    source, elements = tree

    def spans(text: str) -> st.SearchStrategy[tuple[int, int]]:
        return st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(lambda s: (min(s), max(s)))

    links = data.draw(st.lists(st.builds(Link, spans(source), spans(target), st.floats(0.1, 1))))
    borders = place(elements, links, source, target).borders
    assert all(one.at <= other.at for one, other in pairwise(borders))
    assert all(0 <= border.at <= len(target) for border in borders)
    points = [border.element for border in borders if border.side == "point"]
    starts = [border.element for border in borders if border.side == "start"]
    assert sorted([*points, *starts]) == list(range(len(elements)))
    path: list[int] = []
    for border in borders:
        if border.side == "start":
            path.append(border.element)
        elif border.side == "end":
            assert path.pop() == border.element
    assert not path


@pytest.mark.parametrize(
    ("marked", "target", "pairs", "expected"),
    [
        ("the 1[st] man", "o 1o homem", "the=o 1st=1o man=homem", "o 1[o] homem"),
        ("a 2[nd]", "a 2a", "2nd=2a", "a 2[a]"),
        ("the 19[th] man", "o homem XIX", "19th=XIX man=homem", "o homem [XIX]"),
        ("it has 10[kg]", "tem 10kg", "has=tem 10kg=10kg", "tem 10[kg]"),
        ("only 10[kg] left", "restam só 10 kg", "only=só 10kg=10 10kg=kg left=restam", "restam só 10 [kg]"),
        ("only 1.5[kg] left", "restam só 1.5 kg", "only=só 1.5kg=1.5 left=restam", "restam só 1.5 [kg]"),
    ],
)
def test_a_figure_stays_outside_of_what_its_ending_is_in(
    marked: str, target: str, pairs: str, expected: str
) -> None:
    source, elements = read(marked)
    (span,) = place(elements, links_of(source, target, pairs), source, target).spans().values()
    assert target[: span[0]] + "[" + target[slice(*span)] + "]" + target[span[1] :] == expected
