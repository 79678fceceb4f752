from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crosslate.service.pipeline.layout.plain.plain import plain_passages
from crosslate.service.pipeline.types import LineBreaks

WORDS = frozenset(["postpone", "post", "pone", "well", "known", "contratar", "con"])


def count_tokens(word: str) -> int:
    return 1 if word in WORDS else len(word)


def read(text: str, lang: str = "en", line_breaks: LineBreaks = "auto") -> list[str]:
    return [passage.text.text for passage in plain_passages(text, lang, line_breaks, count_tokens)]


def test_wrapped_prose_is_read_as_prose() -> None:
    text = "The little boy gets up early and\nruns away into\nthe deep forest."
    (passage,) = plain_passages(text, "en", "auto", count_tokens)
    assert passage.text.text == "The little boy gets up early and runs away into the deep forest."
    assert [(text[slice(*gap.span)], gap.text) for gap in passage.gaps] == [("\n", "\n"), ("\n", "\n")]


def test_quoted_prose_is_read_without_its_quotation_marks() -> None:
    text = "> > I think that we can\r\n> > accept it if the price\r\n> > is lower.\r\n> Yes."
    first, second = plain_passages(text, "en", "auto", count_tokens)
    assert first.text.text == "I think that we can accept it if the price is lower."
    assert [gap.text for gap in first.gaps] == ["\r\n> > ", "\r\n> > "]
    assert (second.text.text, second.gaps) == ("Yes.", ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("They want to post-\npone the vote.", "They want to postpone the vote."),
        ("They want to post\xad\npone the vote.", "They want to postpone the vote."),
        ("She is a well-\nknown singer.", "She is a well-known singer."),
        ("A self-made man, self-\nmade again.", "A self-made man, self-made again."),
        ("Se tiveres dúvidas, liga-\n-me hoje.", "Se tiveres dúvidas, liga-me hoje."),
    ],
)
def test_words_divided_at_the_end_of_a_line(text: str, words: str) -> None:
    (passage,) = plain_passages(text, "en", "auto", count_tokens)
    assert passage.text.text == words
    assert [gap.text for gap in passage.gaps] == ["\n"]


@pytest.mark.parametrize(
    "text",
    [
        "The night is long,\nthe road is white,\nthe moon is bright.",
        "Anna Keller\n12 Mill Lane\nYork YO1 7HU",
        "milk\neggs\ntwo lemons",
        "Dear Anna,\nthank you for the parcel.",
        "Government announces a new plan for housing\nPresident opens the new hospital in Lisbon",
        "Opening hours\nMonday: closed\nTuesday: open",
    ],
)
def test_what_is_a_line_stays_one(text: str) -> None:
    assert read(text) == text.split("\n")


def test_prose_goes_on_with_names_and_figures_at_the_beginning_of_a_line() -> None:
    text = (
        "The report shows that the number of tourists in\nPortugal has grown a lot in the last years, by\n"
        "12 percent a year. Most of them come from the\nUnited Kingdom and from Spain, as before."
    )
    assert read(text) == [text.replace("\n", " ")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# Start\n\n1. Open it\n   and wait for the\n   lamp.", ["Start", "Open it and wait for the lamp."]),
        ("- [ ] Call the bank\n- [x] Pay", ["Call the bank", "Pay"]),
        ("a) the name;\n(b) the address", ["the name;", "the address"]),
        ("| Name | Price |\n| --- | ---: |\n| Chair | 45 |", ["Name", "Price", "Chair"]),
        ("Name:\tJohn\tAge:\t35", ["Name:", "John", "Age:"]),
        ("First name:    Anna", ["First name:", "Anna"]),
        ("Total .......... 45\nRest", ["Total", "Rest"]),
        ("Home > Red shoes", ["Home > Red shoes"]),
        ("Home > Red shoes > Men's", ["Home", "Red shoes", "Men's"]),
        ("Go to Settings > General > About, then wait", ["Go to Settings > General > About, then wait"]),
        ("Start → Control Panel → Add a program", ["Start", "Control Panel", "Add a program"]),
        ("Path: Start → Panel → Programs.", ["Path:", "Start", "Panel", "Programs."]),
        ("→ Learn more\n‹ Back\n{\\an8}Hi", ["Learn more", "Back", "Hi"]),
        ("‹ Oui › said he → and left", ["‹ Oui › said he → and left"]),
        ("① Open ② Wait ③ Go", ["Open", "Wait", "Go"]),
        ("1️⃣ Open 2️⃣ Tap it 3️⃣ Done", ["Open", "Tap it", "Done"]),
        ("// TODO: remove it\nFIXME(ann): now", ["remove it", "now"]),
        ("See ① and ②", ["See ① and ②"]),
        ("🔥SALE🔥Buy two🔥 I ❤️ it", ["🔥SALE", "Buy two🔥 I ❤️ it"]),
        ("Yes ☐ No (x) Maybe ☐", ["Yes", "No", "Maybe"]),
        ("( ) True ( ) False", ["True", "False"]),
        ("f (x) is [x]", ["f (x) is [x]"]),
        ("P(A|B) = P(B|A), and |x − a| < b", ["P(A|B) = P(B|A), and |x − a| < b"]),
        ("Name|Price|Stock", ["Name", "Price", "Stock"]),
        ("// The cache is emptied when\n// the table grows.", ["The cache is emptied when the table grows."]),
        ("# One heading\n# another heading.", ["One heading another heading."]),
        (">\n> Yes", ["Yes"]),
        ("", []),
        ("1,250.50\t98.6%\r\n---", []),
    ],
)  # fmt: skip
def test_marks_and_cells_are_not_read(text: str, words: list[str]) -> None:
    assert read(text) == words


