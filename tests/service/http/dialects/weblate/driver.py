"""Weblate's own classes for machine translation against a service; prints what they made of it, as JSON.

It runs in an environment of Weblate's own: `python driver.py URL`.
"""

from __future__ import annotations

import json
import os
import sys
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock, patch

# What draws Weblate's badges; it needs libraries of the system, and translating does not.
for name in ("cairo", "gi", "gi.repository"):
    sys.modules[name] = MagicMock()
os.environ["DJANGO_SETTINGS_MODULE"] = "weblate.settings_example"

import django
from django.conf import settings

_MEMORY = "django.core.cache.backends.locmem.LocMemCache"
settings.CACHES = {name: {"BACKEND": _MEMORY} for name in ("default", "avatar")}
settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
django.setup()

from weblate.checks.flags import Flags
from weblate.lang.models import Language
from weblate.machinery.base import BatchMachineTranslation, UnsupportedLanguageError
from weblate.machinery.deepl import DeepLTranslation
from weblate.machinery.libretranslate import LibreTranslateTranslation

TEXTS = (
    "Save",
    "The file %s was deleted.",
    "Hello {name}, <b>welcome</b> home!",
    "Fish & chips",
    "The bridge is closed.",
)


def unit(text: str) -> SimpleNamespace:
    """One string to be translated, with what the classes read of it."""
    component = SimpleNamespace(project=SimpleNamespace(id=1), source_language=Language(code="en"))
    return SimpleNamespace(
        all_flags=Flags("c-format, python-brace-format, xml-text"),
        is_source=False,
        source=text,
        translation=SimpleNamespace(
            component=component, language=Language(code="pt"), log_debug=lambda *arguments: None
        ),
    )


def translated(machine: BatchMachineTranslation) -> dict[str, str]:
    """The translation of each text, for languages as Weblate names them."""
    languages = machine.get_languages(Language(code="en"), Language(code="pt"))
    results = machine._translate(*languages, [(text, unit(text)) for text in TEXTS])
    return {text: results[text][0]["text"] for text in TEXTS}


def unserved(machine: BatchMachineTranslation) -> bool:
    """Whether it knows that there is no such pair."""
    try:
        machine.get_languages(Language(code="en"), Language(code="fi"))
    except UnsupportedLanguageError:
        return True
    return False


def main(url: str) -> None:
    """Both, DeepL's without and with a glossary."""
    libretranslate = LibreTranslateTranslation({"url": url, "key": ""})
    deepl = DeepLTranslation({"url": f"{url}/v2/", "key": "secret", "formality": "default"})
    said: dict[str, Any] = {
        "libretranslate": translated(libretranslate),
        "unserved": [unserved(libretranslate), unserved(deepl)],
    }
    terms = "weblate.glossary.models.get_glossary_tsv"
    with patch(terms, return_value=""):
        said["deepl"] = translated(deepl)
    deepl.delete_cache()
    deepl.cache_translations = False
    with patch(terms, return_value="bridge\tviaduto"):
        said["deepl_with_terms"] = translated(deepl)
    said["glossaries"] = list(deepl.list_glossaries())
    print(json.dumps(said))


main(sys.argv[1])
