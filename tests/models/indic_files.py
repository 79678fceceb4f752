"""Folders of IndicTrans2 as the Hub has them, with SentencePiece models of a few sentences."""

from __future__ import annotations

import json
from pathlib import Path

import sentencepiece

from crosslate.models.tokenizers.indic.texts import as_read

SPECIALS = ("<s>", "<pad>", "</s>", "<unk>")
TEXTS = {
    "asm_Beng": "মই ভাল আছোঁ। আজি ৰাতি বৰষুণ হ'ব।",
    "ben_Beng": "আমি ভালো আছি। আজ রাতে বৃষ্টি হবে, বড় ঝড় আসছে।",
    "brx_Deva": "आं मोजाङै दं। दिनै अखा हागोन।",
    "doi_Deva": "मैं ठीक आं। अज्ज बरखा होग।",
    "gom_Deva": "हांव बरो आसां। आज पावस पडटलो।",
    "guj_Gujr": "હું મજામાં છું. આજે રાત્રે વરસાદ પડશે.",
    "hin_Deva": "मैं ठीक हूँ। आज रात बारिश होगी, बड़ा तूफ़ान आ रहा है।",
    "kan_Knda": "ನಾನು ಚೆನ್ನಾಗಿದ್ದೇನೆ. ಇಂದು ರಾತ್ರಿ ಮಳೆ ಬರುತ್ತದೆ.",
    "kas_Arab": "بہٕ چھُس ٹھیک۔ از راتھ پییہِ روٗد۔",
    "kas_Deva": "बु छुस ठीक। अज़ राथ पेयि रूद।",
    "mai_Deva": "हम ठीक छी। आइ राति वर्षा होयत।",
    "mal_Mlym": "എനിക്ക് സുഖമാണ്. ഇന്ന് രാത്രി മഴ പെയ്യും, അവൻ വരും.",
    "mar_Deva": "मी ठीक आहे. आज रात्री पाऊस पडेल.",
    "mni_Beng": "ঐ নুংঙাই। ঙসি অহিং নোং চুগনি।",
    "mni_Mtei": "ꯑꯩ ꯅꯨꯡꯉꯥꯏ꯫ ꯉꯁꯤ ꯑꯍꯤꯡ ꯅꯣꯡ ꯆꯨꯒꯅꯤ꯫",
    "npi_Deva": "म ठीक छु। आज राति पानी पर्छ।",
    "ory_Orya": "ମୁଁ ଭଲ ଅଛି। ଆଜି ରାତିରେ ବର୍ଷା ହେବ, ବଡ଼ ସମୟ।",
    "pan_Guru": "ਮੈਂ ਠੀਕ ਹਾਂ। ਅੱਜ ਰਾਤ ਸ਼ਹਿਰ ਵਿੱਚ ਮੀਂਹ ਪਵੇਗਾ।",
    "san_Deva": "अहं कुशली अस्मि। अद्य रात्रौ वृष्टिः भविष्यति।",
    "sat_Olck": "ᱤᱧ ᱫᱚ ᱵᱮᱥ ᱢᱮᱱᱟᱹᱧᱟ ᱾ ᱛᱮᱦᱮᱧ ᱧᱤᱫᱟᱹ ᱫᱟᱜ ᱟ ᱾",
    "snd_Arab": "مان ٺيڪ آهيان. اڄ رات مينهن پوندو.",
    "snd_Deva": "मां ठीक आहियां। अॼु रात मींहुं पवंदो।",
    "tam_Taml": "நான் நலமாக இருக்கிறேன். இன்று இரவு மழை பெய்யும்.",
    "tel_Telu": "నేను బాగున్నాను. ఈ రాత్రి వర్షం పడుతుంది.",
    "urd_Arab": "میں ٹھیک ہوں۔ آج رات بارش ہوگی، کیا آپ آئیں گے؟",
}
"""India's twenty-two languages in the scripts that IndicTrans2 has."""
ENGLISH = (
    "I am fine. It will rain tonight, a big storm is coming.",
    '"Will you come at 10:30?" she asked (it costs $3.50).',
    "The river isn't deep; don't swim there!",
)
EXTRA = "0123456789 . , ? ! : ; ( ) \" ' - / % $ 10:30 3.50"


def save_indictrans_tokenizer(folder: Path, source: str, target: str) -> dict[str, int]:
    """With sides that are `en` or `indic`. Returns both vocabularies' sizes, as `config.json` has them."""
    folder.mkdir(parents=True, exist_ok=True)
    tags = [*(["eng_Latn"] if "en" in {source, target} else []), *TEXTS]
    sizes = {}
    for name, side, kind, own in (("SRC", "encoder", source, tags), ("TGT", "decoder", target, [])):
        corpus = [as_read(text, "eng_Latn").text for text in ENGLISH]
        if kind == "indic":
            corpus = [as_read(text, language).text for language, text in TEXTS.items()]
        model = _trained(folder / f"model.{name}", [*corpus, EXTRA] * 8)
        pieces = [model.id_to_piece(i) for i in range(model.get_piece_size())]
        pieces = [piece for piece in pieces if piece not in SPECIALS]
        ids = {piece: i for i, piece in enumerate([*SPECIALS, *own, *pieces])}
        (folder / f"dict.{name}.json").write_text(json.dumps(ids), encoding="utf-8")
        sizes[f"{side}_vocab_size"] = len(ids)
    settings = {"tokenizer_class": "IndicTransTokenizer", "unk_token": "<unk>", "eos_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return sizes


def _trained(path: Path, corpus: list[str]) -> sentencepiece.SentencePieceProcessor:
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus),
        model_prefix=str(path),
        vocab_size=400,
        model_type="bpe",
        character_coverage=1.0,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    path.with_name(f"{path.name}.vocab").unlink()
    path.with_name(f"{path.name}.model").rename(path)
    return sentencepiece.SentencePieceProcessor(model_file=str(path))
