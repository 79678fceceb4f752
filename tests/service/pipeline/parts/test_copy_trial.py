from __future__ import annotations

from crosslate.service.pipeline.engines.catalog import ModelCatalog
from crosslate.service.pipeline.parts.copy_trial import with_tried_copying
from crosslate.service.pipeline.translation.translator import Translator
from tests.service.pipeline.fakes import FakeEngine, FakeTokenizer, copied, served_model
from tests.service.pipeline.helpers import FixedDetector, request


def _losing(tokenizer: FakeTokenizer, ids: list[int]) -> list[int]:
    """Without a token that has a digit, as all stand-ins do."""
    return [one for one in ids if not any(map(str.isdigit, tokenizer.decode([one])))]


async def test_a_model_that_copies_has_stand_ins() -> None:
    found = await with_tried_copying(served_model(engine=FakeEngine(copied)))
    assert not found.copying.prefers_links


async def test_a_model_that_copies_none_has_everything_placed_by_links() -> None:
    engine = FakeEngine()
    model = served_model(engine=engine)
    assert isinstance(model.tokenizer, FakeTokenizer)
    engine.translate = lambda ids: _losing(model.tokenizer, ids)  # type: ignore[arg-type]
    found = await with_tried_copying(model)
    assert found.copying.prefers_links
    engine.requests.clear()
    translator = Translator(ModelCatalog([found]), FixedDetector(), has_guard=False)
    result = await translator.translate(request("Hello {name}, write to a@b.example now"))
    assert result.text == "Hello {name} , write to a@b.example now"
    assert len(engine.requests) == 1


async def test_links_that_tell_no_place_are_no_better() -> None:
    model = served_model(engine=FakeEngine(lambda ids: ids[-1:]))
    assert not (await with_tried_copying(model)).copying.prefers_links
