"""YAML: catalogues of messages, front matter, settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.data.values import DataValue, Style, is_code_word, is_name

_MAY_BE = re.compile(
    r"(?:---[ \t]*\r?\n|[ \t]*(?:#[^\r\n]*)?\r?\n)*+(?:- )?[\"']?[^\W\dA-Z][\w.\-/$]*[\"']?:(?:\s|$)"
)
"""The first line that is not a comment has a key, as programs write them; few texts begin so."""
_KEY = re.compile(r"[\w/.$@][\w.\-/${}@]*")
_OF_PROGRAMS = re.compile(r"[a-z\d][A-Z]|\w[_.]\w")
"""In a key: no label that people write has these."""
_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]+)*")
_COMMENT = re.compile(r"^[ \t]*#+[ \t]+(?P<words>\S.*)$", re.MULTILINE)
_DEEPEST = 64
_RESOLVER = yaml.SafeLoader("")
_STRING = "tag:yaml.org,2002:str"
_QUOTED = {'"': Style.ESCAPED_DOUBLE, "'": Style.DOUBLED_SINGLE}


@dataclass(slots=True)
class _Collection:
    is_mapping: bool
    is_list: bool
    """Of words below each other."""
    expects_key: bool = True
    num_keys: int = 0


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    text: str
    values: list[DataValue] = field(default_factory=list)
    scalars: list[Span] = field(default_factory=list)
    is_sure: bool = False
    """Whether something is there that no list of labels has."""
    open_ones: list[_Collection] = field(default_factory=list)

    def opens(self, *, is_mapping: bool, is_list: bool = False) -> None:
        """A mapping or a list begins; it is the value of a key, or an item."""
        if self.open_ones and self.open_ones[-1].is_mapping:
            self.is_sure = True
        self.takes_value()
        self.open_ones.append(_Collection(is_mapping, is_list))

    def takes_value(self) -> None:
        """What comes next in a mapping is a key again."""
        if self.open_ones and self.open_ones[-1].is_mapping:
            self.open_ones[-1].expects_key = True

    def takes(self, event: yaml.ScalarEvent) -> bool:
        """Whether a scalar may stand there in a text that is YAML."""
        assert event.start_mark is not None
        assert event.end_mark is not None
        start, end = event.start_mark.index, event.end_mark.index
        self.scalars.append((start, end))
        inner = self.open_ones[-1] if self.open_ones else None
        if inner is None:
            return False
        if inner.is_mapping and inner.expects_key:
            inner.expects_key = False
            inner.num_keys += 1
            is_item = len(self.open_ones) > 1 and inner.num_keys > 1  # `- name: …`, with more below it
            self.is_sure = self.is_sure or is_item or _OF_PROGRAMS.search(event.value) is not None
            return _KEY.fullmatch(event.value) is not None
        self.takes_value()
        if event.style in ("|", ">"):
            self.is_sure = True
            self.values.append(DataValue((self.text.find("\n", start, end) + 1 or end, end)))
        elif event.style in _QUOTED:
            self.is_sure = True
            self.values.append(DataValue((self._first(start) + 1, end - 1), _QUOTED[event.style]))
        elif self._is_string(event) and not (is_name if inner.is_list else is_code_word)(event.value):
            self.values.append(DataValue((self._first(start), end)))
        return True

    def _first(self, start: int) -> int:
        """Behind anchors and tags."""
        found = _PROPERTIES.match(self.text, start)
        return start if found is None else found.end()

    def _is_string(self, event: yaml.ScalarEvent) -> bool:
        tag = _RESOLVER.resolve(yaml.ScalarNode, event.value, (True, False))  # type: ignore[no-untyped-call]
        return bool(tag == _STRING)


def yaml_values(text: str) -> list[DataValue] | None:
    """The strings of a text that is YAML, which are values, and its comments; None of any other text.

    People write lists of labels, too (`Price: five euros`). Keys begin in lower case, and something is
    there that is a program's: a mapping in another, quotation marks around a value, `snake_case`.
    """
    if _MAY_BE.match(text) is None:
        return None
    reading = _Reading(text)
    try:
        is_yaml = _read(reading)
    except (yaml.YAMLError, UnicodeError):
        return None
    if not (is_yaml and reading.is_sure):
        return None
    return sorted([*reading.values, *_comments(text, reading.scalars)])


def _read(reading: _Reading) -> bool:
    for event in yaml.parse(reading.text, Loader=yaml.CSafeLoader):
        match event:
            case yaml.MappingStartEvent():
                reading.opens(is_mapping=True)
            case yaml.SequenceStartEvent():
                reading.opens(is_mapping=False, is_list=not event.flow_style)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                reading.open_ones.pop()
            case yaml.ScalarEvent():
                if not reading.takes(event):
                    return False
            case yaml.AliasEvent():
                reading.takes_value()
        if len(reading.open_ones) > _DEEPEST:
            return False
    return bool(reading.scalars)


def _comments(text: str, scalars: list[Span]) -> Iterator[DataValue]:
    """Comments on lines of their own, which stand between the scalars."""
    at = 0
    for comment in _COMMENT.finditer(text):
        start, end = comment.start("words"), comment.start("words") + len(comment["words"].rstrip())
        while at < len(scalars) and scalars[at][1] <= start:
            at += 1
        is_inside = at < len(scalars) and scalars[at][0] < start
        if not is_inside and _MAY_BE.match(text, start, end) is None:
            yield DataValue((start, end))
