"""The language that a translation says it is in."""

from __future__ import annotations

import io

import docx
import pptx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from odf.opendocument import OpenDocumentText, load
from odf.style import DefaultStyle, TextProperties
from pptx.util import Inches

from crosslate.service.documents.document import ReadOptions
from crosslate.service.documents.formats.common.spelling import Language
from tests.service.documents.stand_in import translated


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("pt", "pt-BR"),
        ("pt-PT", "pt-PT"),
        ("de", "de-DE"),
        ("zh", "zh-CN"),
        ("zh-Hant", "zh-TW"),
        ("eng_Latn", "en-US"),
        ("", None),
        ("nonsense words", None),
    ],
)
def test_a_country_is_named_where_none_is(code: str, tag: str | None) -> None:
    language = Language.of(code)
    assert (None if language is None else language.tag) == tag


@pytest.mark.parametrize(("lang", "kind"), [("pt", "val"), ("ja", "eastAsia"), ("ar", "bidi")])
def test_word(lang: str, kind: str) -> None:
    document = docx.Document()
    run = document.add_paragraph().add_run("Some words")
    run._r.get_or_add_rPr().append(parse_xml(f'<w:lang {nsdecls("w")} w:val="en-US"/>'))
    output = io.BytesIO()
    document.save(output)
    written = docx.Document(
        io.BytesIO(translated("a.docx", output.getvalue(), ReadOptions(target_lang=lang)))
    )
    language = Language.of(lang)
    assert language is not None
    for root in (written.element, written.styles.element):
        assert {one.get(qn(f"w:{kind}")) for one in root.iter(qn("w:lang"))} == {language.tag}


def test_powerpoint() -> None:
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    run = slide.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.paragraphs[0].add_run()
    run.text = "Some words"
    run._r.get_or_add_rPr().set("lang", "en-US")
    output = io.BytesIO()
    presentation.save(output)
    written = pptx.Presentation(io.BytesIO(translated("a.pptx", output.getvalue())))
    frame = written.slides[0].shapes[0].text_frame
    assert frame.paragraphs[0].runs[0]._r.rPr.get("lang") == "pt-BR"


def test_open_document() -> None:
    document = OpenDocumentText()
    style = DefaultStyle(family="paragraph")
    style.addElement(TextProperties(language="en", country="US", languageasian="zxx", countryasian="none"))
    document.styles.addElement(style)
    output = io.BytesIO()
    document.write(output)
    (written,) = load(io.BytesIO(translated("a.odt", output.getvalue()))).styles.getElementsByType(
        TextProperties
    )
    said = [written.getAttribute(name) for name in ("language", "country", "languageasian", "countryasian")]
    assert said == ["pt", "BR", "zxx", "none"]
