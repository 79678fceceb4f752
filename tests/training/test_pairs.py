"""Where training pairs come from: prose out of files, central sentences, real summaries."""

from __future__ import annotations

import gzip
import json
import random
import textwrap
from pathlib import Path

import pytest

from training.gap_sentences import central_sentences, condense, is_quotable, split_sentences
from training.pairs import (
    Pair,
    description_pairs,
    gap_pair,
    gap_pairs,
    hold_out,
    legal_pairs,
    read_pairs,
    scitldr_pairs,
    write_pairs,
)
from training.prose import is_prose, paragraphs_of

PASSAGE = (
    "The harbour was closed on Monday. A storm damaged the northern wall of the harbour, and ships were sent"
    " to the southern port. Ships were delayed for two days by the storm and the closed harbour (see the"
    " notice). It was cold."
)
PROSE = (
    "The river rises in the hills to the north of the town and runs for forty miles through the valley before"
    " it reaches the sea, where it has made a wide and shallow bay that is full of birds in the winter."
)


def test_prose_is_told_from_code_and_other_languages() -> None:
    assert is_prose(PROSE)
    assert not is_prose("for i in range(10): print(x[i], y[i]) if z else value(i + 1, j - 2, k * 3) or x;")
    assert not is_prose("O rio nasce nas montanhas ao norte da cidade e corre por muitas milhas até o mar.")
    assert not is_prose("Too short.")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("page.html", f"<html><body><nav>Home</nav><p>{PROSE}</p><pre>{PROSE}</pre></body></html>"),
        ("page.page", f"<page><p>{PROSE[:80]}<em>{PROSE[80:]}</em></p></page>"),
        ("chapter.txt", f"A heading\n\n{textwrap.fill(PROSE)}\n\n- a\n- b\n"),
        ("story.cfg", f'message= _ "{PROSE}"\nid=1\n'),
    ],
)
def test_the_paragraphs_of_a_file(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert [" ".join(p.split()) for p in paragraphs_of(path)] == [PROSE]
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress(content.encode()))
    assert list(paragraphs_of(packed)) == list(paragraphs_of(path))


def test_no_paragraphs_of_other_files(tmp_path: Path) -> None:
    (tmp_path / "image.png").write_bytes(PROSE.encode())
    assert list(paragraphs_of(tmp_path / "image.png")) == []


def test_the_central_sentence_shares_most_with_the_others() -> None:
    sentences = split_sentences(PASSAGE)
    assert len(sentences) == 4
    (best,) = central_sentences(sentences, 1)
    assert best in (1, 2)
    assert central_sentences(sentences, 3) == [0, 1, 2]
    assert central_sentences([], 1) == []


@pytest.mark.parametrize(
    "text", ["It was a very cold and long winter.", "and so it went on and on.", "Short.", "x"]
)
def test_what_cannot_stand_alone(text: str) -> None:
    assert not is_quotable(text)


def test_condensing() -> None:
    assert condense("However, the wall (built in 1902) held.") == "The wall held."
    assert condense("The wall held.") == "The wall held."


def test_a_gap_pair_keeps_its_target_in_the_source() -> None:
    pair = gap_pair(PASSAGE, random.Random(0))
    assert pair is not None
    assert pair.source == PASSAGE
    assert pair.target.split(" ", 3)[0] in PASSAGE
    assert gap_pair("One sentence only, and no other one.", random.Random(0)) is None


def test_gap_pairs_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{PASSAGE}\n\n{PROSE}\n\f\n{PASSAGE}")
    pairs = list(gap_pairs(tmp_path, random.Random(0)))
    assert {pair.kind for pair in pairs} == {"gap"}
    assert pairs == list(gap_pairs(tmp_path, random.Random(0)))


def test_scitldr(tmp_path: Path) -> None:
    sentences = ["We study a thing that matters to many.", "Our method is faster than all others (by far)."]
    paper = {"source": sentences, "target": ["One.", "Two\n."], "rouge_scores": [0.1, 0.9]}
    (tmp_path / "train.jsonl").write_text(json.dumps(paper) + "\n")
    nearest = "Our method is faster than all others."
    assert [(pair.kind, pair.target) for pair in scitldr_pairs(tmp_path)] == [
        ("scitldr", "One."),
        ("scitldr", "Two ."),
        ("scitldr-sentence", nearest),
    ]
    assert {pair.source for pair in scitldr_pairs(tmp_path)} == {" ".join(sentences)}


def test_legal_jokes_are_left_out(tmp_path: Path) -> None:
    clauses = {
        "a": {"original_text": "word " * 20, "reference_summary": "hi."},
        "b": {"original_text": "word " * 20, "reference_summary": "you keep all of your rights."},
    }
    (tmp_path / "legal.json").write_text(json.dumps(clauses))
    assert [pair.target for pair in legal_pairs(tmp_path / "legal.json")] == ["you keep all of your rights."]


def test_one_description_of_each_family(tmp_path: Path) -> None:
    long = (
        " This package holds a reader of weather reports for sailors and pilots.\n .\n" + " More text.\n" * 15
    )
    entries = [
        f"Package: {name}\nDescription-en: {short}\n{long}"
        for name, short in (
            ("a", "reader of weather reports"),
            ("a-data", "reader of weather reports (data)"),
        )
    ]
    entries.append(f"Package: c\nDescription-en: something else with other words\n Other.{long[5:]}")
    (tmp_path / "all").write_text("\n".join(entries))
    (pair,) = description_pairs(tmp_path / "all")
    assert pair.target == "Reader of weather reports."
    assert pair.source.startswith("This package holds")


def test_held_out_pairs_are_not_trained_on(tmp_path: Path) -> None:
    pairs = [Pair("legal", f"text {i}", "summary") for i in range(60)] + [Pair("scitldr", "text", "summary")]
    training, held_out = hold_out(pairs, random.Random(0))
    assert len(held_out) == 46
    assert not set(training) & set(held_out)
    assert sorted([*training, *held_out], key=repr) == sorted(pairs, key=repr)
    write_pairs(tmp_path / "x.jsonl", held_out)
    assert read_pairs(tmp_path / "x.jsonl") == held_out
