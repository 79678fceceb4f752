"""Catalogues, read by polib and by the standard library's own reader of what `msgfmt` would make."""

from __future__ import annotations

from pathlib import Path

import polib
import pytest

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.registry import read_document
from crosslate.service.errors import ServiceError
from tests.service.documents.stand_in import translated

PO = """# A comment
msgid ""
msgstr ""
"Project-Id-Version: x\\n"
"Content-Type: text/plain; charset=UTF-8\\n"

#. For the menu
#: app.c:10
msgctxt "menu"
msgid "Open"
msgstr ""

#, fuzzy
#| msgid "Save it"
msgid "Save all\\n"
msgstr "Guardar\\n"

msgid "Done"
msgstr "Feito"

#, c-format
msgid "%d file"
msgid_plural "%d files"
msgstr[0] ""
msgstr[1] ""

#~ msgid "Gone"
#~ msgstr ""
"""


def test_what_is_open_is_filled_and_what_is_done_stays() -> None:
    catalogue = polib.pofile(translated("app.po", PO.encode()).decode())
    by_id = {entry.msgid: entry for entry in catalogue}
    assert (by_id["Open"].msgstr, by_id["Open"].msgctxt) == ("OPEN", "menu")
    assert by_id["Open"].occurrences == [("app.c", "10")]
    assert (by_id["Save all\n"].msgstr, by_id["Save all\n"].fuzzy) == ("SAVE ALL\n", False)
    assert by_id["Save all\n"].previous_msgid is None
    assert by_id["Done"].msgstr == "Feito"
    assert by_id["%d file"].msgstr_plural == {0: "%D FILE", 1: "%D FILES"}
    assert (by_id["Gone"].obsolete, by_id["Gone"].msgstr) == (True, "")
    assert catalogue.metadata["Language"] == "pt"


@pytest.mark.parametrize(("lang", "count"), [("ja", 1), ("de", 2), ("pl", 3), ("ar", 6)])
def test_as_many_forms_as_the_language_has(lang: str, count: int) -> None:
    data = translated("app.po", PO.encode(), ReadOptions(target_lang=lang))
    catalogue = polib.pofile(data.decode())
    (entry,) = [entry for entry in catalogue if entry.msgid_plural]
    assert len(entry.msgstr_plural) == count
    assert catalogue.metadata["Plural-Forms"].startswith(f"nplurals={count};")
    catalogue.to_binary()  # as `msgfmt` would refuse it otherwise


def test_what_is_no_catalogue_is_refused() -> None:
    with pytest.raises(ServiceError, match=r"no \.po file"):
        read_document("app.po", b"just words", ReadOptions())


def test_a_file_that_holds_a_path_is_not_taken_for_that_file(tmp_path: Path) -> None:
    other = tmp_path / "other.po"
    other.write_text(PO, encoding="utf-8")
    with pytest.raises(ServiceError, match=r"no \.po file"):
        read_document("app.po", str(other).encode(), ReadOptions())


@pytest.mark.parametrize("declared", ["ISO-8859-1", "CHARSET", "ASCII"])
def test_a_catalogue_says_the_encoding_that_it_is_in(declared: str) -> None:
    text = PO.replace("UTF-8", declared)
    if declared == "ISO-8859-1":
        text = text.replace("Open", "Eröffnen")
    catalogue = polib.pofile(translated("app.po", text.encode("latin-1")).decode())
    assert catalogue.metadata["Content-Type"] == "text/plain; charset=UTF-8"
    assert [entry.msgstr for entry in catalogue if entry.msgctxt] == [
        "ERÖFFNEN" if declared == "ISO-8859-1" else "OPEN"
    ]
