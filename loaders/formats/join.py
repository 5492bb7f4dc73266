"""Put the features of several files or folders together that are one layer."""

from collections.abc import Sequence

import pyarrow as pa

from quarrydb.errors import SourceError
from quarrydb.loaders.formats.data import Reading, VectorData


def join(reading: Reading, found: Sequence[VectorData]) -> VectorData:
    """All features in the order of the files, their ids numbered by file where there are several.

    Raises SourceError where there is no feature in any, or the files disagree on the CRS.
    """
    full = [one for one in found if len(one.wkb)]
    if not full and not reading.may_be_empty:
        raise SourceError(f"{reading.where} holds no features. Name another file.")
    found = full or found[:1]
    if len(found) == 1:
        return found[0]
    first = found[0]
    if any(one.crs != first.crs for one in found):
        raise SourceError(
            f"{reading.where} holds parts in different CRS ({first.crs!s:.60} and others). Unpack it and "
            "convert them to one."
        )
    try:
        attributes = pa.concat_tables(
            [one.attributes for one in found], promote_options="permissive"
        )
    except pa.ArrowException as error:
        raise SourceError(
            f"{reading.where} holds parts whose columns do not fit together: {error}. Unpack it and name "
            "one of them."
        ) from error
    return VectorData(
        path=first.path,
        layer=first.layer,
        driver=first.driver,
        crs=first.crs,
        wkb=[wkb for one in found for wkb in one.wkb],
        ids=[f"{n}.{fid}" for n, one in enumerate(found, start=1) for fid in one.ids],
        attributes=attributes,
        notes=tuple(note for one in found for note in one.notes),
    )
