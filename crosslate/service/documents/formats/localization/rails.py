"""Messages of Rails and of what follows it (`.yml`): YAML under the name of its language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import yaml

from crosslate.service.documents.document import Document, ReadOptions, Segment, has_words, unreadable
from crosslate.service.documents.edits import edited
from crosslate.service.documents.encoding import read_text
from crosslate.service.documents.formats.common.units import document_of
from crosslate.service.documents.formats.localization.plural_categories import CATEGORIES, plural_categories
from crosslate.service.documents.formats.localization.yaml_scalars import composed, span_of, written
from crosslate.service.pipeline.language.languages import standard_tag

_KIND = ".yml"
_TEXT = "tag:yaml.org,2002:str"
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_SYMBOL = re.compile(r":\w+")
_DIRECTIVE = re.compile(r"%[-0^#_:]*\d*[A-Za-z%]")
_OF_FORMATS = frozenset({"format", "formats"})
"""Keys around patterns of dates and numbers, `%d %B`, which the program fills."""
_LINE_END = re.compile(r"\r?\n|\Z")
_HTML = re.compile(r"(?:.*_)?html")
_OTHER = "other"


def read_rails(data: bytes, options: ReadOptions) -> Document:
    """Texts, under the target's name; keys, symbols, patterns of dates and what is no text stay.

    A language's plurals that the file has not are added, as it says `other`.

    Raises:
        ServiceError: 422.
    """
    file = read_text(data, _KIND, options.source_lang)
    root = _root_of(file.text)
    key, messages = root.value[0]
    values = list(_values(messages, file.text))
    target = standard_tag(options.target_lang) or options.target_lang

    def finish() -> bytes:
        edits = [value.edit() for value in values if value.new is not None]
        if target:
            edits.append((*span_of(key, file.text), written(key, "", target, is_in_flow=False)))
            edits += _plurals(messages, values, file.text, target)
        return file.encoded(edited(file.text, sorted(edits, key=lambda edit: edit[:2])))

    return document_of(values, finish, file.notices)


def _root_of(text: str) -> yaml.MappingNode:
    try:
        root = composed(text)
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f" (line {error.problem_mark.line + 1})"
        raise unreadable(_KIND, f"it is no valid YAML{line}") from None
    except (yaml.YAMLError, RecursionError):
        raise unreadable(_KIND, "it is no valid YAML, or nested too deeply") from None
    if not isinstance(root, yaml.MappingNode) or len(root.value) != 1 or not _is_language(root.value[0][0]):
        raise unreadable(_KIND, "its root is not one language with its messages, such as en:")
    return root


def _is_language(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and _LANGUAGE.fullmatch(key.value) is not None


@dataclass(slots=True, eq=False)
class _Value:
    """A text, and once translated its translation."""

    node: yaml.ScalarNode
    start: int
    raw: str
    path: tuple[str, ...]
    is_in_flow: bool
    segments: Sequence[Segment] = field(init=False)
    new: str | None = None

    def __post_init__(self) -> None:
        said = self.node.value.strip("\n")
        is_html = _HTML.fullmatch(self.path[-1] if self.path else "") is not None
        segment = Segment(said, "html" if is_html else "text", ".".join(self.path))
        self.segments = [segment] if _is_said(said, self.path) else []

    def put(self, translations: Sequence[str]) -> None:
        """Take the translation."""
        self.new = translations[0]

    def as_written(self) -> str:
        """As it stands in the file now."""
        if self.new is None:
            return self.raw
        return written(self.node, self.raw, self.new, is_in_flow=self.is_in_flow)

    def edit(self) -> tuple[int, int, str]:
        """Where the file is changed, and what stands there then."""
        return self.start, self.start + len(self.raw), self.as_written()


def _is_said(text: str, path: Sequence[str]) -> bool:
    if _SYMBOL.fullmatch(text):
        return False
    return has_words(_DIRECTIVE.sub("", text) if _OF_FORMATS & set(path) else text)


def _nodes(root: yaml.Node) -> Iterator[tuple[yaml.Node, tuple[str, ...], bool]]:
    """All below a node, in order, each once, with the keys to it and whether it stands in brackets."""
    pending: list[tuple[yaml.Node, tuple[str, ...], bool]] = [(root, (), False)]
    seen: set[int] = set()
    while pending:
        node, path, is_in_flow = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node, path, is_in_flow
        inner = is_in_flow or bool(getattr(node, "flow_style", False))
        if isinstance(node, yaml.MappingNode):
            below = [(value, (*path, str(key.value)), inner) for key, value in node.value]
        else:
            items = node.value if isinstance(node, yaml.SequenceNode) else []
            below = [(item, (*path, str(number)), inner) for number, item in enumerate(items)]
        pending.extend(reversed(below))


def _values(root: yaml.Node, text: str) -> Iterator[_Value]:
    for node, keys, is_in_flow in _nodes(root):
        if isinstance(node, yaml.ScalarNode) and node.tag == _TEXT:
            start, end = span_of(node, text)
            yield _Value(node, start, text[start:end], keys, is_in_flow)


def _plurals(
    root: yaml.Node, values: Sequence[_Value], text: str, lang: str
) -> Iterator[tuple[int, int, str]]:
    """Those that a language needs and the file has not, each behind the last one."""
    known = {id(value.node): value for value in values}
    for node, _, _ in _nodes(root):
        members = {name: known.get(id(value)) for name, value in _members(node)}
        other, last = members.get(_OTHER), next(reversed(members.values()), None)
        if other is None or last is None or not members.keys() <= set(CATEGORIES):
            continue
        missing = [name for name in plural_categories(lang) if name not in members]
        at = last.start + len(last.raw)
        gap = ", "
        if isinstance(node, yaml.CollectionNode) and not node.flow_style:
            # Behind the line, which may end in a note.
            line_end = _LINE_END.search(text, at)
            assert line_end is not None
            at = line_end.start()
            gap = (line_end[0] or "\n") + " " * node.value[-1][0].start_mark.column
        yield at, at, "".join(f"{gap}{name}: {other.as_written()}" for name in missing)


def _members(node: yaml.Node) -> Iterator[tuple[str, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from ((str(key.value), value) for key, value in node.value)
