"""Fetching from a server that speaks the Hub's protocol, by the library as users have it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest
import transformers

from crosslate.models.checkpoints.hub import FILES
from crosslate.models.families.tokenizers import CONVERTED, KINDS, LOADERS
from tests.models.hub_server import REPO, Hub, serving

FIND = """
import json, sys
from crosslate.models.errors import CheckpointError
from crosslate.models.checkpoints.model_files import find_downloaded, find_model

said = []
try:
    find = find_downloaded if sys.argv[2:] else lambda name: find_model(name, said.append)
    print(json.dumps({"folder": str(find(sys.argv[1])), "said": said}))
except CheckpointError as error:
    heavy = sorted(sys.modules.keys() & {"huggingface_hub.errors", "huggingface_hub.hf_api"})
    print(json.dumps({"error": str(error), "said": said, "imported": " ".join(heavy)}))
"""
OLD, NEW = "a" * 40, "b" * 40
WEIGHTS = bytes(range(256)) * 8192


@pytest.fixture
def hub() -> Iterator[Hub]:
    old = {"config.json": b"{}", "model.safetensors": b"old" * 1000, "modeling.py": b"import os"}
    new = {"config.json": b'{"a": 1}', "model.safetensors": WEIGHTS}
    with serving(Hub({OLD: old, NEW: new}, {"main": NEW, "v1": OLD})) as hub:
        yield hub


@dataclass
class Machine:
    """Where models are kept."""

    cache: Path
    hub: Hub

    def start(self, location: str, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        home = {"HF_HOME": str(self.cache), "HF_ENDPOINT": self.hub.url, "HF_HUB_DISABLE_XET": "1"}
        names = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
        return subprocess.Popen(
            [sys.executable, "-c", FIND, location, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**names, **home, **environ},
        )

    def find(self, location: str, *arguments: str, **environ: str) -> dict[str, str]:
        return result(self.start(location, *arguments, **environ))


def result(process: subprocess.Popen[str]) -> dict[str, str]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    answer: dict[str, str] = json.loads(out)
    return answer


@pytest.fixture
def machine(tmp_path: Path, hub: Hub) -> Machine:
    return Machine(tmp_path, hub)


def weights_in(answer: dict[str, str]) -> bytes:
    return (Path(answer["folder"]) / "model.safetensors").read_bytes()


def test_a_model_is_fetched_once_and_said_to_be(machine: Machine, hub: Hub) -> None:
    answer = machine.find(REPO)
    assert weights_in(answer) == WEIGHTS
    assert answer["said"][-1] == f"Downloading {REPO}: 2.1 of 2.1 MB"
    machine.find(REPO)
    assert hub.asked["GET model.safetensors"] == 1
    assert machine.find(REPO, "here")["folder"] == answer["folder"]


def test_a_revision_is_pinned(machine: Machine, hub: Hub) -> None:
    for pinned in (f"{REPO}@v1", f"{REPO}@{OLD}"):
        answer = machine.find(pinned)
        assert weights_in(answer) == b"old" * 1000
        assert not (Path(answer["folder"]) / "modeling.py").exists()
    before = hub.asked.total()
    assert weights_in(machine.find(f"{REPO}@{OLD}")) == b"old" * 1000
    assert hub.asked.total() == before, "a commit never changes: nobody is asked"
    assert "no branch, tag or commit 'v9'" in machine.find(f"{REPO}@v9")["error"]


def test_other_programs_models(machine: Machine, hub: Hub) -> None:
    """Without a `config.json`, that of Marian, OpenNMT-py or fairseq; never what training goes on from."""
    kept = {
        "model.npz": WEIGHTS,
        "vocab.yml": b"",
        "source.bpe": b"",
        "dict.en.txt": b"",
        "preprocess.sh": b"",
    }
    others = {"model.npz.optimizer.npz": b"", "translate.py": b"", "modeling.sh": b""}
    hub.commits[NEW] = {**kept, **others}
    folder = Path(machine.find(f"{REPO}@{NEW}")["folder"])
    assert {path.name for path in folder.iterdir()} == {*kept}
    assert machine.find(f"{REPO}@{NEW}", "here")["folder"] == str(folder)


@pytest.mark.parametrize(
    "vocabularies", [("shared_vocabulary.txt",), ("source_vocabulary.json", "target_vocabulary.json")]
)
def test_a_model_that_ctranslate2_converted(
    machine: Machine, hub: Hub, vocabularies: tuple[str, ...]
) -> None:
    """It has a `config.json`, but weights of another name than Hugging Face's."""
    kept = {"config.json": b"{}", "model.bin": WEIGHTS, "tokenizer.json": b"{}"} | dict.fromkeys(
        vocabularies, b""
    )
    hub.commits[NEW] = {**kept, "README.md": b"", "run.py": b""}
    folder = Path(machine.find(f"{REPO}@{NEW}")["folder"])
    assert {path.name for path in folder.iterdir()} >= {*kept}
    assert not (folder / "run.py").exists()
    assert machine.find(f"{REPO}@{NEW}", "downloaded")["folder"] == str(folder)
    (folder / "model.bin").unlink()
    assert machine.find(f"{REPO}@{NEW}", "downloaded")["folder"] == "None"


