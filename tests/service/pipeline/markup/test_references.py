from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.pipeline.markup.references import with_references, words_of

TEXTS = st.text(st.sampled_from("a'\"&<>/! ;#39\né"), max_size=12)


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("it's", "it&#39;s"),
        ("a & b &amp; c", "a &amp; b &amp; c"),
        ("5 < 6 > 4", "5 &lt; 6 &gt; 4"),
        ('<a title="it\'s">"b"</a>', '<a title="it\'s">&quot;b&quot;</a>'),
        ("<!-- it's --><script>a && 'b'</script>", "<!-- it's --><script>a && 'b'</script>"),
        ("&#39;&nbsp;&copy", "&#39;&nbsp;&copy"),
    ],
)
def test_signs_of_texts_become_references(sent: str, written: str) -> None:
    assert with_references(sent) == written


@given(text=TEXTS)
def test_a_reader_sees_the_same(text: str) -> None:
    """By Python's own reading of references, of what has no markup."""
    if "<" not in text:
        assert html.unescape(with_references(text)) == html.unescape(text)


@given(text=TEXTS)
def test_what_is_written_so_stays(text: str) -> None:
    assert with_references(with_references(text)) == with_references(text)


def test_words_are_those_between_tags() -> None:
    assert words_of("<p>Tom &amp; <b title='x'>Jerry</b></p><style>p {}</style>").split() == [
        "Tom",
        "&",
        "Jerry",
    ]
