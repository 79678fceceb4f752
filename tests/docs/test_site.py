"""The site that MkDocs makes of `docs/`, built as its readers would get it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
MKDOCS = ROOT / ".mkdocs" / "bin" / "mkdocs"
INSTALL = "uv venv .mkdocs && uv pip install --python .mkdocs -r docs/site/needs.txt"
PAGES = {
    **{path.stem: path for path in sorted((ROOT / "docs").glob("*.md"))},
    "index": ROOT / "README.md",
    "contributing": ROOT / "CONTRIBUTING.md",
    "changelog": ROOT / "CHANGELOG.md",
    "quality": ROOT / "loadtests" / "quality" / "README.md",
    "summarize-en": ROOT / "crosslate" / "models" / "starter" / "summarize-en" / "README.md",
}
"""By the name in the site, what is shown."""
BLOCKS = frozenset(["h1", "h2", "h3", "h4", "ul", "ol", "li", "table", "tr", "th", "td", "pre", "blockquote"])
LOADED = (("script", "src"), ("img", "src"), ("iframe", "src"), ("link", "href"))
FRONT_MATTER = re.compile(r"\A---\n.*?^---\n", re.DOTALL | re.MULTILINE)
CSS_URL = re.compile(r"url\(['\"]?(?!data:)([^)'\"]+)")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not MKDOCS.exists():
        pytest.skip(f"needs MkDocs in an environment of its own: {INSTALL}")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [MKDOCS, "build", "--strict", "--site-dir", folder],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def parsed(page: Path) -> html.HtmlElement:
    return html.fromstring(page.read_text(encoding="utf-8"))


def outline(element: html.HtmlElement, depth: int = 0) -> Iterator[str]:
    """Each block with how deep it stands, and the text of those that hold no others."""
    for child in element.iterchildren(tag="*"):
        if child.tag not in BLOCKS:
            yield from outline(child, depth)
            continue
        inner = list(outline(child, depth + 1))
        text = "" if inner else " " + "".join("".join(child.itertext()).split())
        yield f"{'  ' * depth}{child.tag}{text}"
        yield from inner


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_the_blocks_that_commonmark_sees(site: Path, name: str) -> None:
    """MkDocs' Markdown is another dialect than that of the places where the files are read, too."""
    text = FRONT_MATTER.sub("", PAGES[name].read_text(encoding="utf-8"))
    wanted = html.fromstring(MarkdownIt("commonmark").enable("table").render(text))
    (article,) = parsed(site / f"{name}.html").xpath("//article")
    for extra in article.xpath(".//a[@class='headerlink']"):
        extra.drop_tree()
    difference = list(unified_diff(list(outline(wanted)), list(outline(article)), lineterm="", n=1))
    assert difference == []


def test_all_links_within_lead_somewhere(site: Path) -> None:
    pages = {path: parsed(path) for path in site.glob("*.html")}
    assert set(PAGES) | {"404"} == {path.stem for path in pages}
    anchors = {path: {*page.xpath("//@id"), *page.xpath("//a/@name"), ""} for path, page in pages.items()}
    broken = []
    for path, page in pages.items():
        if path.stem == "404":  # it is shown at any depth, and its addresses start at the root
            continue
        for link in page.xpath("//a/@href"):
            parts = urlsplit(link)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if parts.scheme:
                continue
            if not target.exists() or (target in anchors and parts.fragment not in anchors[target]):
                broken.append(f"{path.name}: {link}")
    assert broken == []


def test_it_asks_no_other_host(site: Path) -> None:
    loaded = {
        address
        for path in site.glob("*.html")
        for tag, attribute in LOADED
        for address in parsed(path).xpath(f"//{tag}/@{attribute}")
    }
    loaded |= {
        address
        for path in site.rglob("*.css")
        for address in CSS_URL.findall(path.read_text(encoding="utf-8"))
    }
    assert loaded
    assert [address for address in loaded if urlsplit(address).netloc] == []


def test_every_page_can_be_searched(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    found = {entry["location"].split("#")[0].removesuffix(".html") for entry in index["docs"]}
    assert found >= set(PAGES)
    (keys,) = (
        entry for entry in index["docs"] if entry["location"] == "configuration.html#make-one-and-use-it"
    )
    assert "requests_per_minute" in keys["text"]


def test_every_dialog_has_a_name(site: Path) -> None:
    dialogs = parsed(site / "index.html").xpath("//*[@role='dialog']")
    assert [dialog.get("aria-label") for dialog in dialogs] == ["Search"]
