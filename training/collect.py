"""Fetch the texts to learn from: free documentation, reference works and novels, as Debian packages them.

    python -m training.collect --out FOLDER

Needs a Debian system with network: packages are downloaded and unpacked, never installed. FOLDER gets
`prose/*.txt` (paragraphs apart by a blank line, documents by a form feed) and `descriptions.txt`, the long
descriptions of all packages.
"""

from __future__ import annotations

import argparse
import re
import struct
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from training.prose import paragraphs_of, prose

SOURCES = {
    "python3.11-doc": "doc/python3.11/html",
    "debian-handbook": "doc/debian-handbook/html/en-US",
    "python-django-doc": "doc/python-django-doc/html",
    "libreoffice-help-en-us": "libreoffice/help/en-US",
    "apache2-doc": "doc/apache2-doc/manual",
    "postgresql-doc-15": "doc/postgresql-doc-15/html",
    "anarchism": "doc/anarchism/html",
    "harden-doc": "doc/harden-doc/html",
    "exim4-doc-html": "doc/exim4-doc-html",
    "sqlite3-doc": "doc/sqlite3",
    "mutt": "doc/mutt",
    "gnome-user-docs": "help/C",
    "debian-policy": "doc/debian-policy",
    "git-doc": "doc/git-doc",
    "kstars-data": "doc/HTML/en",
    "kalzium": "doc/HTML/en",
    "dict-foldoc": "dictd/foldoc.dict.dz",
    "dict-jargon": "dictd/jargon.dict.dz",
    "dict-elements": "dictd/elements.dict.dz",
    "wesnoth-1.16-httt": "games/wesnoth",
    "wesnoth-1.16-did": "games/wesnoth",
    "nethack-common": "doc/nethack-common/Guidebook.txt.gz",
    "fortunes": "games/fortunes",
    "developers-reference": "doc/developers-reference",
    "debian-reference-en": "debian-reference",
    "debian-faq": "doc/debian-faq",
    "lynx-common": "doc/lynx-common",
    "zim": "zim",
    "aptitude-doc-en": "doc/aptitude/html/en",
    "debian-edu-doc-en": "doc/debian-edu-doc-en",
    "privoxy": "doc/privoxy",
    "gnumeric-doc": "help/C/gnumeric",
    "freeciv-data": "games/freeciv/helpdata.txt",
}
"""Package -> its text, under `/usr/share`."""
NOVELS = "r-cran-janeaustenr"
OTHER_LANGUAGE = re.compile(r"\.html\.(?!en)|[./](?:de|es|fr|it|ja|ko|pt-br|tr|da|zh|zh-cn|ru)[./]")
MAX_FILE_BYTES = 6_000_000
NOVEL_PARAGRAPHS = 60
"""As many make a document, since chapters are not marked."""
R_STRING = re.compile(rb"\x00[\x00\x04][\x00-\xff]\x09(.{4})", re.DOTALL)
"""The head of a string in R's serialization: flags, type 9, length."""


def unpack(package: str, folder: Path) -> Path:
    """Download a package and lay its files out; returns `usr`."""
    subprocess.run(["apt-get", "download", package], cwd=folder, check=True)
    (archive,) = folder.glob(f"{package}_*.deb")
    subprocess.run(["dpkg", "-x", archive.name, package], cwd=folder, check=True)
    return folder / package / "usr"


def documents(path: Path) -> Iterator[list[str]]:
    """The paragraphs of each file."""
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    for file in files:
        if not OTHER_LANGUAGE.search(str(file)) and file.stat().st_size <= MAX_FILE_BYTES:
            yield list(paragraphs_of(file))


def novels(usr: Path) -> Iterator[list[str]]:
    """Jane Austen's, out of the database of an R package: compressed objects, lines of text in them."""
    data = next(usr.rglob("data/Rdata.rdb")).read_bytes()
    position = 0
    while position < len(data):
        decompressor = zlib.decompressobj()
        lines = _r_strings(decompressor.decompress(data[position + 4 :]))
        position = len(data) - len(decompressor.unused_data)
        paragraphs = list(prose(re.split(r"\n\s*\n", "\n".join(lines))))
        for start in range(0, len(paragraphs), NOVEL_PARAGRAPHS):
            yield paragraphs[start : start + NOVEL_PARAGRAPHS]


def _r_strings(serialized: bytes) -> Iterator[str]:
    position = 0
    while match := R_STRING.search(serialized, position):
        (length,) = struct.unpack(">i", match[1])
        position = match.end() + length if 0 <= length < 1000 else match.start() + 1
        yield serialized[match.end() : max(match.end(), position)].decode(errors="replace")


def write_documents(path: Path, found: Iterator[list[str]], seen: set[str]) -> None:
    """Those paragraphs that no other document began with the same words."""
    kept: list[str] = []
    for paragraphs in found:
        new = [p for p in paragraphs if p[:80] not in seen]
        seen |= {p[:80] for p in new}
        if new:
            kept.append("\n\n".join(new))
    path.write_text("\n\f\n".join(kept) + "\n", encoding="utf-8")


def fetch_descriptions(folder: Path) -> str:
    """The package index's `Translation-en`."""
    lists = folder / "lists"
    (lists / "partial").mkdir(parents=True)
    options = [
        "Acquire::Languages=en",
        "Acquire::IndexTargets::deb::Translations::MetaKey=$(COMPONENT)/i18n/Translation-$(LANGUAGE)",
        "Acquire::GzipIndexes=false",
        f"Dir::State::Lists={lists}",
    ]
    subprocess.run(["apt-get", *(f"-o{option}" for option in options), "update"], check=True)
    files = sorted(lists.glob("*_main_i18n_Translation-en"))
    return max((file.read_text(encoding="utf-8") for file in files), key=len)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    out: Path = parser.parse_args().out
    (out / "prose").mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (out / "descriptions.txt").write_text(fetch_descriptions(folder), encoding="utf-8")
        for package, path in SOURCES.items():
            share = unpack(package, folder) / "share"
            write_documents(out / "prose" / f"{package}.txt", documents(share / path), seen)
        write_documents(out / "prose" / f"{NOVELS}.txt", novels(unpack(NOVELS, folder)), seen)


if __name__ == "__main__":
    main()
