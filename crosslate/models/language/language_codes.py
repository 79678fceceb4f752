"""Codes of languages in one form, BCP-47, whatever standard or checkpoint they are of."""

from __future__ import annotations

_OTHER_NAMES = {
    "ns": "nso",  # of M2M100
    "zlm": "ms",  # these are of SeamlessM4T and NLLB: one form that stands for the language
    "pbt": "ps",
    "fuv": "ff",
    "quy": "qu",
    "gom": "kok",  # of FLORES: Goan Konkani, which is what Konkani means
    "pb": "pt-BR",  # of Argos, LibreTranslate and Subtitle Edit
    "zt": "zh-Hant",
}
_OWN = frozenset({"tw", "twi"})
"""Members of a macrolanguage that a checkpoint has beside it: Twi is one of Akan."""


def bcp47(code: str) -> str:
    """`pt_br`, `por_Latn`, `eng` → `pt-BR`, `pt`, `en`.

    Raises:
        ValueError: it is no language code.
    """
    import langcodes

    first, *rest = code.strip().replace("_", "-").split("-")
    name = _OTHER_NAMES.get(first.lower(), first)
    return langcodes.standardize_tag("-".join([name, *rest]), macro=first.lower() not in _OWN)
