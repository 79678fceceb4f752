"""Which lines are source code, in whatever language; their comments and strings have been taken out."""

from __future__ import annotations

import re
from enum import Enum, auto

_OF_PYTHON = (
    r"(?:async )?def +\w+ *\(",
    r"class +\w+(?:\([^()]*\))?:",
    r"from +[\w.]+ +import +[\w.*, ()]+$",
    r"import +[\w.]+(?: +as +\w+)?(?:, *[\w.]+)*$",
    r"@\w+(?:\.\w+)*(?:\(.*\)?)?$",
    r"if +__name__\b",
    r"(?:print|self\.\w+|super) *\(",
    r"self\.\w+(?:\.\w+)* *=",
)
_OF_C_AND_ITS_LIKE = (
    r"class +\w+(?: +(?:extends|implements) +[\w.,<> ]+)? *\{",
    r"import +(?:static +)?[\w.*]+;$",
    r"(?:import|export) +(?:[\w*{},]+(?: [\w*{},]+){0,40} +from +)?\"\";?$",
    r"export +(?:default|const|function|class|async)\b",
    r"(?:const|let|var) +[\w${\[][^=]*=",
    r"(?:async )?function\*? *\w* *\(",
    r"[^=]*=> *[{(]",
    r"(?:public|private|protected|internal|static|final|abstract|override) +[\w<>\[\], .]+[({;=]",
    r"\# *(?:include|define|ifdef|ifndef|endif|pragma)\b",
    r"using +[\w.]+;$",
    r"package +[\w.]+;?$",
    r"namespace +[\w.\\]+ *[;{]",
    r"(?:pub )?(?:fn|struct|enum|impl|trait|mod) +\w+.*[{;]$",
    r"func +(?:\([^()]*\) *)?\w+\(",
    r"type +\w+ +(?:struct|interface)\b",
    r"(?:void|int|char|float|double|bool|boolean|long|auto|[Ss]tring) +\**\w+(?:\[\w*\])? *(?:[=;(]|$)",
    r"<\?php|\$\w+ *(?:\[[^\]]*\])? *[.+\-]?=",
    r"(?:if|while|for|foreach|switch|catch) *\(.*\) *\{?$",
    r"\} *(?:else|catch|finally)\b.*\{$",
    r"(?:console\.\w+|System\.out\.\w+|printf?|println!?|fmt\.\w+|require|puts|echo) *\(",
    r"this\.\w+ *[=(.]",
)
_OF_SHELLS = (
    r"sudo +\w",
    r"(?:apt(?:-get)?|pip3?|npm|yarn|brew|conda|cargo) +(?:install|add|run|build|update|init|test|-\w)\b",
    r"(?:git|docker|kubectl) +(?:clone|commit|push|pull|checkout|init|add|run|build|exec|get|apply|-\w)\b",
    r"\$ +\w",
    r"export +\w+=|set +-\w",
    r"if +\[\[? |(?:el)?if .*; *then$|for +\w+ +in .*; *do$|(?:fi|done|esac)$",
    r"(?:cd|ls|cp|mv|rm|mkdir|chmod|chown|cat|grep|curl|wget|ssh|source|find) +(?:-\w|[\"$~./]|\S*/)",
    r"echo +[\"$-]",
    r"(?:FROM|WORKDIR|COPY|ENTRYPOINT|EXPOSE) +\S+(?: +(?:AS +)?\S+)?$|(?:RUN|CMD) +\S",
)
_OF_STYLE_SHEETS = (
    r"[.\#@][\w\-]+(?: *[,>:] *[.\#]?[\w\-]+)* *\{$",
    r"(?:color|margin|padding|font|display|width|height|background|border|position)(?:-[a-z\-]+)?:[^;]*;$",
)
_CERTAIN = re.compile("|".join((*_OF_PYTHON, *_OF_C_AND_ITS_LIKE, *_OF_SHELLS, *_OF_STYLE_SHEETS)))
"""No sentence begins so."""
_LIKELY = re.compile(
    "|".join(
        (
            r"[^\w\s]+$",
            r".*[;{}()\[\],]$",
            r".*\w\(.*\)",
            r"[\w.$*&\[\]\"]+(?:, *[\w.$]+)* *"
            r"(?:: *[\w.\[\]|\"]+(?:[, |]+[\w.\[\]\"]+)*)? *[\-+*/%|&:]?=(?!=)",
            r"(?:if|elif|else|for|while|with|try|except|finally|do|case|default|match)\b.*:$",
            r"(?:return|raise|throw|yield|await|break|continue|pass|else|end|do|then|try|begin|del|assert|global)\b"
            r"(?! +(?:the|a|an|to|it|them|o|os)\b)",
            r"[.&|?:\-+][\w.>&|?: ]|[\"']|</?\w",
            r"[\w\-]+ +-{1,2}\w",
            r"[\w.\-]*[./_]\w\S*(?: \S+)?$",
            r"(?:echo|cd|ls|source)\b",
        )
    )
)
_PROSE = re.compile(r"(?<![^\W_])(?:[^\W\d_]{1,24}+(?:['’][^\W\d_]{1,3})?+,? +){4,}[^\W\d_]+")
_KEYWORDS = re.compile(
    r"\b(?:if|else|for|in|not|and|or|is|as|import|from|return|async|await|def|class|with|while|public|static"
    r"|void|final|new|const|private|yield|lambda)\b"
)
_DIRECTIVE = re.compile(
    r"\#!|[#/*! \t]*(?:-\*-|(?:noqa|nosec|pragma)\b|@ts-|go:|cspell|syntax="
    r"|(?:type|mypy|ruff|pylint|flake8|isort|fmt|yapf|pyright|vim?|coding|eslint|prettier|tslint|istanbul"
    r"|webpack|jshint|shellcheck|clang-format|NOLINT|SPDX|region|endregion)\b[\w\-]*[:= \-])"
)
_COMMENTED_OUT = re.compile(r".*[;{}]$|[\w.]+\(.*\)$|[\w.\[\]]+ *[+\-]?= *\S+$")
_LONGEST = 1000
_FEW_WORDS = re.compile(r"[^\W\d_]+ +[^\W\d_]")
_MOST_UNLIKE = 0.2
"""Of the lines."""


