from __future__ import annotations

import json
from pathlib import Path

from loadtests.summary_scores import Example, as_long_as
from loadtests.summary_sets import is_left_out, read_sets

SENTENCES = ["One two three.", "Four five six seven.", "Eight.", "Nine ten eleven twelve thirteen."]
SOURCE = "you may end this agreement at any time. we may end it after a notice of thirty days in writing."


def write(file: Path, *records: object) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")


def test_sets_are_told_apart_by_kind_and_folder(tmp_path: Path) -> None:
    write(
        tmp_path / "papers" / "dev.jsonl",
        {"source": ["A.", "B."], "target": ["One.", "Two."]},
        {"kind": "prose", "source": "It rains. We stay.", "target": "We stay."},
    )
    write(tmp_path / "other" / "dev.jsonl", {"question": "?"})
    assert read_sets(tmp_path) == {
        "papers": [Example(["A.", "B."], ["One.", "Two."])],
        "prose": [Example(["It rains.", "We stay."], ["We stay."])],
    }


def test_a_story_is_measured_by_what_people_say_of_its_plot(tmp_path: Path) -> None:
    questions = [
        {"question_number": 2, "responses": [{"response_text": "A captain."}]},
        {"question_number": 1, "responses": [{"response_text": "He sails."}, {"response_text": "He left."}]},
    ]
    document = "The Ship\n \n\n He sailed\nat dawn. It was\ncold.\n \n \n Nobody came."
    write(tmp_path / "stories" / "dev.jsonl", {"document": document, "questions": questions})
    sentences = ["The Ship", "He sailed at dawn.", "It was cold.", "Nobody came."]
    assert read_sets(tmp_path) == {"stories": [Example(sentences, ["He sails.", "He left."])]}


def test_clauses_are_of_documents_that_were_left_out(tmp_path: Path) -> None:
    names = [f"Terms {i}" for i in range(8)]
    assert 0 < sum(map(is_left_out, names)) < 8
    clauses = {
        name: {"doc": name, "original_text": SOURCE, "reference_summary": f"either of {name} may end it."}
        for name in names
    }
    joke = {"doc": "Terms 0", "original_text": SOURCE, "reference_summary": "hi."}
    write(tmp_path / "legal" / "all_v1.json", clauses | {"joke": joke})
    (examples,) = read_sets(tmp_path).values()
    assert [e.references for e in examples] == [
        [f"either of {name} may end it."] for name in names if is_left_out(name)
    ]
    assert all(e.text == SOURCE and len(e.sentences) == 2 for e in examples)


def test_a_baseline_says_as_much_as_is_asked_for() -> None:
    example = Example(SENTENCES, [])
    assert as_long_as(example, [3, 0, 1, 2], 8) == f"{SENTENCES[0]} {SENTENCES[3]}"
    assert as_long_as(example, [3, 0, 1, 2], 6) == SENTENCES[3]
    assert as_long_as(example, [1, 2, 3, 0], 1) == SENTENCES[1]
    assert as_long_as(example, [0, 1, 2, 3], 99) == example.text
