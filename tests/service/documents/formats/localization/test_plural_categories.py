"""Plurals of languages, against CLDR's as Babel has them."""

from __future__ import annotations

import pytest
from babel import Locale

from crosslate.service.documents.formats.localization.plural_categories import CATEGORIES, plural_categories

LANGUAGES = (
    "ja ko zh vi th id ms jv su lo my km bo dz ig yo to wo sr hr bs ro ru uk be pl sl dsb hsb gd ga br mt lv"
    " ar cy he se cs sk lt en de nl sv da nb fi et hu el it es pt pt-BR fr ca bg tr hi bn ur fa sw ta te mr"
    " ne mk is ka hy sq af"
)


@pytest.mark.parametrize("lang", LANGUAGES.split())
def test_numbers_have_the_plurals_of_cldr(lang: str) -> None:
    rule = Locale.parse(lang, sep="-").plural_form
    used = {rule(number) for number in range(2000)} | {"other"}
    assert plural_categories(lang) == tuple(name for name in CATEGORIES if name in used)
