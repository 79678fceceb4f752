"""Abbreviations of languages other than English and Portuguese behind which no sentence ends.

Titles, and words before a name or a number. In lower case, for all their cases; the point at the end is left
out. What a small letter or a figure follows needs no entry.
"""

from __future__ import annotations

from collections.abc import Mapping

_SOUTH_SLAVIC = "dr prof mr g gđa gosp str br ul sv npr tj tzv čl ing dipl"
_CZECH = "p pí sl dr ing mgr bc mudr judr phdr rndr prof doc č čp str odst obr tab ul nám tř sv tzv tj např"
_NORDIC = "dr prof hr fr nr kl ca tel tlf kap s sid st pr jf resp ing fig"
_HINDI = "डॉ डा प्रो पं श्री श्रीमती सुश्री कु रु नं स्व"
_BENGALI = "ড ডা ডাঃ মো মোঃ প্রফে অধ্যা নং"
_MALAY = "jl dr prof no tn ny sdr hlm tel ir drs kh"

_WORDS = {
    "de": "fa fr hr hrn frl dr prof dipl ing med jur phil geb verh st nr abs art bd hrsg vgl ca inkl "
    "exkl zzgl bzw ggf evtl max min tel sog lt str pl abb kap jh",
    "fr": "m mm mgr pr me mlle mme dr st ste bd av env cf éd chap art n p pp vol fig tél resp",
    "es": "d dña sr sra srta sres dr dra ud uds vd vds aprox núm pág págs art av avda c ctra prof lic ing "
    "arq gral cap fig tel tfno p.ej",
    "it": "sig sig.ra sig.na sigg dott dott.ssa prof prof.ssa avv ing arch geom rag sen spett egr gent "
    "pag pagg art n nr fig cap vol tel c.a v ss mons",
    "nl": "dhr mevr mw dr drs ir ing prof mr ds st blz nr art fig tel ca bijv jl",
    **dict.fromkeys(("sv", "da", "nb", "nn", "no"), _NORDIC),
    "fi": "ks nro n s tri prof esim mm puh kts",
    **dict.fromkeys(("cs", "sk"), _CZECH),
    "pl": "p pp prof dr hab inż mgr lek ul al pl os św bł im ks gen płk kpt str nr rys tab art ust poz zob "
    "por np tj tzw tel woj pow gm",
    "hu": "dr prof özv ifj id kb ill pl u",
    "tr": "dr prof doç av sn müh cad sok mah apt no sf örn bkz hz st ist",
    "ru": "ул пр пер пл просп д кв гор стр рис гл т табл им проф акад доц др св гр тов см ср напр тел обл оз",
    "uk": "вул просп пл буд кв м див напр ім проф акад доц рис табл тел обл св",
    "bg": "ул бул бл ет ап вж напр проф акад доц г-н г-жа св стр гр",
    "el": "κ κα κος κκ δρ καθ σελ αρ βλ δηλ π.χ αγ οδ τηλ εικ κεφ λεωφ",
    "ro": "dl dna dra dr prof ing str bd nr pag art fig tel sf bl sc ap",
    "ca": "sr sra dr dra prof pàg núm art av c aprox p.ex",
    **dict.fromkeys(("hr", "sr", "bs", "sl", "mk"), _SOUTH_SLAVIC),
    "ar": "د أ أ.د ص ت م",
    **dict.fromkeys(("hi", "ne", "mr", "mai", "bho"), _HINDI),
    **dict.fromkeys(("bn", "as"), _BENGALI),
    "ta": "டாக் டாக்டர் திரு திருமதி பேரா ரூ எண்",
    "te": "డా డాక్టర్ శ్రీ శ్రీమతి ప్రొ రూ నం",
    "kn": "ಡಾ ಶ್ರೀ ಶ್ರೀಮತಿ ಪ್ರೊ ರೂ ನಂ",
    "ml": "ഡോ ശ്രീ ശ്രീമതി പ്രൊ രൂ നം",
    "gu": "ડૉ ડો શ્રી શ્રીમતી પ્રો રૂ નં",
    "pa": "ਡਾ ਸ ਸ੍ਰੀ ਸ਼੍ਰੀ ਪ੍ਰੋ ਰੁ ਨੰ",
    "af": "mnr mev mej me dr prof ds adv nr bl st hfst tel",
    "gl": "d dna sr sra dr dra prof avda núm páx art sto sta tel",
    "eu": "jn and dr or zk art tel",
    "is": "hr dr sr próf bls nr sbr",
    "ga": "an.uas dr prof lch uimh",
    "lt": "gerb p dr prof doc kun g al pr nr psl tel šv",
    "lv": "dr prof doc kgs kdze nr lpp tel sv plkst",
    "et": "dr prof hr pr nr lk tel mnt pst",
    "sq": "dr prof z zj znj nr fq rr bul",
    "az": "dr prof küç pr səh mər tel",
    "be": "вул пл пр праф акад д кв стр мал гл табл св тэл",
    **dict.fromkeys(("kk", "ky"), "проф акад көш үй пәт бет обл ауд"),
    **dict.fromkeys(("tl", "fil"), "g gng bb dr dra atty engr kgg sto sta"),
    **dict.fromkeys(("zu", "xh"), "dkt mnu nksz nkk mnr"),
    "sw": "bw bi bib dkt dk mh prof mhe sh uk",
    "vi": "tp ng gs ts ths pgs bs ks tx q",
    **dict.fromkeys(("id", "ms"), _MALAY),
}
LEADING_WORDS: Mapping[str, frozenset[str]] = {
    lang: frozenset(words.split()) for lang, words in _WORDS.items()
}
"""By language."""
