"""What is written into a document's files is read again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.documents.jobs.request import DocumentRequest
from crosslate.service.documents.jobs.stored import PARTS, REPORTS, REQUESTS
from crosslate.service.documents.translation import (
    DocumentNotice,
    DocumentReport,
    TermCount,
    TranslatedSegment,
)
from crosslate.service.pipeline.glossary.terms import GlossaryEntry

TEXT = st.text(st.characters(), max_size=8)  # lone surrogates too, which JSON documents may have
NOTICES = st.lists(st.builds(DocumentNotice, TEXT, TEXT, st.none() | TEXT), max_size=2)
COUNTS = st.builds(TermCount, st.integers(0, 9), st.integers(0, 9))


@given(
    st.dictionaries(
        st.integers(0), st.builds(TranslatedSegment, TEXT, NOTICES.map(tuple), COUNTS), max_size=3
    )
)
def test_parts(part: dict[int, TranslatedSegment]) -> None:
    assert PARTS.parse(PARTS.to_bytes(part)) == part


@given(st.builds(DocumentReport, NOTICES, st.none() | COUNTS))
def test_reports(report: DocumentReport) -> None:
    assert REPORTS.parse(REPORTS.to_bytes(report)) == report


@given(st.lists(st.builds(GlossaryEntry, TEXT, TEXT), max_size=3).map(tuple), st.none() | TEXT)
def test_requests(glossary: tuple[GlossaryEntry, ...], source: str | None) -> None:
    request = DocumentRequest(name="a.txt", target_lang="pt", source_lang=source, glossary=glossary)
    assert REQUESTS.parse(REQUESTS.to_bytes(request)) == request
