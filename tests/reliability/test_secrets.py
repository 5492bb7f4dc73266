"""Passwords and keys are never printed, not even in errors."""

from collections.abc import Callable
from pathlib import Path

import pytest

from quarrydb.redact import hidden
from tests.reliability.faults import command
from tests.reliability.table import case, tried

SECRET = "hunter2-XyZ"  # noqa: S105 no real one
TEXTS = [
    f"postgres:dbname=mines host=db password={SECRET} user=me",
    f"postgres:dbname=mines password='{SECRET} with a blank'",
    f"postgresql://me:{SECRET}@db/mines",
    f"postgresql://me:{SECRET}@@db/mines?sslpassword={SECRET}",
    f"CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET '{SECRET}')",
    f"ATTACH 'postgres:PASSWORD = {SECRET}' AS lake",
    f"PGPASSWORD={SECRET} quarry publish",
    f'{{"token": "{SECRET}"}}',
]


@pytest.mark.parametrize("text", TEXTS)
def test_secrets_are_hidden(text: str) -> None:
    found = hidden(text)
    assert SECRET not in found
    assert "***" in found


@pytest.mark.parametrize(
    "text",
    ["mines.gpkg has no layer password", "host=db user=me", "/a/b@c/d.tif: no CRS", "s3://b/k"],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert hidden(text) == text


@pytest.mark.parametrize("part", ["a", "a.", "x://", "://:", "password", "token ", "password='"])
def test_long_texts_come_to_an_end(part: str) -> None:
    """Work that grew with the square of the length would take an hour here; no name is a secret."""
    assert hidden(part * 20_000).startswith(part.rstrip("'"))


CATALOGUES = [
    case("Security", "password in the name of a DuckLake's catalogue", f"password={SECRET}"),
    case("Security", "the same in quotes", f"password='{SECRET}'"),
]


@pytest.mark.slow
@pytest.mark.parametrize("secret", CATALOGUES)
def test_publish_hides_the_password(
    secret: str, built: Path, happened: Callable[[str], None]
) -> None:
    pytest.importorskip("duckdb_extension_ducklake")
    pytest.importorskip("duckdb_extension_postgres_scanner")
    lake = f"postgres:dbname=mines host=127.0.0.1 port=9 user=me {secret}"
    code, said = command("publish", "--ducklake", lake, "-d", built / "mines.duckdb", "--data", "x")
    assert code == 6
    assert SECRET not in said
    assert "***" in said
    happened(f"Refused, exit code {code}: {said}")


@tried("Security", "secret in a query that fails")
def test_query_hides_the_secret(built: Path, happened: Callable[[str], None]) -> None:
    """DuckDB repeats the line with the mistake."""
    query = f"CREAT SECRET s (TYPE s3, SECRET '{SECRET}')"
    code, said = command("sql", query, "-d", built / "mines.duckdb")
    assert SECRET not in said
    assert "***" in said
    happened(f"Refused, exit code {code}: {said.replace(str(built), '')}")
