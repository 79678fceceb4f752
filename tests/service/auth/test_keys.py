from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from crosslate.service.auth.hashing import PATTERN, hash_key, new_key
from crosslate.service.auth.keys import KeyFileError, KeyRing, load_keys
from crosslate.service.errors import ServiceError
from tests.service.auth.accounts import SECRET, auth_settings, make_key


def test_made_keys_are_unlike_and_fit_into_a_header() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(re.fullmatch(r"clk_[A-Za-z0-9_-]{43}", key) for key in keys)


def test_the_hash_is_what_other_tools_make_of_it() -> None:
    assert hash_key("abc") == "sha256:" + hashlib.sha256(b"abc").hexdigest()
    assert re.match(PATTERN, hash_key("abc"))


def test_settings_hold_a_hash_whatever_they_were_given(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{SECRET}\n")
    (tmp_path / "hash").write_text(hash_key(SECRET))
    for way in (
        {"key": SECRET},
        {"key_hash": hash_key(SECRET)},
        {"key_file": str(tmp_path / "key")},
        {"key_file": str(tmp_path / "hash")},
    ):
        settings = auth_settings({"name": "a", **way})
        assert SECRET not in repr(settings) + settings.model_dump_json()
        key = load_keys(settings).find(SECRET)
        assert key is not None
        assert key.name == "a"
        assert SECRET not in repr(key)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ({"name": "a"}, "one of key, key_file and key_hash, not 0"),
        ({"name": "a", "key": SECRET, "key_file": "f"}, "not 2"),
        ({"name": "a", "key": "two words"}, "printable ASCII"),
        ({"name": "a", "key": ""}, "printable ASCII"),
        ({"name": "a", "key": 12345678}, "printable ASCII"),
        ({"name": "a", "key_hash": "sha256:abc"}, "key_hash"),
        ({"name": "a b", "key": SECRET}, "name"),
        ({"name": "a", "key": SECRET, "models": []}, "at least one model"),
        ({"name": "a", "key": SECRET, "weight": 0}, "weight"),
    ],
)
def test_what_is_no_key_is_refused_without_being_shown(key: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason) as refused:
        auth_settings(key)
    shown = str(refused.value.errors(include_url=False, include_context=False, include_input=False))
    assert SECRET not in shown
    assert "two words" not in shown


def test_names_and_keys_are_unlike() -> None:
    with pytest.raises(ValidationError, match="the name 'a' stands there more than once"):
        auth_settings({"name": "a", "key": SECRET}, {"name": "a", "key": "another-key"})
    with pytest.raises(KeyFileError, match="a and b have the same key"):
        load_keys(auth_settings({"name": "a", "key": SECRET}, {"name": "b", "key": SECRET}))


def test_a_file_that_cannot_be_used_is_named_without_its_content(tmp_path: Path) -> None:
    empty, words, binary = tmp_path / "empty", tmp_path / "words", tmp_path / "binary"
    empty.touch()
    words.write_text("two words")
    binary.write_bytes(b"\xff\xfe")
    for path, reason in (
        (tmp_path / "none", "No such file"),
        (empty, "must hold a key"),
        (words, "must hold a key"),
        (binary, "is no text"),
    ):
        with pytest.raises(KeyFileError, match=reason) as refused:
            load_keys(auth_settings({"name": "a", "key_file": str(path)}))
        assert f"auth.keys: a: key_file {path}" in str(refused.value)
        assert "two words" not in str(refused.value)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (None, "key_missing"),
        ("", "key_missing"),
        ("wrong", "key_invalid"),
        (SECRET + " ", "key_invalid"),
        ("\ud800", "key_invalid"),
        (hash_key(SECRET), "key_invalid"),
    ],
)
def test_who_has_no_key_of_ours_is_refused(sent: str | None, code: str) -> None:
    with pytest.raises(ServiceError) as refused:
        KeyRing([make_key()]).find(sent)
    assert (refused.value.status, refused.value.code) == (401, code)
    assert not sent or sent not in refused.value.detail


def test_each_key_is_found_among_others() -> None:
    keys = [make_key(name, f"secret-{name}") for name in "abc"]
    assert [KeyRing(keys).find(f"secret-{name}") for name in "abc"] == keys


def test_without_keys_nobody_needs_one() -> None:
    assert KeyRing().find(None) is None
    assert KeyRing().find("anything") is None
