"""Lines of logs, chats and compilers: where the message begins that somebody is to read.

What stands before it - times, levels, names, addresses - is what programs look for, and stays byte for byte.
"""

from __future__ import annotations

import re

from crosslate.models.tokenizers.tokenizer import Span

_TIME = r"\d{1,2}:\d\d:\d\d(?:[.,]\d{1,9})?(?:[ \xa0\u202f]?[AaPp]\.?[Mm]\b\.?)?"
_SHORT_TIME = r"\d{1,2}:\d\d(?::\d\d)?(?:[ \xa0\u202f]?[AaPp]\.?[Mm]\b\.?)?"
_ZONE = r"(?:Z|[ ]?[+\-]\d\d:?\d\d|[ ](?:UTC|GMT|CET|CEST|[ECMP][SD]T))?"
_DATE = r"(?:\d{4}[\-/.]\d\d?[\-/.]\d\d?|\d\d?[\-/.]\d\d?[\-/.]\d{2,4}|\d\d-\d\d)"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY = r"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ ])?"
_STAMP = (
    rf"(?:{_DATE}[T ,_]{{1,2}}{_TIME}{_ZONE}"
    rf"|{_DAY}{_MONTH}[ ]{{1,2}}\d\d?(?:,?[ ]\d{{4}})?[ ]{_TIME}{_ZONE}(?:[ ]\d{{4}})?)"
)
_LEVEL = (
    r"(?:TRACE|DEBUG|VERBOSE|FINEST|FINER|FINE|CONFIG|INFO|NOTICE|WARNING|WARN|ERROR|ERRO|ERR|CRITICAL|CRIT"
    r"|SEVERE|ALERT|EMERG|FATAL|PANIC)"
)
_ANY_LEVEL = (
    rf"(?:{_LEVEL}|(?i:trace|debug|info|notice|warn|warning|error|critical|fatal)(?=[\]:|]|[ ]*[|\[]))"
)
_BRACKETS = r"\[[^\[\]\r\n]{1,120}\]"
_LOGGER = r"[A-Za-z_$][\w$]{0,40}(?:[.$/\-:#][\w$]{1,40}){0,12}(?:\[[^\[\]\s]{1,40}\])?"
_TAG = rf"(?:{_LOGGER}:(?=\s))"
_DOTTED = r"[A-Za-z_$][\w$]{0,40}(?:[.$][\w$]{1,40}){1,12}"
_FIELD = (
    rf"(?:{_ANY_LEVEL}\b:?|{_BRACKETS}:?|\([\w.\-]{{1,60}}\)|[A-Z](?=[ /]{_TAG})"
    r"|\d{1,12}(?:\#\d{1,6})?:?(?![\w.,/])"
    rf"|{_TAG}|{_DOTTED}(?::\d{{1,6}})?|<[\w.]{{1,40}}>|[-|:]{{1,3}}|\*\d{{1,12}})(?=\s|\Z)"
)
_FIELDS = rf"(?:[ \t]{{1,8}}{_FIELD}){{0,12}}+"
_CAPITALISED = r"[^\W\d_a-zß-ÿ][\w'’.\-]{0,24}"
_NAME = (
    rf"(?:{_CAPITALISED}(?:[ ](?:{_CAPITALISED}|de|da|do|dos|das|e|van|von|der|di|la)){{0,5}}"
    r"|[^\W_][\w.\-]{0,24}|\+\d[\d \xa0\-]{6,18}\d)"
)
_SPEAKER = rf"(?:[ ](?:(?:-[ ])?<[^<>\s]{{1,40}}>|[~‎]?[ ]?{_NAME}:(?=[ ]\S)))?"
_SOURCE_FILE = r"(?:[A-Za-z]:)?[\w./\\\-+]{1,200}\.\w{1,8}"

