"""Rows of a stranger's Parquet file, counted in the size that they take unpacked before they are.

A page that names one value of its dictionary a million times takes some bytes in the file. So columns with
dictionaries are read as such, a batch at a time, and each becomes plain only where it fits.
"""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from quarrydb.loaders.formats.data import TIMES, Meter

BATCH_ROWS, BATCH_VALUES = 16_384, 2**21
VALUE_BYTES = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "BYTE_ARRAY": 4, "INT96": 12}


def read_rows(path: Path, meter: Meter) -> pa.Table:
    """All rows. Arrow's errors where the file is damaged, SourceError where it goes beyond ``meter``."""
    with pq.ParquetFile(path) as file:
        schema, footer = file.schema_arrow, file.metadata
        chunks = list(_chunks(footer))
    claimed = sum(chunk.num_values * VALUE_BYTES.get(chunk.physical_type, 8) for chunk in chunks)
    if claimed * TIMES > meter.limit.n_bytes:
        raise meter.limit.refuse(meter.where)
    texts = {
        chunk.path_in_schema
        for chunk in chunks
        if chunk.has_dictionary_page and chunk.physical_type == "BYTE_ARRAY"
    }
    n_rows = max(1, min(BATCH_ROWS, BATCH_VALUES // max(1, footer.num_columns)))
    batches = []
    with pq.ParquetFile(path, read_dictionary=sorted(texts)) as file:
        for batch in file.iter_batches(batch_size=n_rows):
            meter.add(batch.num_rows, sum(unpacked_bytes(column) for column in batch.columns))
            batches.append(batch.cast(schema))
    return pa.Table.from_batches(batches, schema=schema)


def _chunks(footer: pq.FileMetaData) -> Iterator[pq.ColumnChunkMetaData]:
    for group in range(footer.num_row_groups):
        for column in range(footer.num_columns):
            yield footer.row_group(group).column(column)


def unpacked_bytes(array: pa.Array) -> int:
    """Bytes of an array with each value of its dictionaries, however deep, written out."""
    if isinstance(array, pa.ExtensionArray):
        return unpacked_bytes(array.storage)
    if isinstance(array, pa.DictionaryArray):
        lengths = pc.binary_length(array.dictionary)
        return 8 * len(array) + int(pc.sum(lengths.take(array.indices)).as_py() or 0)
    if isinstance(array, pa.StructArray):
        return sum(unpacked_bytes(column) for column in array.flatten())
    if isinstance(array, pa.MapArray):
        return 8 * len(array) + unpacked_bytes(array.keys) + unpacked_bytes(array.items)
    if isinstance(array, pa.ListArray | pa.LargeListArray | pa.FixedSizeListArray):
        return 8 * len(array) + unpacked_bytes(array.flatten())
    return int(array.nbytes)
