"""Whether a request may be served: its key, that key's models, and how much it has used."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from crosslate.service.auth.keys import Key, KeyRing
from crosslate.service.auth.meter import UsageMeter
from crosslate.service.auth.rate import seconds_until_it_fits
from crosslate.service.errors import ServiceError
from crosslate.service.store.periods import Period, minute_before, minute_of, month_of, utc_now
from crosslate.service.store.usage import Amount, Counter


@dataclass(slots=True)
class Charge:
    """What one request was counted with."""

    is_due: bool = False

    def settle(self) -> None:
        """Something of the answer is on its way: what comes after does not make it free."""
        self.is_due = True


@dataclass(frozen=True, slots=True)
class KeyUsage:
    """What a key has used of the present month."""

    characters: int
    max_characters: int | None
    """None: there is no limit."""


@dataclass(frozen=True, slots=True)
class Access:
    """Asked once for each request, before any model is.

    Args:
        keys: where there are none, everybody may ask.
        meter: what they have used.
        now: the time, with its zone.
        on_charge: told the key's name and its characters, of each request that is let in.
        on_refusal: told the key's name and the code of each refusal for having used too much.
    """

    keys: KeyRing
    meter: UsageMeter
    now: Callable[[], datetime] = utc_now
    on_charge: Callable[[str, int], None] = lambda name, num_characters: None
    on_refusal: Callable[[str, str], None] = lambda name, code: None

    def identify(self, sent: str | None) -> Key | None:
        """Whose request it is; None where nobody needs a key; raises as `KeyRing.find`."""
        return self.keys.find(sent)

    def check_model(self, key: Key | None, model: str | None) -> None:
        """Pass if a request with this key may name this model.

        Raises:
            ServiceError: 403 `key_not_for_model`.
        """
        if key is None or key.models is None or model is None or model in key.models:
            return
        raise ServiceError(
            "key_not_for_model",
            f"The key {key.name} is for {', '.join(sorted(key.models))}: name one of these, or none.",
        )

    def usage(self, key: Key) -> KeyUsage:
        """Of the present month."""
        used = self.meter.used(Counter(key.name, month_of(self.now()))).characters
        return KeyUsage(used, key.characters_per_month)

    @contextlib.contextmanager
    def charged(self, key: Key | None, num_characters: int) -> Iterator[Charge]:
        """Count one request, for the length of the block; one that fails is not counted for the month.

        For the minute it is: whoever sends failing requests without end is to be slowed down, too.

        Raises:
            ServiceError: 413 `text_too_large`, 429 `quota_exceeded` or `rate_limited`.
        """
        charge = Charge()
        if key is None:
            yield charge
            return
        now, amount = self.now(), Amount(1, num_characters)
        self._check_quota(key, num_characters, month_of(now))
        self._check_rates(key, amount, now)
        month = Counter(key.name, month_of(now))
        self.meter.add(month, amount)
        if key.is_rate_limited:
            self.meter.add(Counter(key.name, minute_of(now)), amount)
        self.on_charge(key.name, num_characters)
        try:
            yield charge
        except BaseException:
            if not charge.is_due:
                self.meter.add(month, -amount)
            raise

    def _check_quota(self, key: Key, num_characters: int, month: Period) -> None:
        limit = key.characters_per_month
        if limit is None:
            return
        used = self.meter.used(Counter(key.name, month)).characters
        if used + num_characters > limit:
            self.on_refusal(key.name, "quota_exceeded")
            raise ServiceError(
                "quota_exceeded",
                f"The key {key.name} has used {used} of {limit} characters of this month, and the request "
                f"has {num_characters}. A new month begins on its first day, in UTC.",
            )

    def _check_rates(self, key: Key, amount: Amount, now: datetime) -> None:
        current = self.meter.used(Counter(key.name, minute_of(now)))
        previous = self.meter.used(Counter(key.name, minute_before(now)))
        elapsed_s = now.second + now.microsecond / 1e6
        rates = (
            ("requests", key.requests_per_minute, amount.requests, current.requests, previous.requests),
            (
                "characters",
                key.characters_per_minute,
                amount.characters,
                current.characters,
                previous.characters,
            ),
        )
        for unit, limit, cost, in_this_minute, in_the_last in rates:
            if limit is None:
                continue
            if cost > limit:
                raise _never_fits(key.name, cost, limit)
            wait_s = seconds_until_it_fits(cost, limit, in_this_minute, in_the_last, elapsed_s)
            if wait_s > 0:
                self.on_refusal(key.name, "rate_limited")
                raise ServiceError(
                    "rate_limited",
                    f"The key {key.name} may send {limit} {unit} a minute. Try again a little later.",
                    retry_after_s=wait_s,
                )


def without_keys() -> Access:
    """Everybody may ask, and nothing is counted."""
    return Access(KeyRing(), UsageMeter(lambda batch, wanted: {}, utc_now, lambda error: None))


def _never_fits(name: str, num_characters: int, limit: int) -> ServiceError:
    return ServiceError(
        "text_too_large",
        f"The texts have {num_characters} characters, and the key {name} may send {limit} a minute: send "
        "several requests.",
    )
