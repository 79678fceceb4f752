from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.fidelity.signs.mark_runs import mark_runs, with_single_marks
from crosslate.service.pipeline.text.origin import DerivedText


def _answer(sent: str, output: str) -> str:
    runs = mark_runs(with_single_marks(DerivedText.of(sent), ()), sent)
    return output if runs is None else runs.restored(DerivedText.of(output)).text


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("Thanks!!", "Thanks!"),
        ("What?! No way!!!", "What? No way!"),
        ("So (really??) it is", "So (really?) it is"),
        ("a != b, $x!!y, !!", "a != b, $x!!y, !!"),
        ("fine.", "fine."),
    ],
)
def test_a_model_reads_one_mark_for_a_run(sent: str, read: str) -> None:
    found = with_single_marks(DerivedText.of(sent), ())
    assert found.text == read
    assert found.origin.span((0, len(read))) == (0, len(sent))


def test_a_run_in_what_is_protected_stays() -> None:
    assert with_single_marks(DerivedText.of("Type a!! now!!"), [(5, 8)]).text == "Type a!! now!"


@pytest.mark.parametrize(
    ("sent", "output", "expected"),
    [
        ("Thanks!!", "Obrigado!", "Obrigado!!"),
        ("“Really??” “Yes!”", "“Sério?” “Sim!”", "“Sério??” “Sim!”"),
        ("Wait, what?!?!", "Espere, o quê?", "Espere, o quê?!?!"),
        ("What? No!!!", "Não.", "Não!!!"),
        ("What?? No!", "Não!", "Não!"),
        ("Yes!", "Sim!", "Sim!"),
    ],
)
def test_its_answer_has_the_run_again(sent: str, output: str, expected: str) -> None:
    assert _answer(sent, output) == expected


@given(
    st.lists(st.sampled_from(["word", " ", "!", "?", "!!", "?!", ".", '"', "="]), max_size=12).map("".join)
)
def test_an_answer_like_its_source_has_the_same_marks(sent: str) -> None:
    read = with_single_marks(DerivedText.of(sent), ())
    assert _answer(sent, read.text) == sent
