"""The README of a rendered world."""

from collections.abc import Sequence
from pathlib import Path

from quarrydb.demo.world import World

TEXT = """\
# Demo world

An invented planet with invented mines, seed {seed}, scale {scale}. Every input here is
rendered from one plan, in the layout in which publishers ship such data; `truth/` holds what a
build must find.

    quarry build {folder}

| what | n |
|---|---|
| mines after the build | {n_mines} |
| rows of the data set laid out as Tang and Werner 2023 | {n_tang} |
| rows of the data set laid out as Maus et al. 2022 | {n_maus} |
| parts of their union | {n_outlines} |
| stable-green objects, of which {n_erased} are to be erased | {n_green} |
| countries | {n_countries} |
| protected areas | {n_protected} |

Parts rendered: {parts}. The layout of each file and the columns of each truth table stand in the
documentation of quarrydb, `docs/demo.md`.
"""


def write_readme(world: World, folder: Path, parts: Sequence[str]) -> None:
    """Write ``README.md``."""
    counts = world.source_rows.source.value_counts()
    text = TEXT.format(
        seed=world.seed,
        scale=world.scale.name,
        folder=folder.name,
        n_mines=len(world.mines),
        n_tang=counts["tang"],
        n_maus=counts["maus"],
        n_outlines=len(world.outlines),
        n_erased=int(world.green.is_erased.sum()),
        n_green=len(world.green),
        n_countries=len(world.countries),
        n_protected=len(world.protected),
        parts=", ".join(parts),
    )
    (folder / "README.md").write_text(text, encoding="utf-8")
