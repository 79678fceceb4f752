"""What the parts of an Office Open XML package are: told one by one, or by the endings of their names."""

from __future__ import annotations

from crosslate.service.documents.package import Package

LIST = "[Content_Types].xml"
WORD_DOCUMENTS = ("wordprocessingml.document.main+xml", "wordprocessingml.template.main+xml")
PRESENTATIONS = tuple(f"presentationml.{kind}.main+xml" for kind in ("presentation", "slideshow", "template"))
WORKBOOKS = ("spreadsheetml.sheet.main+xml", "spreadsheetml.template.main+xml")
"""The main parts of files, and of templates for such files."""


def content_types(package: Package) -> dict[str, str]:
    """The type of each part that has one, by its name as the archive has it."""
    root = package.tree(LIST)
    by_ending = {
        one.get("Extension", "").lower(): one.get("ContentType", "") for one in root.iterfind("{*}Default")
    }
    # The names of parts are the same in capitals.
    told = {
        one.get("PartName", "").lstrip("/").lower(): one.get("ContentType", "")
        for one in root.iterfind("{*}Override")
    }
    types = {
        name: told.get(name.lower()) or by_ending.get(name.rpartition(".")[2].lower(), "")
        for name in package.names
        if name != LIST
    }
    return {name: kind for name, kind in types.items() if kind}


def kind_of(types: dict[str, str]) -> str | None:
    """Whose file a package is, by its main part; None: of no program that is known here."""
    kinds = ((WORD_DOCUMENTS, ".docx"), (PRESENTATIONS, ".pptx"), (WORKBOOKS, ".xlsx"))
    return next((kind for ends, kind in kinds if any(one.endswith(ends) for one in types.values())), None)
