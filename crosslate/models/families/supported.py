"""What can be loaded, for people to read."""

from __future__ import annotations

from dataclasses import dataclass

from crosslate.models.families.ctranslate2 import FAMILY as CTRANSLATE2
from crosslate.models.families.parts import Task
from crosslate.models.families.registry import FAMILIES

BERGAMOT = "bergamot"
MARIAN_RNN = "marian-rnn"
OPENNMT_PY = "opennmt-py"
FAIRSEQ_LSTM = "fairseq-lstm"
FAIRSEQ_TRANSFORMER = "fairseq-transformer"
NATIVE = (BERGAMOT, MARIAN_RNN, OPENNMT_PY, FAIRSEQ_LSTM, FAIRSEQ_TRANSFORMER, CTRANSLATE2)
"""Folders as Marian, OpenNMT-py, fairseq and CTranslate2 write them; what they hold stands in their files."""
EXAMPLES = {
    BERGAMOT: ("starter/en-pt", "starter/summarize-en", "folders of Firefox Translations"),
    MARIAN_RNN: ("folders of Marian's types s2s, amun and nematus",),
    OPENNMT_PY: (
        "folders of OpenNMT-py 3 with decoder_type: transformer",
        "with decoder_type: rnn, local_attention or hard_attention too",
    ),
    FAIRSEQ_LSTM: ("folders of fairseq with --arch lstm",),
    FAIRSEQ_TRANSFORMER: ("folders of fairseq with --arch transformer",),
    CTRANSLATE2: ("folders that CTranslate2's converters wrote", "packages of Argos Translate"),
    "marian": ("Helsinki-NLP/opus-mt-en-de", "Helsinki-NLP/opus-mt-ROMANCE-en"),
    "fsmt": ("facebook/wmt19-en-de", "facebook/wmt19-ru-en", "allenai/wmt16-en-de-12-1"),
    "m2m_100": ("facebook/m2m100_418M", "facebook/nllb-200-distilled-600M"),
    "nllb-moe": ("facebook/nllb-moe-54b",),
    "IndicTrans": (
        "ai4bharat/indictrans2-en-indic-1B",
        "ai4bharat/indictrans2-indic-en-dist-200M",
        "ai4bharat/indictrans2-indic-indic-dist-320M",
    ),
    "seamless_m4t": ("facebook/hf-seamless-m4t-medium",),
    "seamless_m4t_v2": ("facebook/seamless-m4t-v2-large",),
    "mbart": ("facebook/mbart-large-50-many-to-many-mmt",),
    "plbart": ("uclanlp/plbart-java-cs",),
    "t5": ("google/flan-t5-base", "google/byt5-small", "google/madlad400-3b-mt"),
    "mt5": ("google/mt5-small",),
    "umt5": ("google/umt5-small",),
    "bart": ("facebook/bart-large-cnn", "folders with linear_attention"),
    "mvp": ("RUCAIBox/mtl-summarization", "RUCAIBox/mvp-summarization"),
    "pegasus": ("google/pegasus-xsum",),
    "prophetnet": ("microsoft/prophetnet-large-uncased-cnndm",),
    "switch_transformers": ("google/switch-base-8",),
    "led": ("allenai/led-large-16384-arxiv",),
    "t5gemma": ("google/t5gemma-2b-2b-prefixlm-it", "google/t5gemma-9b-2b-ul2-it"),
    "t5gemma2": ("google/t5gemma-2-270m-270m",),
    "encoder-decoder": (
        "patrickvonplaten/bert2bert_cnn_daily_mail",
        "google/roberta2roberta_L-24_bbc",
        "google/bert2bert_L-24_wmt_de_en",
    ),
    "longt5": ("google/long-t5-tglobal-base",),
    "bigbird_pegasus": ("google/bigbird-pegasus-large-arxiv",),
    "pegasus_x": ("google/pegasus-x-base",),
}
"""By `model_type`, or kind of native folder: checkpoints that people know."""


@dataclass(frozen=True, slots=True)
class SupportedFamily:
    """A kind of checkpoint, and what its checkpoints mostly are for."""

    name: str
    task: Task
    examples: tuple[str, ...]


def supported_families() -> list[SupportedFamily]:
    """Every family, those for translation first."""
    tasks: dict[str, Task] = {name: family.task for name, family in FAMILIES.items()}
    return [
        SupportedFamily(name, "translation" if name in NATIVE else tasks[name], examples)
        for name, examples in EXAMPLES.items()
    ]
