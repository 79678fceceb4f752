from __future__ import annotations

import pytest

from loadtests.client import EncoderWork, check_is_local, parse_encoder_work

EXPOSITION = """\
# TYPE crosslate_padding_ratio gauge
crosslate_padding_ratio{model_name="a",task="translation",replica="r1"} 0.5
crosslate_padding_ratio{model_name="a",task="translation",replica="r2"} 0.0
# TYPE crosslate_prompt_tokens_total counter
crosslate_prompt_tokens_total{model_name="a",task="translation",replica="r1"} 100
crosslate_prompt_tokens_total{model_name="a",task="translation",replica="r2"} 40
"""


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:1", "http://[::1]:8000/x"])
def test_this_machine_may_be_loaded(url: str) -> None:
    check_is_local(url)


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1:8000", "https://example.org", "http://localhost.example.org"]
)
def test_other_machines_may_not(url: str) -> None:
    with pytest.raises(ValueError, match="--remote"):
        check_is_local(url)


def test_work_is_summed_over_replicas_before_the_share_is_taken() -> None:
    before, after = EncoderWork(0, 0), parse_encoder_work(EXPOSITION)
    assert after == EncoderWork(useful=140, padded=240)
    assert after.padding_ratio_since(before) == pytest.approx(100 / 240)
    assert after.padding_ratio_since(after) is None
