"""Markup that other services were reported to break, in our words: tags stay with what they stood around."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import TextFormat, TranslationRequest
from loadtests.eval_markup import starters

TAG = re.compile(r"<[^>]*>")


@pytest.fixture(scope="module")
def translator() -> Iterator[Translator]:
    with starters() as translator:
        yield translator


@pytest.mark.parametrize(
    ("markup", "sent", "wanted"),
    [
        pytest.param(
            "html",
            'Press <span translate="no">Weiter</span> to go on.',
            r'\w+ <span translate="no">Weiter</span> para \w+.*',
            id="what is not translated stays within its sentence",
        ),
        pytest.param(
            "html",
            '<strong id="price">30k€ of <notranslate>ingresos</notranslate></strong> is the goal.',
            r'<strong id="price">30k€ de <notranslate>ingresos</notranslate></strong> é .*',
            id="an element that is kept in another one is neither doubled nor emptied",
        ),
        pytest.param(
            "html",
            '<p><span class="h-card"><a class="u-url mention" href="https://a.example/@ana">@<span>ana</span></a>'
            "</span> I like your new book.</p>",
            '<p><span class="h-card"><a class="u-url mention" href="https://a.example/@ana">@<span>ana</span></a>'
            r"</span> \w+.*</p>",
            id="no word of the text slips into a mention",
        ),
        pytest.param(
            "xml",
            "<claim><claim-text>A device with a film of SiO<sub>2</sub> and <?page 3?> a metal layer, "
            "<claim-text>where the layer is <b>thin</b>.</claim-text></claim-text></claim>",
            r"<claim><claim-text>.* SiO<sub>2</sub> e <\?page 3\?> .*, "
            r"<claim-text>.* <b>fina</b>\.</claim-text></claim-text></claim>",
            id="claims within claims, with an instruction between words",
        ),
        pytest.param(
            "xml",
            '<seg>The <bpt i="1">&lt;b&gt;</bpt>red<ept i="1">&lt;/b&gt;</ept> car.</seg>',
            '<seg>O carro <bpt i="1">&lt;b&gt;</bpt>vermelho<ept i="1">&lt;/b&gt;</ept>.</seg>',
            id="codes of a translation memory, which hold tags as text",
        ),
        pytest.param(
            "html",
            '[gallery ids="1,2,3"]<p>Our <b>photos</b> of the trip.</p>[/gallery]',
            r'\[gallery ids="1,2,3"\]<p>Nossas <b>fotos</b> .*</p>\[/gallery\]',
            id="short codes around paragraphs",
        ),
        pytest.param(
            "html",
            'Only <span class="price">10<small>kg</small></span> left.',
            r'.*<span class="price">10 ?<small>kg</small></span>.*',
            id="a unit in an element of its own",
        ),
        pytest.param(
            "html",
            "<p>MARVOL<sup>®</sup> is a new medicine.</p>",
            "<p>MARVOL<sup>®</sup> é .*</p>",
            id="a sign beside a name",
        ),
        pytest.param(
            "html",
            "<p>Hello <b>%1$s</b>, good to see you.</p>"
            '<p><span style="color:%2$s;">%1$s</span> is the winner.</p>',
            r'<p>Olá <b>%1\$s</b>, .*</p><p><span style="color:%2\$s;">%1\$s</span> é .*</p>',
            id="placeholders in elements and in attributes",
        ),
        pytest.param(
            "html",
            '<a href="/d"><em><span>Look at the whole range of</span></em> '
            "<em><span>kitchen tables here!</span></em></a>",
            r'<a href="/d"><em><span>[^<]+</span></em> <em><span>mesas de cozinha aqui!</span></em></a>',
            id="elements within each other are one sentence",
        ),
        pytest.param(
            "xml",
            "Choose the file on the <uicontrol>Network</uicontrol> > <uicontrol>Files</uicontrol> or "
            "(<uicontrol>Pictures</uicontrol>) page.",
            r".*<uicontrol>Rede</uicontrol> > <uicontrol>Arquivos</uicontrol> ou "
            r"\(<uicontrol>Fotos</uicontrol>\).*",
            id="brackets stay outside",
        ),
        pytest.param(
            "xml",
            "<a/>The <b/>small <c/>red <d/>car <e/>stands <f/>in <g/>front <h/>of <i/>the <j/>house <k/>of "
            "<l/>my <m/>old <n/>friend <o/>today.",
            r"<a/>O .*<d/>carro .*<j/>casa .*<n/>amigo .*<o/>hoje.*",
            id="fifteen empty elements, one before each word",
        ),
        pytest.param(
            "xml",
            '<bpt i="1"/>The house is very big.<ept i="1"/>',
            r'<bpt i="1"/>A casa [^<]*<ept i="1"/>',
            id="an element at each end stays at both",
        ),
        pytest.param(
            "html",
            "<p>1<sup>st</sup> place went to the 2<sup>nd</sup> team.</p>",
            r"<p>1<sup>\w</sup> [^<]* 2<sup>\w</sup> [^<]*</p>",
            id="an ordinal number ends in its own ending",
        ),
        pytest.param(
            "html",
            "Weblate <x id='7'></x> is a free <x id='8'></x>tool.",
            "Weblate <x id='7'></x> é .*<x id='8'></x>.*",
            id="elements with nothing in them",
        ),
    ],
)
async def test_reported_cases(translator: Translator, markup: TextFormat, sent: str, wanted: str) -> None:
    request = TranslationRequest(text=sent, source_lang="en", target_lang="pt", text_format=markup)
    result = await translator.translate(request)
    assert re.fullmatch(wanted, result.text), result.text
    assert Counter(TAG.findall(result.text)) == Counter(TAG.findall(sent))
    assert not result.warnings