_MESSAGE = re.compile(
    "|".join(
        (
            rf"{_DAY}{_MONTH}[ ]{{1,2}}\d\d?[ ]{_TIME}[ ][\w.\-]{{1,80}}"
            rf"[ ][\w.\-/]{{1,60}}(?:\[\d+\])?:{_FIELDS}",
            rf"\[(?:{_DATE}[ ,]{{1,2}})?{_SHORT_TIME}(?:[ ,]{{1,2}}{_DATE})?\]{_SPEAKER}"
            rf"(?![ ]+(?:\[|{_ANY_LEVEL}))",
            rf"(?:[\w.\-]{{1,40}}[ ]{{1,20}}\|[ ])?\[?{_STAMP}\]?:?{_FIELDS}",
            rf"<\d{{1,3}}>1[ ]\S{{10,40}}(?:[ ]\S{{1,80}}){{4}}?(?:[ ](?:-|{_BRACKETS}))?(?=[ ])",
            rf"{_LEVEL}:[\w.]{{1,80}}:(?=\S)",
            rf"\[[ ]*{_LEVEL}[ ]*\]:?{_FIELDS}",
            rf"{_LEVEL}[ ]{{1,8}}\[?{_STAMP}\]?:?{_FIELDS}",
            rf"{_LEVEL}[ ]{{1,8}}(?:{_BRACKETS}[ ]{{1,8}})?{_DOTTED}(?=[ ]*[-:]|[ ]{{2}})[ ]*[-:]?",
            rf"[IWEF]\d{{4}}[ ]{_TIME}[ ]+\d+[ ][\w.\-/]{{1,80}}:\d+\]",
            rf"\[[ ]{{0,8}}\d{{1,9}}\.\d{{6}}\]{_FIELDS}",
            rf"{_DATE},?[ ]{_SHORT_TIME}[ ]-{_SPEAKER}(?=[ ])",
            rf"{_SHORT_TIME}[ ]<[^<>\s]{{1,40}}>",
            rf"(?:Caused by|Suppressed|Exception in thread \"[^\"\r\n]{{1,80}}\"):?[ ]{_LOGGER}:",
            r"(?:Uncaught[ ])?(?:[\w$]{1,40}[.$]){0,12}[A-Z][\w$]{1,60}(?:Error|Exception|Warning)"
            r"(?:[ ]\[[\w-]{1,40}\])?:(?:[ ]\[(?:Errno|WinError)[ ]-?\d+\])?(?=\s)",
            rf"{_SOURCE_FILE}:\d+(?::\d+)?:[ ](?:fatal error|error|warning|note|[A-Z]\d{{3,4}}):?(?=[ ])",
        )
    )
)
"""From the beginning of a line to that of its message."""
_WHOLE = re.compile(
    "|".join(
        (
            r"(?:\S{1,200}[ ])?\S{1,200}[ ]\S{1,100}[ ]\S{1,100}[ ]"
            r"\[\d\d/[A-Za-z]{3}/\d{4}:\d\d:\d\d:\d\d[ ][+\-]\d{4}\][ ].*",
            r"\d{4}/\d\d/\d\d[ ]\d\d:\d\d:\d\d[ ]\[\w+\][ ]\d+\#\d+:.*",
            r"at[ ](?:async[ ]|new[ ])?\S{1,300}(?:[ ]\[as[ ]\w+\])?[ ]?"
            r"\((?:[^()\r\n]{0,300}:\d+|Native Method|Unknown Source|<anonymous>|native)\)(?:[ ]~?\[.*\])?",
            r"at[ ][\w`<>\[\],+]{1,100}(?:\.[\w`<>\[\],+]{1,100}){1,20}\([^()\r\n]{0,300}\)(?:[ ]in[ ].*)?",
            r"at[ ](?:async[ ])?[^\s()]{1,300}:\d+:\d+",
            r"\.\.\.[ ]\d+[ ](?:more|common frames omitted)",
            r"Traceback \(most recent call last\):",
            r"(?:During handling of the above exception, another exception occurred"
            r"|The above exception was the direct cause of the following exception):",
            r"from[ ]\S{1,300}:\d+:in[ ].*",
            r"\#\d{1,4}[ ]+(?:0x[0-9a-f]+[ ].*|\S{1,300}\(\d+\):.*|\{main\})",
            r"goroutine[ ]\d+[ ]\[[^\]\r\n]{1,80}\]:|\S{1,300}\.go:\d+(?:[ ]\+0x[0-9a-f]+)?",
            rf"{_STAMP}[ ]{_DOTTED}[ ][\w$<>]{{1,60}}",
        )
    )
)
_PAIR = r"[A-Za-z_][\w.\-]{0,60}=(?:\"(?:[^\"\\\r\n]|\\.)*+\"|[^\s\"=]*)"
_PAIRS = re.compile(rf"{_PAIR}(?:[ ]{_PAIR}){{2,}}+")
_SAID = re.compile(r"(?:^|[ ])(?:msg|message|error|err|reason|description)=\"(?P<words>(?:[^\"\\]|\\.)*+)\"")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_QUOTED = re.compile(r"'[^'\r\n]*'|\"[^\"\r\n]*\"|`[^`\r\n]*`")
_BLANKS = re.compile(r"[ \t\xa0]*")
_MAY_BEGIN = re.compile(
    r"[\d\[<#/\\]|[A-Z][A-Za-z\d]|at |\.\.\.|from |goroutine|[\w./\\\-+]{1,60}(?:[.:|$=]| +\|)"
)
"""What most lines of prose begin with is a word and a blank."""


def message_of(text: str, start: int, end: int) -> Span | None:
    """The message in a line that a program wrote, empty where it has none to be read; None of other lines.

    Args:
        text: all of it.
        start: where the line begins, without blanks.
        end: where it ends, without blanks.
    """
    if _MAY_BEGIN.match(text, start, end) is None:
        return None
    if _WHOLE.fullmatch(text, start, end) is not None:
        return end, end
    if _PAIRS.fullmatch(text, start, end) is not None:
        said = _SAID.search(text, start, end)
        return (end, end) if said is None else said.span("words")
    found = _MESSAGE.match(text, start, end)
    if found is None:
        return None
    first = _behind_blanks(text, found.end(), end)
    return (first, end) if _is_said(text[first:end]) else (end, end)


def _behind_blanks(text: str, at: int, end: int) -> int:
    found = _BLANKS.match(text, at, end)
    return at if found is None else found.end()


def _is_said(message: str) -> bool:
    """Whether there is a word beside what is quoted: of `KeyError: 'name'` there is none."""
    return _WORDS.search(_QUOTED.sub("", message)) is not None
