"""One sentence each way through a running service: status, text and word links must make sense."""

from __future__ import annotations

import json
import re
import sys
import urllib.request

CASES = (
    # What any sound translation contains, without caring for the rest.
    ("Hello world, the cat drinks milk.", "en", "pt", ("gato", "leite")),
    ("Olá mundo, o gato bebe leite.", "pt", "en", ("cat", "milk")),
)


def translate(url: str, text: str, source: str, target: str) -> dict[str, object]:
    """The first translation of the answer."""
    body = {"text": text, "source_lang": source, "target_lang": target, "alignment": "links"}
    request = urllib.request.Request(
        f"{url}/v1/translate",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        assert response.status == 200, response.status
        answer: dict[str, object] = json.load(response)["translations"][0]
    return answer


def check(url: str, text: str, source: str, target: str, expected: tuple[str, ...]) -> None:
    """Translate and compare.

    Raises:
        AssertionError: says what does not make sense.
    """
    answer = translate(url, text, source, target)
    output, alignment = answer["text"], answer["alignment"]
    print(f"{source} → {target}: {text} → {output}")
    assert isinstance(output, str)
    assert isinstance(alignment, dict)
    missing = [word for word in expected if word not in output.lower()]
    assert not missing, f"the translation lacks {missing}"
    assert re.fullmatch(r"\d+-\d+( \d+-\d+)*", alignment["pharaoh"]), f"links: {alignment['pharaoh']!r}"


def main() -> None:
    """Check every case against the service at the URL given as the only argument."""
    for text, source, target, expected in CASES:
        check(sys.argv[1], text, source, target, expected)


if __name__ == "__main__":
    main()
