"""Draw a project's sample of changes for interpreters to date."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from quarrydb.contract import SILENT, Progress
from quarrydb.database.opening import open_checked
from quarrydb.engine.builder import Builder
from quarrydb.errors import ProjectError
from quarrydb.files import check_place
from quarrydb.loaders.sample_draw import Design, Sample, check_ending, draw_sample, write_sample
from quarrydb.loaders.sample_page import write_page
from quarrydb.project import Project, as_project

ANY_YEAR = (1900, 2200)


@dataclass(frozen=True)
class SampleResult:
    """The samples that were written, and where."""

    file: Path
    samples: Sequence[Sample]

    @property
    def n_years(self) -> int:
        """Years of change that the map says, among the samples."""
        return len({sample["predicted_year"] for sample in self.samples} - {None})


def sample_changes(
    project: Project | str | Path,
    out: str | Path,
    *,
    per_year: int = 40,
    years: tuple[int, int] = ANY_YEAR,
    change: str = "any",
    unchanged: int = 0,
    seed: int = 1,
    page: str | Path | None = None,
    progress: Progress = SILENT,
) -> SampleResult:
    """Draw ``per_year`` changed pixels of every year and ``unchanged`` ones into a CSV or GeoPackage.

    ``change`` is ``any``, ``disturbed`` or ``reclaimed``, ``years`` the first and last year of change;
    ``page`` also gets a page to label in. The project's database must be built.

    Raises:
        ProjectError: no land cover, no change in those years, an unknown kind, or a file that is there and
            may hold labels.
        DatabaseError: no database.
    """
    file, drawn_on = Path(out), Path(page) if page is not None else None
    design = Design(per_year, *years, change, seed, unchanged)
    builder = Builder(as_project(project))
    source = builder.project
    if source.landcover is None:
        raise ProjectError(f"{source.file} has no [landcover]: there are no changes to sample.")
    builder.remote.require_all()
    builder.remote.ensure(source.landcover.path)
    check_ending(file)
    for path in (file, *([drawn_on] if drawn_on else [])):
        if path.exists():
            raise ProjectError(f"{path} exists and may hold labels. Name another file.")
        check_place(path)
    with open_checked(source.database) as connection:
        samples = draw_sample(connection, source.landcover, design, progress)
    write_sample(samples, file)
    if drawn_on is not None:
        write_page(samples, drawn_on)
    return SampleResult(file, samples)
