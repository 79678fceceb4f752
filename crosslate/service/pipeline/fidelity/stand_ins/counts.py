"""Placeholders that stand for a number before what is counted, as in `{count} new messages`.

A model reads figures in its place: it knows where these stand beside a noun, and not where a name does.
"""

from __future__ import annotations

import re

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.protected.spans import Kind, Protected
from crosslate.service.pipeline.fidelity.stand_ins.stand_ins import StandIn
from crosslate.service.pipeline.language.languages import base_language

ONE = "1"
"""Where there is one of what is counted."""
FIGURES = StandIn("", first=25)
"""Without a separator in any language, and no plural's own form; longer ones are taken for names."""
_NAME = (
    r"(?:n|num\w*|number\w*|nb\w*|count\w*|total\w*|qty|quantity|days|hours|minutes|mins|seconds|secs|weeks|months"
    r"|years|items|files|pages|results|users|\w{1,40}_(?:count|num|number|total|qty)|\w{1,40}(?:Count|Num|Number|Total))"
)
_COUNT = re.compile(
    r"#|"
    r"%(?:\d{1,2}\$|\(\w{1,64}\))?[,0+]{0,2}\d{0,2}(?:l{0,2}|h{0,2})[diu]"
    rf"|[$#%]?\{{\s?{_NAME}\s?(?:,\s?number[^{{}}]{{0,60}})?\}}|\{{\{{\s?{_NAME}\s?(?:,[^{{}}]{{0,60}})?\}}\}}|%n"
    r"|\{\w{1,64},\s?number[^{}]{0,60}\}"
    r"|[$#%]?\{\{?\s?[\w.]{1,64}[.](?:length|size|count|total)\s?\}?\}"
    rf"|:{_NAME}"
)
_VALUE = re.compile(
    r"%(?:\d{1,2}\$)?[s@]"
    r"|[$#%]?\{\s?(?:\d{1,2}|[a-z]|amount|left|limit|max\w*|min\w*|remaining|size|time|value)\s?\}"
)
"""Which may stand for anything, but not before what is only counted."""
_OF_THINGS = re.compile(r"[$#%]?\{\{?\s?(?:\w{1,40}[.]){0,3}(?P<name>\w{1,40})\s?\}?\}")
_ENGLISH = (
    "attempts bytes characters contacts days devices emails entries errors files folders hours images items "
    "members messages minutes months notifications pages people photos points products questions "
    "records results rows seconds songs steps tasks tickets "
    "times users videos visitors warnings weeks words years"
)
_PORTUGUESE = (
    "anos arquivos avisos caracteres contactos contatos dias dispositivos erros ficheiros fotos horas "
    "imagens itens linhas membros mensagens meses minutos notificações palavras pastas perguntas pessoas "
    "pontos produtos páginas "
    "resultados segundos semanas tarefas tentativas usuários utilizadores vezes vídeos"
)
_THINGS = frozenset(f"{_ENGLISH} {_PORTUGUESE}".split())
"""What is counted, and is said of nobody: `%s likes` may be what someone does."""
_BESIDE = "active|free|more|new|other|recent|remaining|selected|unread|ativos|novas|novos|outras|outros"
_COUNTED = re.compile(rf"[ \xa0](?:(?:{_BESIDE})[ \xa0])?(?P<thing>[^\W\d_]{{3,40}})(?![\w'’])")
_PLURAL = re.compile(r"[ \xa0](?:[^\W\d_]+(?:-[^\W\d_]+)*[ \xa0]){0,2}[^\W\d_]{2,}s(?!\w)")
"""One of the first words behind it ends as nouns that are counted do."""
_UNIT = re.compile(r"[ \xa0](?:h|min|mins|s|sec|secs|[KMGT]B|[kKMG]?bytes|kg|km|%)(?![\w'’])")
_TAGS = re.compile(r"(?:</?[A-Za-z][^<>]{0,200}>)*")
_LANGUAGES = frozenset({"en", "pt", "es", "fr", "gl", "ca"})


def is_count(text: str, protected: Protected, lang: str) -> bool:
    """Whether something protected in a sentence of this language is such a placeholder."""
    if protected.kind is not Kind.PLACEHOLDER or base_language(lang) not in _LANGUAGES:
        return False
    start, end = _within_tags(text, protected.span)
    behind = protected.span[1]
    if _COUNT.fullmatch(text, start, end) is not None:
        return _PLURAL.match(text, behind) is not None or _UNIT.match(text, behind) is not None
    counted, of_things = _COUNTED.match(text, behind), _OF_THINGS.fullmatch(text, start, end)
    if counted is None:
        return False
    if of_things is not None and of_things["name"] == counted["thing"]:  # `{points} points`
        return True
    return counted["thing"] in _THINGS and _VALUE.fullmatch(text, start, end) is not None


def _within_tags(text: str, span: Span) -> Span:
    """What of something protected stands in tags that touch it: `<b>{count}</b>`."""
    start, end = span
    opening = _TAGS.match(text, start, end)
    start = start if opening is None else opening.end()
    closing = text.find("<", start, end)
    return start, end if closing < 0 or _TAGS.fullmatch(text, closing, end) is None else closing


def is_one(text: str, protected: Protected, lang: str) -> bool:
    """Whether it is the numeral of a message before a noun that is not in the plural: `one {# new file}`."""
    start, end = protected.span
    if text[start:end] != "#" or base_language(lang) not in _LANGUAGES or "1" in text:
        return False
    return text[end : end + 1] == " " and _PLURAL.match(text, end) is None
