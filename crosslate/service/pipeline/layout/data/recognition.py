"""A plain text that is data: its values are read, and its keys, names, separators and codes stay as they are.

A model would translate keys, and put blanks behind separators: nobody's program could read that.
"""

from __future__ import annotations

from crosslate.service.pipeline.layout.data.cells import cell_values
from crosslate.service.pipeline.layout.data.key_values import key_values
from crosslate.service.pipeline.layout.data.sql import sql_values
from crosslate.service.pipeline.layout.data.values import DataValue
from crosslate.service.pipeline.layout.data.yaml_text import yaml_values


def data_values(text: str) -> list[DataValue] | None:
    """The values of a text that is data, in order; None of any other text: prose, lists of labels."""
    if "\n" not in text and "\r" not in text:
        found = key_values(text) if "=" in text or '":' in text else None
        return sql_values(text) if found is None else found
    for read in (yaml_values, key_values, sql_values, cell_values):
        found = read(text)
        if found is not None:
            return found
    return None
