"""Pages that lie elsewhere in the repository, where people look for them, and the links to and from them."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

_ROOT = Path(__file__).parents[2]
_SUMMARIZER = "crosslate/models/starter/summarize-en"
_PLACES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "LICENSE.txt",
    "loadtests/quality/README.md": "quality.md",
    f"{_SUMMARIZER}/README.md": "summarize-en.md",
    f"{_SUMMARIZER}/LICENSE": "summarize-en-LICENSE.txt",
    "docs/site/extra.css": "extra.css",
}
"""By path in the repository, the path in the site of what is not in `docs/`."""
_ORIGINS = {site: repository for repository, site in _PLACES.items()}
_SEARCH = '<div class="md-search" data-md-component="search" role="dialog"'
"""As the theme has it, without a name for those who cannot see it."""
_LINK = re.compile(r"\]\((?P<target>[^)\s:#]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies outside of `docs/`."""
    for repository, site in _PLACES.items():
        files.append(File.generated(config, site, abs_src_path=str(_ROOT / repository)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links between files of the repository into those between pages of the site.

    A link to anything else is left as it is, so that a strict build ends with it.
    """
    site = page.file.src_uri
    folder = PurePosixPath(_ORIGINS.get(site, f"docs/{site}")).parent

    def moved(link: re.Match[str]) -> str:
        target = normpath(folder / link["target"])
        place = _PLACES.get(target, target.removeprefix("docs/"))
        is_page = target in _PLACES or target.startswith("docs/")
        return f"]({relpath(place, PurePosixPath(site).parent)}" if is_page else link[0]

    return _LINK.sub(moved, markdown)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Give the search a name."""
    return output.replace(_SEARCH, f'{_SEARCH} aria-label="Search"')
