from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crosslate.service.logs.printable import one_line, printable


@given(st.text(st.characters()))
@example("\x1b[2J\x9b31m\u202e\u2028\r\n\t\x7f\ud800")
def test_a_terminal_only_shows_it(text: str) -> None:
    shown = printable(text)
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in shown)
    assert shown.splitlines() in ([shown], [])


@given(st.text("abcß中あ한🙂 -/._:", max_size=50))
def test_what_it_shows_anyway_stays(text: str) -> None:
    assert printable(text) == text


def test_escapes_are_those_of_python() -> None:
    assert printable("a\x1b[31m\u202eb\n") == "a\\x1b[31m\\u202eb\\n"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (
            "the settings cannot be used:\n  a: wrong\n  b:  odd\n",
            "the settings cannot be used: a: wrong; b: odd",
        ),
        ("nothing is there", "nothing is there"),
        ("\n", "failed"),
    ],
)
def test_a_message_with_a_list_becomes_one_line(message: str, shown: str) -> None:
    assert one_line(message) == shown
