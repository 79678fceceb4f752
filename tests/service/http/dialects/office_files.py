"""Files of offices, as its users' programs write them."""

from __future__ import annotations

import io

import docx


def letter() -> bytes:
    """A paragraph, half of which is bold."""
    document, written = docx.Document(), io.BytesIO()
    paragraph = document.add_paragraph("Some ")
    paragraph.add_run("bold").bold = True
    document.save(written)
    return written.getvalue()
