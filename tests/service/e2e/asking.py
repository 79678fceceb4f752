"""A client that asks a service all the while that something happens to it."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator

import httpx

PAUSE_S = 0.1


@contextlib.contextmanager
def asking(url: str, source: str = "en", target: str = "pt") -> Iterator[Counter[str]]:
    """Asks again and again until the end of the block; its answers, counted: `200`, or what went wrong."""
    answers: Counter[str] = Counter()
    is_over = threading.Event()

    def ask() -> None:
        while not is_over.wait(PAUSE_S):
            text = f"The house has {sum(answers.values())} doors."
            content = {"text": text, "source_lang": source, "target_lang": target}
            try:
                answer = httpx.post(f"{url}/v1/translate", json=content, timeout=60)
                answers[answer.json().get("code", "200")] += 1
            except httpx.TransportError as error:
                answers[type(error).__name__] += 1

    client = threading.Thread(target=ask)
    client.start()
    try:
        yield answers
    finally:
        is_over.set()
        client.join()
