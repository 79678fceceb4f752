"""Writes the answers in `examples.json` anew: `python -m tests.service.http.write_examples`.

The requests and their summaries stay. Look at the difference before it is committed.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from crosslate.service.http import openapi
from crosslate.service.loading.loading import LocalModel
from tests.service.http.starters import answer_of, ask, loaded_starters, paths_of, starter_client

FILE = Path(openapi.__file__).with_name("examples.json")


async def write(models: list[LocalModel]) -> None:
    examples = json.loads(FILE.read_text(encoding="utf-8"))
    async with starter_client(models) as client:
        operations = paths_of((await client.get("/openapi.json")).json())
        for operation, named in examples.items():
            for example in named.values():
                if operation != "metrics":  # an extract, chosen by hand
                    response = await ask(client, operations[operation], example)
                    example["status"] = response.status_code
                    example["answer"] = answer_of(response)
    FILE.write_text(as_text(examples), encoding="utf-8")


def as_text(examples: dict[str, dict[str, dict[str, Any]]]) -> str:
    """A line for each member of an example, so that a difference shows what has changed."""
    operations = []
    for operation, named in examples.items():
        shown = []
        for name, example in named.items():
            members = [f"      {dumps(key)}: {dumps(value)}" for key, value in example.items()]
            shown.append(f"    {dumps(name)}: {{\n" + ",\n".join(members) + "\n    }")
        operations.append(f"  {dumps(operation)}: {{\n" + ",\n".join(shown) + "\n  }")
    return "{\n" + ",\n".join(operations) + "\n}\n"


def dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    with loaded_starters() as loaded:
        asyncio.run(write(loaded))
