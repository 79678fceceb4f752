"""Amazon's custom terminologies: the glossaries that are kept here, by their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from crosslate.service.errors import ServiceError, not_supported
from crosslate.service.glossaries.formats import decoded, lines_of
from crosslate.service.glossaries.glossaries import Dictionary
from crosslate.service.glossaries.tables import read_table, table_of, written_table
from crosslate.service.glossaries.tmx import tmx_table, written_tmx
from crosslate.service.http.dialects.amazon.fields import (
    ImportFields,
    NameFields,
    PageFields,
    ShowFields,
    TerminologyData,
)
from crosslate.service.http.dialects.amazon.operation import Answer, Asked
from crosslate.service.http.dialects.amazon.paging import page_of
from crosslate.service.http.dialects.reading import unreadable
from crosslate.service.http.services import Services
from crosslate.service.serving.serving import Call
from crosslate.service.store.glossaries import GlossaryRow, Pair

DOWNLOADS = "/terminologies/"
"""Where `GetTerminology` says that a file is: at Amazon in S3."""
MEDIA_TYPES = {"csv": "text/csv", "tsv": "text/tab-separated-values", "tmx": "application/xml"}
"""By the endings of files."""
_FILE = ("body", "TerminologyData", "File")
_REPOSITORY = "HTTP"


class Terminologies:
    """Operations on them. What is wrong with a request is a `ServiceError`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._kept = services.glossaries

    async def put(self, asked: Asked[ImportFields]) -> Answer:
        """`ImportTerminology`: a new one, or everything in the one that has the name."""
        fields = asked.fields
        owner = self._services.serving.owner(asked.call)
        row = await self._kept.create_or_replace(owner, fields.name, _read(fields))
        data = fields.terminology_data
        about = {**_properties(row), "SizeBytes": len(data.file), "Format": data.format}
        return Answer({"TerminologyProperties": about})

    async def show(self, asked: Asked[ShowFields]) -> Answer:
        """`GetTerminology`: the address of its file is one of this service, which takes the same key."""
        fields = asked.fields
        form = fields.terminology_data_format
        row, content = await self.file(asked.call, fields.name, form.lower())
        address = f"{str(asked.request.base_url).rstrip('/')}{DOWNLOADS}{row.id}.{form.lower()}"
        members = {
            "TerminologyProperties": {**_properties(row), "SizeBytes": len(content), "Format": form},
            "TerminologyDataLocation": {"RepositoryType": _REPOSITORY, "Location": address},
        }
        return Answer(members)

    async def list_all(self, asked: Asked[PageFields]) -> Answer:
        """`ListTerminologies`: the oldest first."""
        fields = asked.fields
        owner = self._services.serving.owner(asked.call)
        rows = await self._kept.of_owner(owner) if self._kept.are_on else []
        shown, token = page_of([row for row in rows if row.dictionaries], fields)
        listed = [_properties(row) for row in shown]
        return Answer({"TerminologyPropertiesList": listed, **token})

    async def delete(self, asked: Asked[NameFields]) -> Answer:
        """`DeleteTerminology`."""
        fields = asked.fields
        owner = self._services.serving.owner(asked.call)
        await self._kept.delete(owner, (await self.named(owner, fields.name)).id)
        return Answer({})

    async def file(self, call: Call, name: str, ending: str) -> tuple[GlossaryRow, bytes]:
        """What is known of one, and its file in one of `MEDIA_TYPES`."""
        owner = self._services.serving.owner(call)
        row = await self.named(owner, name)
        entries = {
            pair: await self._kept.entries(owner, row.id, *pair)
            for pair in _pairs(row)
            if pair[0] == _source(row)
        }
        return row, _written(table_of(entries), ending) if entries else b""

    async def named(self, owner: str, name: str) -> GlossaryRow:
        """One by its name; or by its id, by which other APIs know it.

        Raises:
            ServiceError: 404, there is none.
        """
        found = await self._find(owner, name)
        if found is None:
            raise ServiceError("glossary_not_found", "There is no terminology with this name.")
        return found

    async def _find(self, owner: str, name: str) -> GlossaryRow | None:
        rows = await self._kept.of_owner(owner)
        known = [row for row in rows if row.name == name] or [row for row in rows if row.id == name]
        return next(iter(known), None)


def _read(fields: ImportFields) -> Sequence[Dictionary]:
    """The entries of what is sent.

    Raises:
        ServiceError: 400 what is asked for cannot be had, 422 it is no such file.
    """
    if fields.encryption_key:
        raise not_supported("Nothing is encrypted by a key of AWS' KMS: leave EncryptionKey out.")
    data, is_mutual = fields.terminology_data, fields.terminology_data.directionality == "MULTI"
    return read_table(_lines(data), is_mutual=is_mutual, where=_FILE)


def _lines(data: TerminologyData) -> Iterator[tuple[int, list[str]]]:
    """The file as a table; raises as `_read`."""
    if data.format == "TMX":
        return iter(tmx_table(data.file, _FILE).lines)
    try:
        content = decoded(data.file)
    except ValueError as error:
        raise unreadable(str(error), *_FILE[1:]) from None
    return lines_of(content, "csv" if data.format == "CSV" else "tsv")


def _written(table: Sequence[Sequence[str]], ending: str) -> bytes:
    if ending == "tmx":
        return written_tmx(table)
    return written_table(table, "csv" if ending == "csv" else "tsv").encode()


def _source(row: GlossaryRow) -> str:
    """The language that its file begins with."""
    return row.dictionaries[0].source_lang if row.dictionaries else ""


def _pairs(row: GlossaryRow) -> list[Pair]:
    return [(one.source_lang, one.target_lang) for one in row.dictionaries]


def _properties(row: GlossaryRow) -> Mapping[str, Any]:
    """What is kept of it: neither a description nor when it was changed last."""
    sources = {one.source_lang for one in row.dictionaries}
    return {
        "Name": row.name,
        "Arn": f"arn:crosslate:translate:::terminology/{row.id}",
        "SourceLanguageCode": _source(row),
        "TargetLanguageCodes": [target for source, target in _pairs(row) if source == _source(row)],
        "TermCount": sum(one.num_entries for one in row.dictionaries),
        "CreatedAt": datetime.fromtimestamp(row.created, UTC),
        "Directionality": "UNI" if len(sources) == 1 else "MULTI",
    }
