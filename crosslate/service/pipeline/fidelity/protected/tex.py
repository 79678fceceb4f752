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
    rf"~?\\{_NAMES}\*?{_ARGUMENTS}",
    rf"\\{_BARE}(?![A-Za-z{{])",
    r"(?<![^\s(\"'“])\\(?![nrt](?:[A-Z]|and|or|the))[A-Za-z]{4,30}(?![\w\\{(\[])",  # named in a sentence
)
WRAPS = re.compile(
    r"(?P<opening>\\(?:text(?:bf|it|sc|sf|rm|sl|up|md|color\{\w+\})|emph|underline|uline|enquote|mbox|text|caption"
    r"|(?:sub){0,2}section|(?:sub)?paragraph|chapter|part|title)\*?(?:\[[^\[\]\n]{0,100}\])?\{)(?=\S)"
    r"(?P<words>[^{}\\\n]{1,300})(?P<closing>\})"
)
"""Words within a command."""
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
