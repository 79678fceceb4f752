"""Requests to a running service, as the load tests send them."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

TIMEOUT = aiohttp.ClientTimeout(total=120)


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go, for which languages, and how their texts are read."""

    url: str
    source_lang: str
    target_lang: str
    text_format: str = "text"


def check_is_local(url: str) -> None:
    """A load test is an attack on whoever did not ask for it.

    Raises:
        ValueError: the URL is not of this machine.
    """
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return
    try:
        is_local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_local = False
    if not is_local:
        raise ValueError(f"{url} is not this machine: add --remote if it is yours and you mean it")


def open_session(num_connections: int) -> aiohttp.ClientSession:
    """A session of at most so many connections; 0: as many as it takes."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=num_connections), timeout=TIMEOUT)


async def translate(session: aiohttp.ClientSession, target: Target, text: str | list[str]) -> None:
    """One request, of one text or several.

    Raises:
        aiohttp.ClientError: it was not answered with a 2xx.
        TimeoutError: it was not answered in time.
    """
    body = {
        "text": text,
        "source_lang": target.source_lang,
        "target_lang": target.target_lang,
        "format": target.text_format,
    }
    async with session.post(f"{target.url}/v1/translate", json=body) as response:
        response.raise_for_status()
        await response.read()


async def closed_loop_rate(target: Target, texts: Sequence[str], num_clients: int) -> float:
    """Texts per second with `num_clients` requests under way at all times."""
    waiting = iter(texts)
    async with open_session(num_clients) as session:
        started = time.perf_counter()
        await asyncio.gather(*(_keep_one_under_way(session, target, waiting) for _ in range(num_clients)))
        return len(texts) / (time.perf_counter() - started)


async def _keep_one_under_way(session: aiohttp.ClientSession, target: Target, texts: Iterator[str]) -> None:
    for text in texts:
        await translate(session, target, text)


@dataclass(frozen=True, slots=True)
class EncoderWork:
    """What the encoders have done since the service started, in tokens."""

    useful: float
    padded: float
    """With the padding."""

    def padding_ratio_since(self, before: EncoderWork) -> float | None:
        """Share of the work since then that was padding; None if there was none."""
        padded = self.padded - before.padded
        return None if padded <= 0 else 1 - (self.useful - before.useful) / padded


async def encoder_work(url: str) -> EncoderWork | None:
    """From `/metrics`, which gives tokens and the share of padding; None for a service without."""
    async with open_session(1) as session, session.get(f"{url}/metrics") as response:
        if response.status != 200:
            return None
        return parse_encoder_work(await response.text())


def parse_encoder_work(exposition: str) -> EncoderWork:
    """Sums over the models and replicas of a Prometheus text."""
    ratios: dict[frozenset[tuple[str, str]], float] = {}
    tokens: dict[frozenset[tuple[str, str]], float] = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            if sample.name == "crosslate_padding_ratio":
                ratios[frozenset(sample.labels.items())] = sample.value
            elif sample.name == "crosslate_prompt_tokens_total":
                tokens[frozenset(sample.labels.items())] = sample.value
    padded = sum(count / (1 - ratios.get(labels, 0.0)) for labels, count in tokens.items())
    return EncoderWork(sum(tokens.values()), padded)
