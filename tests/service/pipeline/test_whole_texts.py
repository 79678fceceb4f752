"""Texts of which the starter models lost or changed something: what of it their translations have now."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crosslate.service.pipeline.translation.translator import Translator
from loadtests.eval_markup import starters
from tests.service.pipeline.helpers import request

PAIRS = {"en-pt": ("en", "pt"), "pt-en": ("pt", "en")}


@pytest.fixture(scope="module")
def translator() -> Iterator[Translator]:
    with starters() as translator:
        yield translator


@pytest.mark.parametrize(
    ("pair", "sent", "wanted"),
    [
        ("en-pt", "Please DO NOT REPLY to this email.", ["NÃO RESPONDA a este"]),
        ("en-pt", "NEVER leave a burning candle UNATTENDED.", ["NUNCA deixe", "SEM VIGILÂNCIA."]),
        ("en-pt", "This is NOT a toy. Keep AWAY from children.", ["NÃO é", "LONGE das"]),
        ("en-pt", "I ❤️ NY. I love u.", ["I ❤️ NY. Eu amo"]),
        ("en-pt", "Doors open at 7 p.m. Tickets cost $5.", ["19:00. "]),
        ("en-pt", "[SIGHS] I told you not to come.", ["[SUSPIR"]),
        ("pt-en", "IMPORTANTE: ler ATENTAMENTE o folheto.", ["IMPORTANT: ", "CAREFULLY"]),
        ("pt-en", "O Sr. JOÃO SILVA declarou que NÃO CONHECE o arguido.", ["JOÃO SILVA", "NOT KNOW the"]),
        ("en-pt", "Error: ENOENT: no such file", ["ENOENT:"]),
        ("en-pt", "URGENT: please call me back", ["URGENTE:"]),
        ("en-pt", "In AD 70 the Romans destroyed the temple.", ["70 d.C."]),
        ("en-pt", "Born AD 37, died 68 AD.", ["37 d.C.", "68 d.C."]),
        ("en-pt", "She said, “He told me ‘never again’.”", ["“Ele", "‘nunca mais’”."]),
        ("en-pt", "Find f(-1) and then call os.path.join(a, b).", ["f(-1)", "os.path.join(a, b)"]),
        (
            "en-pt",
            "Use \\footnote or self.__dict__, see README.md#usage.",
            ["\\footnote", "self.__dict__", "README.md#usage."],
        ),
        ("en-pt", "Ingredients: 2 tbsp. olive oil and salt.", ["sopa de azeite"]),
        ("en-pt", "Subject: Re: Re: Fwd: Meeting moved", [": Re: Re: Fwd: "]),
        ("en-pt", "warning: it is unused [-Wunused]\nnote: remove it or rename it", ["[-Wunused]\nnota: "]),
        ("en-pt", '"""Return the sum of a and b."""', ['"""Retorn', '."""']),
        ("en-pt", "Check-in: from 3 PM · Pets: no · Wi-Fi: free", [" · ", ": não · Wi-Fi: grátis"]),
        ("en-pt", "§1 Scope\n§2 Term", ["§1 ", "\n§2 "]),
        ("en-pt", "Battery 3,000 mAh; Bluetooth 5.3; IP67", ["Bluetooth 5.3;"]),
        ("pt-en", "Renda de 950 €/mês", ["€/month"]),
        ("pt-en", "Versão 2.3.1-beta.4", ["Version 2.3.1-beta.4"]),
        ("en-pt", "From: Ana\nSubject: Hello", ["Remetente: Ana\n"]),
        ("en-pt", "The Supplier may terminate on 30 (thirty) days' notice.", ["30 (trinta) "]),
        (
            "en-pt",
            "The Fee is EUR 12,500.00 (twelve thousand five hundred euros).",
            ["(doze mil e quinhentos euros)"],
        ),
        ("en-pt", "localhost refused to connect.", ["localhost "]),
        ("en-pt", "4.01 Either party may terminate this Agreement.", ["4.01 "]),
        ("pt-en", "2.ª feira, 3 de junho – 9h30: Abertura", ["Monday, ", " 9:30: "]),
        ("pt-en", "Exmos. Senhores,", ["Dear Sirs,"]),
        (
            "en-pt",
            r"See \href{https://x.org/a}{the page} of \textbf{the \emph{black} cat} in Section~\ref{a}.",
            [r"\href{https://x.org/a}{a página}", r"\textbf{gato \emph{preto}}", r"~\ref{a}"],
        ),
        ("en-pt", "The cat sleeps.\\footnote{It is\nold.} The end.", [".\\footnote{Ela é\nvelha.} O"]),
        ("en-pt", "Press \u202eabc\u202c to continue.", [" \u202eabc\u202c "]),
    ],
)
async def test_plain_text(translator: Translator, pair: str, sent: str, wanted: list[str]) -> None:
    source_lang, target_lang = PAIRS[pair]
    result = await translator.translate(request(sent, source_lang=source_lang, target_lang=target_lang))
    assert [words for words in wanted if words not in result.text] == [], result.text
    assert result.warnings == []


@pytest.mark.parametrize(
    ("pair", "sent", "wanted"),
    [
        ("en-pt", "Open **File** → **Export** → **PDF** to save it.", ["→ **Exportação** → **PDF** para"]),
        ("en-pt", "Term\n: What the term means", ["Termo\n: "]),
        ("en-pt", "> [!NOTE]\n> This will delete your files.", ["> [!NOTE]\n> Isso"]),
        ("en-pt", "> **Warning**\n> This will delete your files.", ["> **Aviso**\n> Isso"]),
        ("en-pt", "The function fails if *x* < 0.", [" *x* < 0."]),
    ],
)
async def test_markdown(translator: Translator, pair: str, sent: str, wanted: list[str]) -> None:
    source_lang, target_lang = PAIRS[pair]
    asked = request(sent, source_lang=source_lang, target_lang=target_lang, text_format="markdown")
    result = await translator.translate(asked)
    assert [words for words in wanted if words not in result.text] == [], result.text
    assert result.warnings == []


async def test_a_fixed_blank_stays_before_its_figure(translator: Translator) -> None:
    sent = "<p>A sua encomenda n.&ordm;&nbsp;<b>5521</b> já foi enviada.</p>"
    asked = request(sent, source_lang="pt", target_lang="en", text_format="html")
    assert (await translator.translate(asked)).text == (
        "<p>Your order No&nbsp;<b>5521</b> has already been shipped.</p>"
    )