class Likeness(Enum):
    """How much a line is like code."""

    SENTENCE = auto()
    """Prose for certain."""
    NONE = auto()
    LIKELY = auto()
    CERTAIN = auto()


def is_code(bare: str, *, is_script: bool) -> bool:
    """Whether a text, without its comments and strings, is source code rather than prose, two lines at least.

    Nearly all of its lines are like code, some of them as no prose is, and none is a sentence or a few words.
    A script says by its first line that it is one.
    """
    lines = [line for line in map(str.strip, bare.splitlines()) if line]
    found = list(map(likeness, lines))
    if is_script:
        return bool(found) and Likeness.SENTENCE not in found
    if Likeness.SENTENCE in found or Likeness.CERTAIN not in found or "\n" not in bare.strip("\r\n"):
        return False
    unlike = [line for line, one in zip(lines, found, strict=True) if one is Likeness.NONE]
    return len(unlike) <= _MOST_UNLIKE * len(found) and not any(map(_FEW_WORDS.match, unlike))


def likeness(line: str) -> Likeness:
    """How much a line, without blanks at its ends, is like code; of a long one its beginning tells."""
    line = line[:_LONGEST]
    if _CERTAIN.match(line):
        return Likeness.CERTAIN
    if is_sentence(line):
        return Likeness.SENTENCE
    return Likeness.LIKELY if _LIKELY.match(line) else Likeness.NONE


def is_sentence(line: str) -> bool:
    """Whether words stand behind each other in it as in no code."""
    return _PROSE.search(_KEYWORDS.sub("(", line)) is not None


def is_code_line(words: str) -> bool:
    """Whether a comment is code that was taken out."""
    words = words.strip()[:_LONGEST]
    return not is_sentence(words) and (_CERTAIN.match(words) or _COMMENTED_OUT.match(words)) is not None


def is_directive(comment: str) -> bool:
    """Whether a comment is for a tool."""
    return _DIRECTIVE.match(comment) is not None
