from __future__ import annotations

import subprocess
from pathlib import Path

from loadtests.faults.load import Course, Outcome
from loadtests.faults.local import slowed
from loadtests.faults.slow import table


def test_a_slow_haproxy_waits_only_where_it_takes_over(tmp_path: Path) -> None:
    wrapper = tmp_path / "haproxy"
    content = '#!/bin/sh\nexec echo "$@"\n'
    wrapper.write_text(content)
    wrapper.chmod(0o755)
    with slowed(wrapper, 0.01):
        script = wrapper.read_text()
        for words in (["-f", "a b"], ["-f", "a b", "-sf", "7"]):
            traced = subprocess.run(["sh", "-x", wrapper, *words], capture_output=True, text=True, check=True)
            assert traced.stdout == " ".join(words) + "\n"
            assert ("+ sleep 0.01" in traced.stderr) == ("-sf" in words)
    assert script != wrapper.read_text() == content


def test_each_case_is_a_line_with_what_was_lost() -> None:
    all_the_while = Course([Outcome(0, 1, "200"), Outcome(0, 3, "200"), Outcome(1, 2, "503 loading")])
    kept = Course([Outcome(0, 1, "200")])
    lines = table({"nothing": (all_the_while, kept)}).splitlines()
    assert [cell.strip() for cell in lines[2].strip("|").split("|")] == [
        *("nothing", "3", "1", "503 loading: 1", "2.00", "1", "0", "-"),
    ]
