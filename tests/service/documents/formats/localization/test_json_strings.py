from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import texts_of, translated

JSON = (
    '{ "title": "Hello",\n  "items": [ {"name": "One", "n": 1.0}, {"name": "two \\"x\\""} ],'
    '\n\t"e": 1e5, "k": null }\n'
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


def in_capitals(value: object) -> object:
    match value:
        case str():
            return value.upper() if any(map(str.isalpha, value)) else value
        case list():
            return [in_capitals(one) for one in value]
        case dict():
            return {key: in_capitals(one) for key, one in value.items()}
    return value


def test_only_the_strings_change() -> None:
    written = translated("a.json", JSON.encode()).decode()
    assert written == JSON.replace("Hello", "HELLO").replace("One", "ONE").replace(
        'two \\"x\\"', 'TWO \\"X\\"'
    )


def test_paths_choose() -> None:
    options = ReadOptions(paths=("items.*.name",))
    assert texts_of("a.json", JSON.encode(), options) == ["One", 'two "x"']


def test_a_path_without_strings_is_said() -> None:
    options = ReadOptions(paths=("title", "items.*.n", "item.*.name"))
    document = read_document("a.json", JSON.encode(), options)
    assert [segment.text for segment in document.segments] == ["Hello"]
    assert [one.rpartition(" ")[2] for one in document.notices] == ["items.*.n.", "item.*.name."]


@given(VALUES, st.booleans(), st.sampled_from([None, 2, "\t"]))
def test_any_document_keeps_all_but_its_strings(
    value: object, is_ascii: bool, indent: int | str | None
) -> None:
    data = json.dumps(value, ensure_ascii=is_ascii, indent=indent).encode("utf-8", "surrogatepass")
    try:
        data.decode()
    except UnicodeDecodeError:
        return
    assert json.loads(translated("a.json", data)) == in_capitals(value)


def test_an_escaped_file_stays_escaped() -> None:
    assert translated("a.json", b'"caf\\u00e9"') == b'"CAF\\u00c9"'


@pytest.mark.parametrize("data", [b"{", b"[1,]", b"[" * 100_000])
def test_what_is_no_json_is_refused(data: bytes) -> None:
    with pytest.raises(ServiceError, match=r"no \.json file"):
        read_document("a.json", data, ReadOptions())


def test_messages_of_flutter_without_what_is_said_about_them() -> None:
    data = b'{"@@locale": "en", "hi": "Hello", "@hi": {"description": "A greeting"}, "n": 3}'
    written = translated("app_en.arb", data, ReadOptions(target_lang="pt-BR"))
    assert json.loads(written) == {
        "@@locale": "pt_BR",
        "hi": "HELLO",
        "@hi": {"description": "A greeting"},
        "n": 3,
    }