def test_a_number_with_a_point_may_belong_to_the_words() -> None:
    assert read("3. Mai 2020", "de") == ["3. Mai 2020"]
    assert read("3. Mai 2020\n4. Juni 2020", "de") == ["Mai 2020", "Juni 2020"]
    assert read("3. May", "en") == ["May"]


def test_blanks_within_a_sentence_are_read_as_one() -> None:
    (passage,) = plain_passages("The box weighs 20\xa0kg  or\u2009more.", "en", "auto", count_tokens)
    assert passage.text.text == "The box weighs 20 kg or more."
    assert [gap.text for gap in passage.gaps] == ["\xa0", "  ", "\u2009"]


def test_blanks_that_french_writes_before_marks_are_no_layout() -> None:
    (passage,) = plain_passages("Qui\xa0? «\xa0Moi\xa0»", "fr", "auto", count_tokens)
    assert (passage.text.text, passage.gaps) == ("Qui ? « Moi »", ())


def test_lines_of_ideographs_are_joined_without_a_blank() -> None:
    text = "这个报告显示最近几年来游客的数\n量增加了很多，大部分来自法国和\n西班牙。"
    assert read(text, "zh") == [text.replace("\n", "")]


def test_line_breaks_can_be_kept_or_joined() -> None:
    text = "He runs into\nthe forest.\n- Milk\n\nOne\nTwo"
    assert read(text, line_breaks="keep") == ["He runs into", "the forest.", "Milk", "One", "Two"]
    assert read(text, line_breaks="join") == ["He runs into the forest.", "Milk", "One Two"]


@given(
    st.lists(
        st.sampled_from(
            ["a b", "Word", "the", ".", " ", "\n", "\r\n", "\t", "> ", "- ", "|", "1. ", "-", "\xa0", "é"]
        )
    ).map("".join),
    st.sampled_from(["auto", "keep", "join"]),
)
@example("a-\nb", "join")
@example("> \xa0\ta b", "auto")
def test_no_letter_is_lost_or_read_twice(text: str, line_breaks: LineBreaks) -> None:
    passages = plain_passages(text, "en", line_breaks, count_tokens)
    spans = [passage.text.span for passage in passages]
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    letters = re.sub(r"[\W\d_]", "", text)
    assert re.sub(r"[\W\d_]", "", "".join(passage.text.text for passage in passages)) == letters
    for passage in passages:
        assert "\n" not in passage.text.text
        assert "\t" not in passage.text.text
        assert all(passage.text.span[0] < gap.span[0] for gap in passage.gaps)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Run this:\n```sh\nnpm start\n\nls\n```\nThen go on.", ["Run this:", "Then go on."]),
        ("> ~~~\r\n> a b\r\n> ~~~\r\nWords", ["Words"]),
        ("````\n```\na b\n```\n````\nWords", ["Words"]),
        ("```\na b\n```\n```\nc d\n```", []),
        ("```\nIt is never closed", ["It is never closed"]),
        ("```py\na b\n```js\nc d", ["```py", "a b", "```js", "c d"]),
    ],
)
def test_code_between_fences_is_not_read(text: str, words: list[str]) -> None:
    assert read(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("First line\\nSecond line\\n\\n- third", ["First line", "Second line", "- third"]),
        ("Name:\\t%s\\r\\nAge: %d\\n", ["Name:", "%s", "Age: %d"]),
        ("See C:\\N\\tmp or \\\\a\\R", ["See C:\\N\\tmp or \\\\a\\R"]),
        ('Write "\\n", \\n or (\\t) here', ['Write "\\n", \\n or (\\t) here']),
        ("The \\times and \\nabla of it", ["The \\times and \\nabla of it"]),
    ],
)
def test_escaped_line_ends_of_messages_part_lines(text: str, words: list[str]) -> None:
    assert read(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A. Sample\nB. Measures\nD. Miller", ["Sample", "Measures", "D. Miller"]),
        ("I. Sample\nII. Measures", ["I. Sample", "II. Measures"]),
        ("{\\an8}Later, in Paris...\\NThe sun\\N- It rises", ["Later, in Paris...", "The sun", "- It rises"]),
        ("In C:\\New\\Notes it is", ["In C:\\New\\Notes it is"]),
    ],
)
def test_letters_of_items_and_breaks_of_subtitles(text: str, words: list[str]) -> None:
    assert read(text) == words
