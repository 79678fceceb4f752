"""Groups by which opus-mt models are named."""

from __future__ import annotations

import json
from pathlib import Path

import langcodes
import pytest

from crosslate.models.errors import InvalidParamsError
from crosslate.models.families.hugging_face import PAIR_IN_NAME
from crosslate.models.language.language_groups import is_group, members
from crosslate.models.loading import load_model
from crosslate.models.tokenizers.marian_tokenizer import MarianTokenizer
from tests.models.conftest import build_marian


@pytest.mark.parametrize(
    ("name", "some", "none"),
    [
        ("roa", {"es", "pt", "fr", "it", "ro", "ca"}, {"de", "la"}),
        ("ROMANCE", {"es", "pt", "fr", "it", "ro"}, {"de"}),
        ("zls", {"sr", "bg", "sl", "mk", "hr"}, {"ru", "cs"}),
        ("sla", {"ru", "cs", "bg"}, {"lt"}),
        ("deu_eng_fra_por_spa", {"deu", "eng", "fra", "por", "spa"}, {"roa"}),
        ("deu+eng", {"deu", "eng"}, set()),
        ("NORWAY", {"nb", "nn"}, {"sv"}),
    ],
)
def test_members(name: str, some: set[str], none: set[str]) -> None:
    assert is_group(name)
    assert some <= set(members(name))
    assert not none & set(members(name))
    assert all(map(langcodes.tag_is_valid, members(name)))


@pytest.mark.parametrize("name", ["en", "eng", "zh_Hans", "pt-BR"])
def test_one_language_is_its_own_member(name: str) -> None:
    assert not is_group(name)
    assert members(name) == (name,)


def test_every_language_has_no_list() -> None:
    assert is_group("mul")
    assert members("mul") == members("eng_mul") == ()


@pytest.mark.parametrize(
    ("name", "sides"),
    [
        ("opus-mt-en-de", ("en", "de")),
        ("opus-mt-tc-big-en-pt", ("en", "pt")),
        ("opus-mt-ROMANCE-en", ("ROMANCE", "en")),
        ("opus-mt-tc-big-zls-itc", ("zls", "itc")),
        ("opus-mt-tc-bible-big-deu_eng_fra_por_spa-mul", ("deu_eng_fra_por_spa", "mul")),
        ("opus-mt-NORTH_EU-NORTH_EU", ("NORTH_EU", "NORTH_EU")),
        ("opus-mt-en-de-finetuned", None),
    ],
)
def test_names(name: str, sides: tuple[str, str] | None) -> None:
    match = PAIR_IN_NAME.search(name)
    assert (match and match.groups()) == sides


@pytest.fixture(scope="module")
def marian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "marian"
    build_marian(folder)
    return folder


def named(marian: Path, folder: Path, source: str, target: str, tags: tuple[str, ...] = ()) -> Path:
    """The same model under other languages, with target tokens in the place of some pieces."""
    folder.mkdir()
    for file in marian.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    settings = {"source_lang": source, "target_lang": target}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    vocabulary = json.loads((folder / "vocab.json").read_text())
    by_id = sorted(vocabulary, key=vocabulary.__getitem__)
    by_id[10 : 10 + len(tags)] = tags
    (folder / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(by_id)}))
    return folder


def test_members_of_a_source_group_are_served(marian: Path, tmp_path: Path) -> None:
    pairs = load_model(str(named(marian, tmp_path / "m", "roa", "en"))).pairs
    assert {("pt", "en"), ("es", "en"), ("ro", "en")} <= set(pairs)
    assert ("de", "en") not in pairs


def test_members_of_a_target_group_are_those_with_a_token(marian: Path, tmp_path: Path) -> None:
    folder = named(marian, tmp_path / "m", "deu_eng_por", "roa", (">>por<<", ">>spa<<"))
    assert set(load_model(str(folder)).pairs) == {
        ("deu", "pt"), ("deu", "es"), ("eng", "pt"), ("eng", "es"), ("por", "es"),
    }  # fmt: skip


@pytest.mark.parametrize(("source", "target"), [("mul", "en"), ("en", "roa")])
def test_a_group_that_nothing_lists_gives_no_pairs(
    marian: Path, tmp_path: Path, source: str, target: str
) -> None:
    assert load_model(str(named(marian, tmp_path / "m", source, target))).pairs == ()


def test_a_language_without_a_token_is_an_error_that_lists_the_nearest(marian: Path, tmp_path: Path) -> None:
    tags = (">>por<<", ">>cmn_Hant<<", ">>cmn_Hans<<", ">>glg<<", ">>fin<<", ">>rus<<", ">>swe<<", ">>tur<<")
    tokenizer = MarianTokenizer.load(named(marian, tmp_path / "m", "en", "mul", tags))
    assert tokenizer.tokenize_source("no", "en", "zh").pieces[0] == ">>cmn_Hans<<"
    assert tokenizer.tokenize_source("no", "en", "zh-TW").pieces[0] == ">>cmn_Hant<<"
    with pytest.raises(
        InvalidParamsError, match=r"no token for the target language 'uk'; nearest: ru \(>>rus<<\)"
    ):
        tokenizer.encode_source("no", "en", "uk")
    assert tokenizer.tokenize_source(">>fin<<no", "en", "uk").pieces[0] == ">>fin<<"


def test_the_models_own_target_needs_no_token(marian: Path, tmp_path: Path) -> None:
    tokenizer = MarianTokenizer.load(named(marian, tmp_path / "m", "en", "pt", (">>xyz<<", ">>deu<<")))
    assert not tokenizer.tokenize_source("no", "en", "pt").pieces[0].startswith(">>")
