from __future__ import annotations

import pytest

from crosslate.service.pipeline.fidelity.protected.statements import statements
from tests.growth import assert_linear


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Run SELECT a, COUNT(*) FROM users WHERE age >= 18 GROUP BY a; and wait.",
            ["SELECT a, COUNT(*) FROM users WHERE age >= 18 GROUP BY a;"],
        ),
        ("SELECT * FROM t is slow", ["SELECT * FROM t"]),
        ("Merge branch 'main' into feature/login", ["feature/login"]),
        ("Merge pull request #12 from ann/fix-it", ["ann/fix-it"]),
        ("Merge the two lists into one", []),
        (
            "If SELECT a FROM b LEFT JOIN c ON b.x = c.y ORDER BY a DESC LIMIT 5 fails",
            ["SELECT a FROM b LEFT JOIN c ON b.x = c.y ORDER BY a DESC LIMIT 5"],
        ),
        ("Use UPDATE a SET b = 'So it is', c = 2 now", ["UPDATE a SET b = 'So it is', c = 2"]),
        ("DELETE FROM a WHERE b < NOW() - 30; x", ["DELETE FROM a WHERE b < NOW() - 30;"]),
        ("INSERT INTO a (b, c) VALUES (1, 'x y'); it", ["INSERT INTO a (b, c) VALUES (1, 'x y');"]),
        ("DROP TABLE a; or CREATE TABLE b (c INT)", ["DROP TABLE a;", "CREATE TABLE b (c INT)"]),
        (
            "Run git push --force-with-lease origin a-b and pip install -U x, not --help",
            ["git push --force-with-lease origin a-b", "pip install -U"],
        ),
        ("Just docker compose up -d now", ["docker compose up -d"]),
        (
            "Run git pull, sudo systemctl restart nginx and npm run build:all",
            ["git pull", "sudo systemctl restart nginx", "npm run build:all"],
        ),
        ("My git pulled it, the docker compose file", ["docker compose"]),
        ("The git is not - as such - a docker", []),
        ("SELECT the best one FROM the list", []),
        ("PLEASE SELECT ONE FROM THE LIST", []),
        ("DELETE FROM it what you like, and UPDATE your SET", []),
        ("DROP TABLE settings on the floor", []),
    ],
)
def test_statements_amid_prose_are_found(text: str, expected: list[str]) -> None:
    assert [text[slice(*span)] for span in statements(text)] == expected


@pytest.mark.parametrize(
    "part",
    ["SELECT a FROM ", "SELECT a, ", "UPDATE a SET b = 1, ", "INSERT INTO a (", " WHERE a AND ", "a.b "],
)
def test_time_is_linear_in_the_length(part: str) -> None:
    assert_linear(lambda text: list(statements(text)), lambda length: " FROM " + part * (length // len(part)))
