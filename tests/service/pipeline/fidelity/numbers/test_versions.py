from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.numbers.number_difference import difference
from crosslate.service.pipeline.fidelity.numbers.number_forms import RewrittenNumbers, rewritten_numbers
from crosslate.service.pipeline.fidelity.numbers.versions import version_starts
from crosslate.service.pipeline.text.origin import DerivedText


def _versions(text: str) -> list[str]:
    return [text[at:].split(maxsplit=1)[0] for at in version_starts(text)]


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        ("It needs macOS Sonoma 14.2 or Ubuntu 22.04 LTS", ["14.2", "22.04"]),
        ("TLS 1.3 only, and PostgreSQL 15.4", ["1.3", "15.4"]),
        ("Install Android Studio 2023.1", ["2023.1"]),
        ("It has Bluetooth® 5.3 and USB-C™ 3.2", ["5.3", "3.2"]),
        ("the VW Golf 2.0 TDI takes 4.5 l", ["2.0"]),
        ("New in 1.10: it needs .NET 4.8", ["1.10:", "4.8"]),
        ("Fixed in 5.1.", ["5.1."]),
    ],
)
def test_a_name_with_a_decimal_behind_it_has_a_version(text: str, versions: list[str]) -> None:
    assert _versions(text) == versions


@pytest.mark.parametrize(
    "text",
    [
        "Toyota sold 1.2 and Tesla 10.5 million cars",
        "He gave 3.5 of 5 to Uber 4.9, Lyft 4.7",
        "Magnitude 6.2 was measured",
        "It costs EUR 4.60 or USD 5.10",
        "Order: Pizza 12.90",
        "a Burger 9.50, and Pizza 7.99",
        "his GPA 3.8",
        "in Lisbon 3.5 % and in Porto 2.5 percent",
        "on Monday 10.30.2024",
        "It requires 2.5 kg, fixed with 3.5 million",
    ],
)
def test_quantities_have_none(text: str) -> None:
    assert _versions(text) == []


def test_a_version_stays_as_it_is() -> None:
    source, output = "It runs on Ubuntu 22.04 and takes 2.5 hours.", "Corre no Ubuntu 22,04 e leva 2,5 horas."
    forms = rewritten_numbers(source, "en", "pt")
    answer = RewrittenNumbers(forms, "pt").restored(DerivedText.of(output)).text
    assert answer == "Corre no Ubuntu 22.04 e leva 2,5 horas."
    assert not difference(source, "en", answer, "pt")
    assert not difference("um Golf 2,0 a diesel", "pt", "a diesel Golf 2.0", "en")
