from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.numbers.figure_dates import changed_dates
from tests.service.pipeline.echo import Echo


@pytest.mark.parametrize(
    ("source", "output", "changed"),
    [
        ("Due: 04/14/2026", "Até: 14/04/26", ["04/14/2026"]),
        ("From 04/14/2026 to 5/1/26", "De 04/14/2026 a 1/5/26", ["5/1/26"]),
        ("On 2026-03-04", "Em 04-03-2026", ["2026-03-04"]),
        ("On 04/14/2026", "Em 14 de abril de 2026", []),
        ("On 14.04.2026", "Em 14.04.2026", []),
        ("He has 1/2 and 3.4.5.6", "Ele tem 1/3/4", []),
    ],
)
def test_dates_that_became_others(source: str, output: str, changed: list[str]) -> None:
    assert [source[start:end] for start, end in changed_dates(source, output)] == changed


async def test_a_date_that_was_turned_round_is_tried_again() -> None:
    echo = Echo("en", "pt", {"04/14/2026": "14/04/26"})
    result = await echo.translate("Due on 04/14/2026 by noon")
    assert result.text == "Due on 04/14/2026 by noon"
    assert echo.read == ["Due on 04/14/2026 by noon", "Due on %1 by noon"]
