"""One sentence each way and one summary through a running service: what comes back must make sense."""

from __future__ import annotations

import json
import re
import sys
import urllib.request
from typing import Any

CASES = (
    # What any sound translation contains, without caring for the rest.
    ("Hello world, the cat drinks milk.", "en", "pt", ("gato", "leite")),
    ("Olá mundo, o gato bebe leite.", "pt", "en", ("cat", "milk")),
)


ARTICLE = (
    "The city of Lisbon will turn its old tram depot into a public library, the mayor said on Monday. "
    "The depot, built in 1901, has stood empty since the last trams moved to the north of the city. "
    "The new library will hold 200,000 books and a children's reading room. "
    "Building work is expected to cost 18 million euros and to take two years."
)


def ask(url: str, body: dict[str, str]) -> dict[str, Any]:
    """The JSON that comes back."""
    request = urllib.request.Request(
        url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        assert response.status == 200, response.status
        answer: dict[str, Any] = json.load(response)
    return answer


def check(url: str, text: str, source: str, target: str, expected: tuple[str, ...]) -> None:
    """Translate and compare.

    Raises:
        AssertionError: says what does not make sense.
    """
    body = {"text": text, "source_lang": source, "target_lang": target, "alignment": "links"}
    answer = ask(f"{url}/v1/translate", body)["translations"][0]
    output, alignment = answer["text"], answer["alignment"]
    print(f"{source} → {target}: {text} → {output}")
    assert isinstance(output, str)
    assert isinstance(alignment, dict)
    missing = [word for word in expected if word not in output.lower()]
    assert not missing, f"the translation lacks {missing}"
    assert re.fullmatch(r"\d+-\d+( \d+-\d+)*", alignment["pharaoh"]), f"links: {alignment['pharaoh']!r}"


def check_summary(url: str) -> None:
    """Summarize and ask for the sentences that it rests on.

    Raises:
        AssertionError: says what does not make sense.
    """
    body = {"text": ARTICLE, "length": "short", "alignment": "sentences"}
    answer = ask(f"{url}/v1/summarize", body)["summaries"][0]
    print(f"summary: {answer['text']}")
    assert 20 < len(answer["text"]) < len(ARTICLE), "the summary has no summary's length"
    assert all(sentence["sources"] for sentence in answer["alignment"]["sentences"]), "it rests on nothing"


def main() -> None:
    """Check every case against the service at the URL given as the only argument."""
    for text, source, target, expected in CASES:
        check(sys.argv[1], text, source, target, expected)
    check_summary(sys.argv[1])


if __name__ == "__main__":
    main()
