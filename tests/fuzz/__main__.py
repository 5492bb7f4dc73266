"""``python -m tests.fuzz TARGET RUNS CORPUS [SEED]``: fuzz one target with atheris, guided by coverage.

The same seed makes the same runs; without one, every hunt is another.

A failure's bytes are left in the corpus folder as ``failed-...``; give that file's path in place of the
corpus to run it again.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["quarrydb"]):
    from tests.fuzz import targets

OPTIONS = ("-timeout=20", "-rss_limit_mb=3000", "-max_len=200000", "-print_final_stats=1")


def main() -> None:
    """Seed the corpus and fuzz."""
    name, runs, corpus = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    seed = sys.argv[4] if len(sys.argv) == 5 else "0"
    if corpus.is_dir():
        for number, content in enumerate(targets.seeds(name)):
            (corpus / f"seed{number}").write_bytes(content)
    bounds = (f"-runs={runs}", f"-seed={seed}", f"-artifact_prefix={corpus}/failed-")
    atheris.Setup([sys.argv[0], *OPTIONS, *bounds, str(corpus)], targets.TARGETS[name])
    atheris.Fuzz()


if len(sys.argv) not in (4, 5):
    sys.exit(f"usage: python -m tests.fuzz {'|'.join(targets.TARGETS)} RUNS CORPUS [SEED]")
main()
