"""Labels of what is known by a number or a code: `SWIFT: NWBKGB2L`, `PIN: 4821`.

As words these say something else, `fast` and `a needle`; they are alike in every language, and so is what
stands behind them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.models.tokenizers.tokenizer import Span

_BANKS = "IBAN BIC SWIFT ABA BSB IFSC CLABE NIB"
_GOODS = "SKU EAN GTIN UPC ASIN MPN ISBN ISSN ISMN NCM HS"
_DEVICES = "IMEI IMSI ICCID MEID EID MAC SSID UUID GUID UDID VIN PIN PUK OTP CVV CVC CVV2"
_PEOPLE = "SSN EIN TIN ITIN NINO CPF CNPJ RG NIF NIPC NISS NIS PIS CEP CNH CRM OAB RENAVAM DNI CUIT RFC"
_REFERENCES = "DOI ORCID PMID CAS CVE AWB"
_NAMES = "|".join(f"{_BANKS} {_GOODS} {_DEVICES} {_PEOPLE} {_REFERENCES}".split())
_GROUP = r"[A-Z\d](?:[./\-]?[A-Z\d]){2,60}+"
_LABEL = re.compile(
    rf"(?<![\w/\-])(?:{_NAMES})(?:[/\-](?:{_NAMES}))*(?=[ \xa0]?:[ \xa0]?[\w+(#])"
    rf"(?:[ \xa0]?:[ \xa0]?(?=[A-Z./\-]*\d|[A-Z]{{6,11}}(?!\w)){_GROUP}(?![\w\-./]?\w|[ \xa0][A-Z\d]{{2}}))?"
)
_HEADER = re.compile(
    r"(?<![\w\-])(?:X-[A-Z][A-Za-z\d]{1,20}(?:-[A-Z][A-Za-z\d]{0,20}){0,4}"
    r"|Content-(?:Type|Length|Encoding|Language|Disposition)"
    r"|Accept-(?:Language|Encoding)|Access-Control-[A-Z][A-Za-z\-]{2,40}|Cache-Control|Retry-After|Set-Cookie"
    r"|User-Agent|If-(?:None-Match|Modified-Since)|Last-Modified|WWW-Authenticate|Idempotency-Key)(?=:)"
)
"""Of a request or an answer of HTTP."""
_SIGNS = re.compile(r"[A-Z\d]{2}[ \xa0]?:")


def id_labels(text: str) -> Iterator[Span]:
    """Where such labels stand in a text, each with what is behind it where that is in one piece.

    Names of headers of HTTP are such, too.
    """
    if _SIGNS.search(text) is not None:
        yield from (match.span() for match in _LABEL.finditer(text))
    if "-" in text:
        yield from (match.span() for match in _HEADER.finditer(text))
