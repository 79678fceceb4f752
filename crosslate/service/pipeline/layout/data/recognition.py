"""A plain text that is data: its values are read, and its keys, names, separators and codes stay as they are.

A model would translate keys, and put blanks behind separators: nobody's program could read that.
"""

from __future__ import annotations

import re

from crosslate.service.pipeline.layout.data.cells import cell_values
from crosslate.service.pipeline.layout.data.code import code_values
from crosslate.service.pipeline.layout.data.content_lines import content_line_values
from crosslate.service.pipeline.layout.data.front_matter import front_matter_values
from crosslate.service.pipeline.layout.data.gettext import gettext_values
from crosslate.service.pipeline.layout.data.key_values import key_values
from crosslate.service.pipeline.layout.data.loose_json import loose_json_values
from crosslate.service.pipeline.layout.data.one_statement import one_statement_values
from crosslate.service.pipeline.layout.data.sql import sql_values
from crosslate.service.pipeline.layout.data.values import DataValue
from crosslate.service.pipeline.layout.data.yaml_text import yaml_values

_MEMBERS = re.compile(r"[\w\-]{1,40}: ?[\"'][^\n]*[\"'], ?[\w\-]{1,40}: ?[\"']")
"""Of an object, on one line: `label: "Save it", tip: "Saves all of it"`."""


def _members(text: str) -> list[DataValue] | None:
    """Those of a text that is the inside of an object."""
    found = loose_json_values("{" + text + "}")
    if found is None:
        return None
    return [one._replace(span=(one.span[0] - 1, one.span[1] - 1)) for one in found]


def data_values(text: str) -> list[DataValue] | None:
    """The values of a text that is data, in order; None of any other text: prose, lists of labels."""
    if "\n" not in text and "\r" not in text:
        found = loose_json_values(text)
        if found is None and ("=" in text or '":' in text or text.startswith("msg")):
            found = key_values(text)
        if found is None and _MEMBERS.match(text) is not None:
            found = _members(text)
        if found is None and text.rstrip().endswith((")", ";", "}", "]")):
            found = one_statement_values(text)
        return sql_values(text) if found is None else found
    for read in (
        front_matter_values,
        loose_json_values,
        gettext_values,
        content_line_values,
        yaml_values,
        key_values,
        sql_values,
        code_values,
        cell_values,
    ):
        found = read(text)
        if found is not None:
            return found
    return None
