"""Records of repositories: which files a deposit has, how large, with which checksums."""

import json
from dataclasses import dataclass

from quarrydb.errors import NetworkError
from quarrydb.fetch.http import Client


@dataclass(frozen=True)
class RecordFile:
    """A file as its record describes it; ``checksum`` as ``md5:...``."""

    name: str
    size: int
    checksum: str | None


def read_record(client: Client, address: str) -> dict[str, RecordFile]:
    """The files of a Zenodo (InvenioRDM) record by name. NetworkError where it can't be read."""
    try:
        content = json.loads(client.document(address))
        files = content["files"]
        entries = files.get("entries", {}).values() if isinstance(files, dict) else files
        found = [
            RecordFile(str(item["key"]), int(item["size"]), item.get("checksum"))
            for item in entries
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NetworkError(
            f"{address} is no record that can be read ({error!r:.80}). Look at it in a browser; "
            "the file can be named by its own address, without a checksum."
        ) from error
    return {file.name: file for file in found}
