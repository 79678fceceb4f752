"""A long translated document in the hands of LibreOffice."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import docx
import pytest

from tests.service.documents.stand_in import translated

OFFICE = shutil.which("soffice")


@pytest.mark.slow
@pytest.mark.skipif(
    OFFICE is None, reason="needs: apt-get install -y --no-install-recommends libreoffice-writer"
)
def test_a_hundred_pages_open_and_stay_a_hundred_pages(tmp_path: Path) -> None:
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "The annual report"
    for number in range(100):
        document.add_heading(f"Chapter {number}", 1)
        paragraph = document.add_paragraph("Some words, ")
        paragraph.add_run("some of them bold").bold = True
        paragraph.add_run(", and others.")
        document.add_table(1, 2, style="Table Grid").cell(0, 0).text = "A cell"
        if number < 99:
            document.add_page_break()
    output = io.BytesIO()
    document.save(output)
    (tmp_path / "a.docx").write_bytes(translated("a.docx", output.getvalue()))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [str(OFFICE), profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(tmp_path / "a.docx")], check=True, capture_output=True, timeout=120)
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert pdf.count(b"/Type/Page/") + pdf.count(b"/Type/Page\n") + pdf.count(b"/Type /Page\n") == 100