@pytest.mark.parametrize("weights", ["adapter_model.safetensors", "adapter_model.bin"])
def test_an_adapter_is_whole_with_its_model(machine: Machine, hub: Hub, tmp_path: Path, weights: str) -> None:
    """Which is elsewhere, and of which a trainer's `config.json` beside the adapter makes no other one."""
    base = tmp_path / "base"
    config = json.dumps({"peft_type": "LORA", "base_model_name_or_path": str(base)}).encode()
    hub.commits[NEW] = {"adapter_config.json": config, "config.json": b"{}", weights: WEIGHTS}
    assert "is not to be had" in machine.find(REPO)["error"]
    base.mkdir()
    (base / "config.json").write_text("{}")
    folder = Path(machine.find(REPO)["folder"])
    assert {path.name for path in folder.iterdir()} == {"adapter_config.json", "config.json", weights}
    assert machine.find(REPO, "downloaded")["folder"] == str(folder)
    (folder / weights).unlink()
    assert machine.find(REPO, "downloaded")["folder"] == "None"


def test_a_download_goes_on_where_it_was_broken_off(machine: Machine, hub: Hub) -> None:
    hub.commits[NEW]["model.safetensors"] = WEIGHTS * 12
    hub.breaks_off = 22 * 2**20
    answer = machine.find(REPO)
    assert weights_in(answer) == WEIGHTS * 12
    begun = int(hub.ranges[-1].removeprefix("bytes=").partition("-")[0])
    assert 0 < begun <= 22 * 2**20


def test_what_comes_damaged_is_not_kept(machine: Machine, hub: Hub) -> None:
    """It has the right size, which is all that the library looks at."""
    hub.damages = True
    assert "damaged" in machine.find(REPO)["error"]
    hub.damages = False
    assert weights_in(machine.find(REPO)) == WEIGHTS


def test_of_several_replicas_none_keeps_what_came_damaged(machine: Machine, hub: Hub) -> None:
    hub.damages = True
    for replica in [machine.start(REPO) for _ in range(3)]:
        assert "damaged" in result(replica)["error"]


SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
INDEX = json.dumps({"weight_map": {f"layer.{number}": shard for number, shard in enumerate(SHARDS)}}).encode()


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"model.safetensors.index.json": INDEX},
        {"model.safetensors.index.json": INDEX, SHARDS[0]: b"one of two"},
    ],
)
def test_what_has_come_in_part_is_not_taken_for_the_model(
    machine: Machine, hub: Hub, files: dict[str, bytes]
) -> None:
    """As where a download was killed, and nobody can be asked for the rest."""
    hub.commits[NEW] = {"config.json": b"{}", **files}
    assert "has no weights in the local Hugging Face cache, or not all" in machine.find(REPO)["error"]
    assert machine.find(REPO, "here")["folder"] == "None"
    assert (
        "not all of it, and --offline or HF_HUB_OFFLINE forbids"
        in machine.find(REPO, HF_HUB_OFFLINE="1")["error"]
    )


def test_a_model_in_several_files_is_whole_with_all_of_them(machine: Machine, hub: Hub) -> None:
    hub.commits[NEW] = {
        "config.json": b"{}",
        "model.safetensors.index.json": INDEX,
        **dict.fromkeys(SHARDS, b"half"),
    }
    assert machine.find(REPO)["folder"] == machine.find(REPO, "here")["folder"] != "None"


def test_a_file_that_is_gone_from_the_cache_is_fetched_again(machine: Machine) -> None:
    folder = Path(machine.find(REPO)["folder"])
    (folder / "model.safetensors").resolve().unlink()
    assert machine.find(REPO, "here")["folder"] == "None"
    assert weights_in(machine.find(REPO)) == WEIGHTS


def test_of_several_replicas_one_fetches(machine: Machine, hub: Hub) -> None:
    for replica in [machine.start(REPO) for _ in range(3)]:
        assert weights_in(result(replica)) == WEIGHTS
    assert hub.asked["GET model.safetensors"] == 1


def test_offline_nothing_is_asked(machine: Machine, hub: Hub) -> None:
    refused = machine.find(REPO, HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE forbids" in refused["error"]
    assert hub.asked.total() == 0
    machine.find(REPO)
    before = hub.asked.total()
    assert weights_in(machine.find(REPO, HF_HUB_OFFLINE="1")) == WEIGHTS
    assert hub.asked.total() == before


def test_a_hub_that_does_not_answer(machine: Machine, hub: Hub) -> None:
    machine.find(f"{REPO}@v1")
    hub.url = "http://127.0.0.1:1"
    assert "cannot be reached (ConnectError: " in machine.find(REPO)["error"]


def test_of_a_model_of_which_nothing_is_here_it_is_said_before_much_is_imported(
    machine: Machine, hub: Hub
) -> None:
    assert machine.find(REPO, HF_HUB_OFFLINE="1")["imported"] == ""
    hub.url = "http://127.0.0.1:1"
    told = machine.find(REPO)
    assert "the Hub cannot be reached (127.0.0.1: Connection refused)" in told["error"]
    assert told["imported"] == ""


def test_a_model_that_is_not_there(machine: Machine) -> None:
    assert "no public model of that name" in machine.find("owner/other")["error"]
    assert machine.find("owner/other", "here")["folder"] == "None"
    assert "allows no such name" in machine.find("owner/" + "long" * 30)["error"]


BESIDE_TRANSFORMERS = {"IndicTransTokenizer": ("dict.SRC.json", "dict.TGT.json", "model.SRC", "model.TGT")}
"""Classes that come with their checkpoints, as code, and the files that these have for them."""


@pytest.mark.parametrize("kind", sorted({*CONVERTED, *KINDS.values(), *LOADERS}))
def test_the_files_of_each_tokenizer_are_fetched(kind: str) -> None:
    own = BESIDE_TRANSFORMERS.get(kind)
    files = own or getattr(transformers, kind).vocab_files_names.values()
    assert all(any(fnmatch(file, pattern) for pattern in FILES) for file in files)
