from __future__ import annotations

import pytest

from crosslate.service.pipeline.language.person_names import is_name_with_particle


@pytest.mark.parametrize(
    "name",
    [
        "von Neumann",
        "van der Berg",
        "van 't Hoff",
        "Ursula von der Leyen",
        "van der Berg, A. B.",
        "Ibn bin Said",
    ],
)
def test_names_alone(name: str) -> None:
    assert is_name_with_particle(name)


@pytest.mark.parametrize(
    "text", ["dos Santos", "van", "The van is here", "Neumann", "von Neumann was here", "Go to van Gogh now"]
)
def test_others(text: str) -> None:
    assert not is_name_with_particle(text)
