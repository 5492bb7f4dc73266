"""Load what the project file says of its sources for people into ``raw.source_terms``.

A step of its own: a licence that is looked up later changes no row of a mine, so nothing else runs again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial

import pyarrow as pa

from quarrydb.contract import LoadContext, Loaded, LoadStep, Terms
from quarrydb.project.types import TERMS, Section

SCHEMA = pa.schema([(name, pa.string()) for name in ("source", "kind", *TERMS)])


def terms_of(section: Section, kind: str, *sources: str) -> tuple[Terms, ...]:
    """What ``section`` says of its ``sources``."""
    said = {name: getattr(section, name, None) for name in TERMS}
    return tuple(Terms(source, kind, **said) for source in sources)


def terms_step(steps: Sequence[LoadStep]) -> LoadStep:
    """A step that tabulates the terms of the sources of all other ``steps``."""
    rows = [asdict(terms) for terms in dict.fromkeys(t for step in steps for t in step.terms)]
    return LoadStep(
        name="source terms",
        writes=("raw.source_terms",),
        run=partial(run_terms, rows=rows),
        config={"terms": rows},
    )


def run_terms(context: LoadContext, *, rows: Sequence[Mapping[str, str | None]]) -> Loaded:
    """Rows of ``raw.source_terms``."""
    del context
    return {"raw.source_terms": pa.Table.from_pylist(list(rows), schema=SCHEMA)}
