from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from crosslate.service.documents.edits import edited


@given(pieces=st.lists(st.tuples(st.text(), st.text(), st.text())), rest=st.text())
def test_what_is_not_edited_stays(pieces: list[tuple[str, str, str]], rest: str) -> None:
    text = "".join(kept + old for kept, old, _ in pieces) + rest
    places = [0]
    for kept, old, _ in pieces:
        places += [places[-1] + len(kept), places[-1] + len(kept) + len(old)]
    spans = list(pairwise(places))[1::2]
    edits = [(*span, new) for span, (_, _, new) in zip(spans, pieces, strict=True)]
    assert edited(text, edits) == "".join(kept + new for kept, _, new in pieces) + rest
