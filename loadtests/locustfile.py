"""For those who know Locust.

    uv run --group locust locust -f loadtests/locustfile.py --host http://127.0.0.1:8000

Locust's users wait for their answers, so that an overloaded service looks better than it is:
`loadtests.open_loop` does not wait.
"""

from __future__ import annotations

import random

from locust import HttpUser, between

from crosslate.service.commands.bench import SENTENCES


class Reader(HttpUser):
    """Mostly single sentences; now and then a paragraph, a list, or a sentence with its alignment."""

    wait_time = between(0.1, 1.0)

    def sentence(self) -> None:
        self._translate("sentence", random.choice(SENTENCES["en"]))

    def paragraph(self) -> None:
        self._translate("paragraph", " ".join(random.choices(SENTENCES["en"], k=5)))

    def several(self) -> None:
        self._translate("list of 8", random.choices(SENTENCES["en"], k=8))

    def with_links(self) -> None:
        self._translate("with links", random.choice(SENTENCES["en"]), alignment="links")

    def _translate(self, name: str, text: str | list[str], alignment: str = "none") -> None:
        body = {"text": text, "source_lang": "en", "target_lang": "pt", "alignment": alignment}
        self.client.post("/v1/translate", json=body, name=name)


Reader.tasks = [*[Reader.sentence] * 8, *[Reader.paragraph] * 2, Reader.several, Reader.with_links]
