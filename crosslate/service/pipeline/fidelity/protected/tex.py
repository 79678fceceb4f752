r"""What of TeX is no language: formulas, references, commands. Some have words in them: `\textbf{words}`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.models.tokenizers.tokenizer import Span

_NO_WORD = r"(?![^$\n]{0,300}(?<![\\A-Za-z])[A-Za-z]{4})"
"""A sentence between two prices has longer words: `$5 today and $6`."""
_OPTIONS = r"(?:\[[^\[\]\n]{0,200}\]){0,2}"
_ARGUMENTS = rf"{_OPTIONS}(?:\{{[^{{}}\n]{{0,200}}\}}){{1,3}}"
_NAMES = (
    r"(?:[a-zA-Z]{0,12}cite[a-z]{0,12}|[a-zA-Z]{0,8}ref|label|begin|end|includegraphics|usepackage|documentclass"
    r"|input|include|bibliography(?:style)?|url|[vh]space|setlength|setcounter|newcommand|renewcommand|index|gls"
    r"|texttt|verb|pagestyle|addbibresource|theoremstyle)"
)
_BARE = (
    r"(?:alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|phi|chi|psi"
    r"|omega|Gamma|Delta|Theta|Lambda|Sigma|Phi|Psi|Omega|item|LaTeX|TeX|BibTeX|[lc]?dots|noindent|newline|newpage"
    r"|clearpage|maketitle|tableofcontents|hline|q?quad|bigskip|medskip|smallskip|centering|today|pm|times|cdot"
    r"|leq|geq|neq|infty|approx|to|rightarrow|appendix|par)"
)
_IN_ROUND, _IN_SQUARE = r"(?:[^\\\n]|\\(?!\)))", r"(?:[^\\\n]|\\(?![\]\[]))"
_TELLING = r"(?:[\^_=+\-*/<>]|\\[A-Za-z])"
"""Marks escaped for Markdown have none: `\\(see below\\)`."""
FORMULAS = (
    rf"(?<![\w$\\])\$(?=[^\s$]){_NO_WORD}(?=[^\s$]{{1,100}}\$|[^$\n]{{1,300}}[\\^_={{}}<>])"
    r"[^$\n]{1,300}(?<=[^\s$\\])\$(?![\w$])",
    r"(?<![\w$\\])\$\w{1,40}\$(?![\w$])",  # a name, which some programs fill in
    rf"\\\((?={_IN_ROUND}{{0,300}}?{_TELLING}|\w{{1,3}}\\\)){_IN_ROUND}{{1,300}}\\\)",
    rf"\\\[(?={_IN_SQUARE}{{0,300}}?{_TELLING}){_IN_SQUARE}{{1,300}}\\\]",
)
COMMANDS = (
    rf"\\{_NAMES}\*?{_ARGUMENTS}",
    rf"\\{_BARE}(?![A-Za-z{{])",
    r"(?<![^\s(\"'“])\\(?![nrt](?:[A-Z]|and|or|the))[A-Za-z]{4,30}(?![\w\\{(\[])",  # named in a sentence
)
_IN_BRACES = r"(?:[^{}\n]|\{(?:[^{}\n]|\{[^{}\n]{0,100}\}){0,200}\}){1,300}"
_IN_BRACES_OF_LINES = r"(?:[^{}]|\{(?:[^{}]|\{[^{}]{0,100}\}){0,200}\}){1,2000}"
WRAPS = re.compile(
    r"(?P<opening>\\(?:(?:text(?:bf|it|sc|sf|rm|sl|up|md|color\{\w+\})|emph|underline|uline|enquote|mbox|text|caption"
    r"|(?:sub){0,2}section|(?:sub)?paragraph|chapter|part|title|hl|st)\*?(?:\[[^\[\]\n]{0,100}\])?"
    r"|href\{[^{}\s]{1,300}\}|hyperref\[[^\[\]\s]{1,100}\])\{)(?=\S)"
    rf"(?P<words>{_IN_BRACES})(?P<closing>\}})"
)
"""Words within a command."""
TIED = rf"~\\{_NAMES}\*?{_ARGUMENTS}"
"""A command behind a blank at which no line ends: `Section~\\ref{a}`."""
_NOTE = re.compile(
    r"\\(?:footnote(?:text)?|endnote|sidenote|marginpar|marginnote|thanks|todo)(?:\[[^\[\]\n]{0,100}\])?\{"
)
NOTES = re.compile(rf"{_NOTE.pattern}(?P<words>{_IN_BRACES_OF_LINES})\}}")
"""Sentences of their own within one."""
_ENDS_SENTENCE = re.compile(r"[.!?…:;][\"'”’»)]*$")
_LOOK_BACK = 8


def is_note(written: str) -> bool:
    """Whether something begins as a note."""
    return _NOTE.match(written) is not None


def around_notes(text: str, start: int, end: int) -> Iterator[Span]:
    """The stretches of a text, notes behind its sentences apart, and what is in these; others stay within."""
    at = start
    for note in NOTES.finditer(text, start, end):
        is_behind = _ENDS_SENTENCE.search(text, max(at, note.start() - _LOOK_BACK), note.start()) is not None
        if is_behind or note.end() == end:
            yield at, note.start()
            yield note.span("words")
            at = note.end()
    yield at, end


def wraps(text: str) -> Iterator[re.Match[str]]:
    """Words within commands, and within commands among these."""
    at = 0
    while (found := WRAPS.search(text, at)) is not None:
        yield found
        at = found.start("words")


_BLOCK = re.compile(
    r"\\begin\{(?P<name>(?:equation|align|gather|multline|eqnarray|displaymath|math|verbatim|lstlisting|minted|tabular"
    r"|array|tikzpicture|thebibliography)\*?)\}"
)


def tex_blocks(text: str) -> Iterator[Span]:
    """From the beginning to the end of environments without language, in order."""
    at = 0
    while (begun := _BLOCK.search(text, at)) is not None:
        closing = f"\\end{{{begun['name']}}}"
        end = text.find(closing, begun.end())
        at = begun.end() if end < 0 else end + len(closing)
        if end >= 0:
            yield begun.start(), at
