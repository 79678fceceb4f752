from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.protected.patterns import protected_spans
from crosslate.service.pipeline.fidelity.protected.tex import tex_blocks
from tests.service.pipeline.echo import Echo


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("That $E=mc^2$ holds, $n$ too, $n(n-1)/2$", ["$E=mc^2$", "$n$", "$n(n-1)/2$"]),
        (r"If $\alpha > 0$ and \(x\), or \[ a = b \]", [r"$\alpha > 0$", r"\(x\)", r"\[ a = b \]"]),
        (r"See~\cite[p.~3]{knuth84}, \ref{a}", [r"~\cite[p.~3]{knuth84}", r"\ref{a}"]),
        (
            r"\begin{itemize} \item One, \LaTeX and \ldots",
            [r"\begin{itemize}", r"\item", r"\LaTeX", r"\ldots"],
        ),
        ("Hello $username$!", ["$username$"]),
        ("It costs $5 today and $10 tomorrow, $5 or 6$.", []),
        (r"Done\nNext and C\to{x}", ["{x}"]),
        (r"Use \footnote, “\caption” or (\ldots)", [r"\footnote", r"\caption", r"\ldots"]),
        (r"Yes \nNext \tand a\footnote \index{a", []),
        (r"A \(note\) and \[note\] in brackets", []),
    ],
)
def test_formulas_and_commands_are_no_language(text: str, found: list[str]) -> None:
    assert [text[slice(*one.span)] for one in protected_spans(text)] == found


async def test_words_within_a_command_are_translated_in_it() -> None:
    echo = Echo("en", "pt", {"bold": "negras", "Results": "Resultados", "all": "todos"})
    text = "\\section{Results}\nThe \\textbf{bold} of \\emph{all} is \\texttt{code}, see Table~\\ref{t}."
    result = await echo.translate(text)
    assert result.text == (
        "\\section{Resultados}\nThe \\textbf{negras} of \\emph{todos} is \\texttt{code}, see Table~\\ref{t}."
    )
    assert echo.read[0] == "Results"


async def test_environments_without_language_stay() -> None:
    text = (
        "Now.\n\\begin{align*}\n  a &= the sum \\\\\n  b &= c\n\\end{align*}\nThen.\n\\begin{equation} open"
    )
    assert [text[slice(*span)][:14] for span in tex_blocks(text)] == ["\\begin{align*}"]
    echo = Echo("en", "pt")
    assert (await echo.translate(text)).text == text
    assert not any("sum" in read for read in echo.read)


async def test_items_keep_their_mark() -> None:
    echo = Echo("en", "pt", {"Fast": "Rápido"})
    item = r"\item[a] \textbf{Fast:} It is."
    assert (await echo.translate(item)).text == item.replace("Fast", "Rápido")


async def test_notes_within_sentences_are_told() -> None:
    echo = Echo("en", "pt")
    text = "A cat\\thanks{My old\nfriend.} is here\nall day.\\footnote{It is old.} A dog,\\todo{x} too."
    found = await echo.translate(text)
    assert found.text == text
    told = [text[slice(*one.source)] for one in found.warnings if one.source]
    assert told == ["\\thanks{My old\nfriend.}", "\\todo{x}"]
    assert "It is old." in echo.read
