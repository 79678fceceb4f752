from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.protected.id_labels import id_labels
from tests.service.pipeline.echo import Echo


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SWIFT: NWBKGB2LXXX", ["SWIFT: NWBKGB2LXXX"]),
        ("Your PIN: 4821. The EAN: 5901234123457", ["PIN: 4821", "EAN: 5901234123457"]),
        ("BIC/SWIFT: BCOMPTPL", ["BIC/SWIFT: BCOMPTPL"]),
        ("IBAN: GB29 NWBK 6016 1331 9268 19", ["IBAN"]),
        ("NIF: 501 964 843", ["NIF"]),
        ("SKU: black-cat", ["SKU"]),
        ("SKU:", []),
        ("A SWIFT answer: 42", []),
        ("NAME: JOHN, DATE: 12/05, VAT: 20%", []),
        ("MY-SKU: 12345", []),
    ],
)
def test_labels_of_codes_are_found_with_these(text: str, found: list[str]) -> None:
    assert [text[slice(*span)] for span in id_labels(text)] == found


async def test_nothing_of_them_is_read() -> None:
    echo = Echo("en", "pt", {"SWIFT": "RÁPIDO", "PIN": "PINO"})
    assert (await echo.translate("SWIFT: NWBKGB2L\nYour PIN: 4821")).text == "SWIFT: NWBKGB2L\nYour PIN: 4821"
    assert echo.read == ["Your X1"]
