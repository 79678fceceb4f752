"""Abbreviations, per language: data for `sentence_ends`.

An entry in lower case stands for all its cases, one with a capital only for itself. The point at the end is
left out. Abbreviations that `sentencex` knows already need not be here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Abbreviations:
    """Of one language."""

    leading: frozenset[str]
    """What they stand for goes on after them, such as titles: no sentence ends there."""
    open: frozenset[str]
    """A sentence may end with them: it goes on where a small letter or a digit follows."""
    words: frozenset[str]
    """No abbreviations, though `sentencex` takes them for some: a sentence ends where a capital follows."""


def _entries(text: str) -> frozenset[str]:
    return frozenset(text.split())


ABBREVIATIONS = {
    "pt": Abbreviations(
        leading=_entries(
            """
            sr sra sr.ª srs sras srta sr.ta dr dra dr.ª drs dras d.ra prof profa prof.ª profs
            eng enga eng.ª arq arqa arq.ª adv exmo exma exmos exmas ex.mo ex.ma ilmo ilma
            V S D St St.ª Sta Sto maj cap.-ten ten-cor alm brig sgt
            av R pç pc tv trav trv estr lg urb qta blc
            n nr nº n.os núm art arts caps pág págs pg pgs fig figs séc sécs vols vd cf cfr obs refs tel telef
            cód dec.-lei decr desp ed edif apt apto cj bl aprox máx mín p.ex pp ss vs
            """
        ),
        open=_entries(
            """
            lda ltda cia s.a jr dto esq fte r/c etc a.c d.c e.c h min seg kg km cm mm exa exas ex.ª ex.as
            jan fev mar abr mai jun jul ago set out nov dez ter qua qui sex sáb dom
            al ex port res ref cap tab proc dec inc p vol rev rod vid est hab dep depto dept esc ap bx gen cel
            temp unid qtd cx pct colh
            """
        ),
        words=_entries("res con sens cit"),
    ),
    "en": Abbreviations(
        leading=_entries(
            """
            approx eq eqs figs vols chap chaps nos pp paras refs ave blvd rd hwy bldg
            messrs mme mlle capt cmdr lt sgt cpl e.g i.e cf viz incl excl
            """
        ),
        open=_entries(
            """
            inc ltd corp co llc plc bros etc al jr sr a.m p.m am pm min max hrs ft oz lb lbs
            jan feb mar apr jun jul aug sep sept oct nov dec
            mon tue tues wed thu thur thurs fri sat sun
            tbsp tbsps tbs tsp tsps temp qt qts gal pkg pkgs pkt doz qty amt avg diam wt yr yrs wk wks dep arr
            no ca sec secs fig vol para ref tab apt dept gov sen rep rev hon resp esp est tel ext ed eds
            """
        ),
        words=_entries(
            "me no may May ill miss art OK Ok ok Yahoo mar min mm exp res rep rev gen col con ref sec"
        ),
    ),
}
