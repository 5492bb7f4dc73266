"""JSON records of the store that notice every changed byte: each file carries the checksum of its content."""

import hashlib
import json
from pathlib import Path
from typing import Any

from quarrydb.files import temporary_name
from quarrydb.memory import JSON_TIMES
from quarrydb.store.folder import read, writing_file


def encode(content: object) -> bytes:
    """The one way in which ``content`` is written down."""
    text = json.dumps(content, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return json.dumps({"sha256": digest, "content": json.loads(text)}, sort_keys=True).encode()


def write_record(file: Path, root: Path, content: object) -> None:
    """Write a record of the store under ``root``, whole or not at all."""
    parts = file.relative_to(root).parts
    with writing_file(root, *parts, temporary=temporary_name(file.stem)) as opened:
        opened.write(encode(content))


def read_record(file: Path, root: Path) -> Any:
    """The content of a record; None where there is none, it is huge, or any byte of it differs."""
    data = read(root, *file.relative_to(root).parts, times=JSON_TIMES)
    if data is None:
        return None
    try:
        content = json.loads(data)["content"]
        return content if encode(content) == data else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
