"""What is said of a summary beside it: what was cut, left aside, or given back as it came."""

from __future__ import annotations

from crosslate.service.pipeline.engines.idle_params import idle_params
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.summarization.reading.chunking import Chunking
from crosslate.service.pipeline.summarization.types import SummaryRequest

NOT_SHORTENED = Notice(
    "not_shorter", "The summaries of the parts could not be shortened further; they are given side by side."
)
NOT_SHORTER = Notice("not_shorter", "The summary is no shorter than the text.")
REPLACED = Notice(
    "sentence_replaced",
    "Sentences that the model wrote had numbers, names or measures which the text does not have; the "
    "nearest sentences of the text stand for them.",
)
STAND_IN = Notice(
    "empty_output",
    "The model wrote nothing for a part of the text; that part's first sentence stands in for it.",
)
UNANSWERED = Notice(
    "query_unanswered", "No sentence of the text has a word of the query; the summary is a general one."
)
UNKNOWN = Notice(
    "unknown_characters",
    "The text has characters that the model does not know; they may be missing in the summary.",
)


def split(reading: Chunking, model: ServedModel) -> Notice:
    """Of sentences that no window holds."""
    return Notice(
        "split_long_sentence",
        f"The text has {reading.num_split} sentence(s) longer than the model takes "
        f"({model.max_source_tokens} tokens); they were read in parts.",
    )


def ignored(request: SummaryRequest, model: ServedModel) -> list[Notice]:
    """Of options that a model which writes has no use for, and of decoding that has no effect."""
    given = (("query", request.query is not None), ("style", request.style != "prose"))
    names = [name for name, is_set in given if is_set and model.extraction is None]
    said = f"{model.id} writes freely, and heeds no {' or '.join(names)}."
    idle = idle_params(request.params, [request.params.over(model.default_params)])
    return [*([Notice("option_ignored", said)] if names else []), *idle]


def kept(reading: Chunking, request: SummaryRequest, sent: str) -> list[Notice]:
    """Of a text that is returned as it is; of a blank one there is nothing to say."""
    how = "as it is" if request.text_format == "text" else "without its markup"
    if reading.chunks:
        said = f"The text is shorter than a summary of it would be; it is returned {how}."
    else:
        said = f"The text has no words to summarize; it is returned {how}."
    return [Notice("returned_unchanged", said)] if sent.strip() else []


def unsupported(count: int) -> Notice:
    """Of numbers and names that are not the text's."""
    return Notice(
        "unsupported_content",
        f"The summary has {count} number(s), name(s) or measure(s) that the text does not have; "
        "its sentences say where.",
    )


def cut_parts(num_cut: int, num_parts: int) -> Notice:
    """Of a last level whose summaries stand side by side."""
    return Notice(
        "truncated",
        f"{num_cut} of the {num_parts} parts of the summary reached the limit of output tokens: an "
        "unfinished sentence was left out, or is cut there where it is a part's only one.",
    )


def cut(num_tokens: int, *, is_left_out: bool) -> Notice:
    """Of a summary in one part."""
    ending = "an unfinished sentence was left out" if is_left_out else "it is cut there"
    return Notice("truncated", f"The summary reached the limit of output tokens ({num_tokens}): {ending}.")
