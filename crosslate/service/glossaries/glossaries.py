"""Stored glossaries in a replica: what may be kept, under which languages, and what a request gets of it."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from crosslate.service.errors import FieldError, ServiceError, malformed
from crosslate.service.glossaries.settings import GlossarySettings
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.pipeline.language.languages import base_language, shown_code
from crosslate.service.store.database import StoreError, open_database
from crosslate.service.store.glossaries import GlossaryRow, GlossaryStore
from crosslate.service.store.opening import SharedOpening
from crosslate.service.store.settings import StoreSettings
from crosslate.service.store.threads import StoreThreads

P = ParamSpec("P")
T = TypeVar("T")
_RETRY_AFTER_S = 5.0
_NUL = "\x00"
"""PostgreSQL has no texts with it, and would seem to be away."""
_MAX_NAME = 1024


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Entries for one pair of languages."""

    source_lang: str
    target_lang: str
    entries: Sequence[GlossaryEntry]


class Glossaries:
    """Glossaries by owner: the name of a key, or "" where nobody needs one. Raises `ServiceError`s only.

    The store is opened when it is needed for the first time. Languages are those of DeepL's glossaries:
    without region or script.
    """

    def __init__(
        self,
        settings: GlossarySettings,
        store: StoreSettings,
        state_dir: Path | None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._place = store.url, state_dir
        self._now = now
        self._threads = StoreThreads()
        self._store = SharedOpening(self._open)

    async def close(self) -> None:
        """Where the store was opened, close it; nothing is under way any more."""
        store = await self._store.taken()
        if store is not None:
            await self._threads.run(store.close)
            await self._threads.close()

    @property
    def are_on(self) -> bool:
        """Whether any can be kept."""
        return self._settings.enabled

    async def create(self, owner: str, name: str, dictionaries: Sequence[Dictionary]) -> GlossaryRow:
        """A new one."""
        row, checked = self._new(name, dictionaries)
        if not await self._ask(GlossaryStore.add, owner, row, checked, self._settings.max_glossaries):
            raise self._too_many()
        return await self.get(owner, row.id)

    async def create_or_replace(
        self, owner: str, name: str, dictionaries: Sequence[Dictionary]
    ) -> GlossaryRow:
        """A new one; or these in the place of all that the owner's oldest of this name has.

        Whoever does so at once: there is one of the name then, which one of them wrote wholly.
        """
        row, checked = self._new(name, dictionaries)
        most = self._settings.max_glossaries
        found = await self._ask(GlossaryStore.add_or_replace, owner, row, checked, most)
        if found is None:
            raise self._too_many()
        return found

    def _new(
        self, name: str, dictionaries: Sequence[Dictionary]
    ) -> tuple[GlossaryRow, Mapping[tuple[str, str], Sequence[tuple[str, str]]]]:
        """What is to be kept of one, and its entries."""
        _check_name(name)
        checked = {_languages(one): _pairs(one) for one in map(self._checked, dictionaries)}
        if len(checked) < len(dictionaries):
            raise malformed((FieldError(("body", "dictionaries"), "has a pair of languages twice"),))
        return GlossaryRow(secrets.token_hex(16), name, self._now(), ()), checked

    def _too_many(self) -> ServiceError:
        return ServiceError(
            "too_many_glossaries",
            f"At most {self._settings.max_glossaries} are kept (glossaries.max_glossaries): delete some.",
        )

    async def of_owner(self, owner: str) -> list[GlossaryRow]:
        """An owner's, the oldest first."""
        return await self._ask(GlossaryStore.of_owner, owner)

    async def get(self, owner: str, glossary: str) -> GlossaryRow:
        """One of an owner's; 404 `glossary_not_found`, as of all that are not there."""
        found = await self._ask(GlossaryStore.get, owner, glossary)
        if found is None:
            raise _not_found()
        return found

    async def delete(self, owner: str, glossary: str) -> None:
        """With all its entries."""
        _check_there(await self._ask(GlossaryStore.delete, owner, glossary))

    async def put(self, owner: str, glossary: str, dictionary: Dictionary) -> Dictionary:
        """Replace the entries of a pair of languages; gives them with the languages as they are kept."""
        checked = self._checked(dictionary)
        pairs = _pairs(checked)
        _check_there(await self._ask(GlossaryStore.put, owner, glossary, _languages(checked), pairs))
        return checked

    async def change(
        self, owner: str, glossary: str, name: str | None, dictionaries: Iterable[Dictionary]
    ) -> GlossaryRow:
        """Another name, and further entries, all of it or nothing; of a term that is there the new count."""
        if name is not None:
            _check_name(name)
        checked = [self._checked(dictionary) for dictionary in dictionaries]
        changes = [(_languages(one), partial(self._merged, one)) for one in checked]
        found = await self._ask(GlossaryStore.change, owner, glossary, name, changes)
        if found is None:
            raise _not_found()
        return found

    def _merged(self, new: Dictionary, there: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        terms = {entry.source for entry in new.entries}
        kept = [GlossaryEntry(*pair) for pair in there if pair[0] not in terms]
        return _pairs(self._checked(dataclasses.replace(new, entries=[*kept, *new.entries])))

    async def remove(self, owner: str, glossary: str, source_lang: str, target_lang: str) -> None:
        """The entries of a pair of languages."""
        languages = language_of(source_lang), language_of(target_lang)
        _check_kept(languages)
        if not await self._ask(GlossaryStore.remove, owner, glossary, languages):
            await self.get(owner, glossary)
            raise _not_for_pair(*languages)

    async def entries(
        self, owner: str, glossary: str, source_lang: str, target_lang: str
    ) -> tuple[GlossaryEntry, ...]:
        """Those for a pair of languages; 404 without the glossary, 400 where it has none for the pair."""
        languages = language_of(source_lang), language_of(target_lang)
        _check_kept(languages)
        found = await self._ask(GlossaryStore.entries, owner, glossary, languages)
        if found is None:
            await self.get(owner, glossary)
            raise _not_for_pair(*languages)
        return tuple(GlossaryEntry(*pair) for pair in found)

    def _checked(self, dictionary: Dictionary) -> Dictionary:
        """With its languages as they are kept, and each entry once."""
        languages = language_of(dictionary.source_lang), language_of(dictionary.target_lang)
        entries = list(dict.fromkeys(dictionary.entries))
        faults: list[FieldError] = []
        if languages[0] == languages[1]:
            faults.append(FieldError(("body", "target_lang"), "is the language of the terms, too"))
        if _NUL in "".join(languages):
            faults.append(FieldError(("body", "source_lang"), "or target_lang has U+0000"))
        if not entries:
            faults.append(FieldError(("body", "entries"), "has no entries"))
        if faults:
            raise malformed(tuple(faults))
        if len(entries) > self._settings.max_entries:
            raise ServiceError(
                "glossary_too_large",
                f"It has {len(entries)} entries for one pair of languages; at most "
                f"{self._settings.max_entries} are kept (glossaries.max_entries).",
            )
        return Dictionary(*languages, entries)

    async def _ask(
        self, method: Callable[Concatenate[GlossaryStore, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What the store's method gives, of a glossary whose id may be one."""
        if any(isinstance(word, str) and _NUL in word for word in args):
            raise _not_found()
        return await self._run(partial(method, await self._opened(), *args, **kwargs))

    async def _opened(self) -> GlossaryStore:
        if not self._settings.enabled:
            raise ServiceError(
                "glossaries_off",
                "This service keeps no glossaries (glossaries.enabled is false): send terms with the text.",
                neutral_detail="This service keeps no glossaries (glossaries.enabled is false).",
            )
        return await self._store.get()

    async def _open(self) -> GlossaryStore:
        return GlossaryStore(await self._run(partial(open_database, *self._place)))

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await self._threads.run(work)
        except StoreError as error:
            raise ServiceError(
                "store_unavailable",
                "What is kept cannot be reached at the moment. Try again a little later.",
                retry_after_s=_RETRY_AFTER_S,
            ) from error


def language_of(code: str) -> str:
    """As glossaries are kept: `pt` for `PT-BR`."""
    return base_language(code.replace("_", "-").lower())


def _languages(dictionary: Dictionary) -> tuple[str, str]:
    return dictionary.source_lang, dictionary.target_lang


def _pairs(dictionary: Dictionary) -> list[tuple[str, str]]:
    return [(entry.source, entry.target) for entry in dictionary.entries]


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > _MAX_NAME or _NUL in name:
        fault = f"needs 1 to {_MAX_NAME} characters, none of them U+0000"
        raise malformed((FieldError(("body", "name"), fault),))


def _check_kept(languages: tuple[str, str]) -> None:
    if _NUL in "".join(languages):
        raise _not_for_pair(*languages)


def _check_there(is_there: bool) -> None:
    if not is_there:
        raise _not_found()


def _not_found() -> ServiceError:
    return ServiceError("glossary_not_found", "There is no glossary with this id.")


def _not_for_pair(source_lang: str, target_lang: str) -> ServiceError:
    pair = f"from {shown_code(source_lang)} to {shown_code(target_lang)}"
    return ServiceError("glossary_not_for_pair", f"The glossary has no entries {pair}.")
