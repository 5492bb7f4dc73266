"""Commands of the segmentation: chips, train, segment."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from quarrydb.cli.app import app
from quarrydb.cli.options import (
    HERE,
    DaskOption,
    MemoryOption,
    ProjectArgument,
    SchedulerOption,
    harmed_note,
    year_range,
)
from quarrydb.cli.screen import echo

if TYPE_CHECKING:
    from quarrydb.inference.chip_set import ChipResult
    from quarrydb.inference.run import SegmentResult
    from quarrydb.project import Project

YearsOption = Annotated[
    str | None, typer.Option(help="Years, such as 2016-2024.", show_default="the project's")
]


def _chip_side(value: int) -> int:
    """Refuse a chip that no model takes."""
    from quarrydb.inference.record import CHIP_STEP_PX

    if value < CHIP_STEP_PX or value % CHIP_STEP_PX:
        raise typer.BadParameter(f"{value}. Models take multiples of {CHIP_STEP_PX}.")
    return value


def _model_name(value: str) -> str:
    """Refuse a name that no model's record takes."""
    from quarrydb.inference.record import NAME

    if not re.fullmatch(NAME, value):
        raise typer.BadParameter(f"{value!r}. Take letters, digits, '.', '_' and '-'.")
    return value


def _shares(value: str) -> str:
    """Refuse what are no three shares."""
    from quarrydb.inference.splits import parse_shares

    try:
        parse_shares(value)
    except ValueError as error:
        raise typer.BadParameter(f"{value}: {error}.") from error
    return value


ChipOption = Annotated[int, typer.Option(help="Side of a chip, pixels.", callback=_chip_side)]
NameOption = Annotated[str, typer.Option(help="Name of the model.", callback=_model_name)]
OutOption = Annotated[Path, typer.Option("--out", "-o", help="Folder to write into.")]


@app.command(epilog="Example: quarry chips demo --year 2019 --out demo/chips")
def chips(
    out: OutOption,
    project: ProjectArgument = HERE,
    year: Annotated[
        int | None, typer.Option(help="Year that the polygons show.", show_default="reference_year")
    ] = None,
    chip_px: ChipOption = 512,
    bands: Annotated[
        str, typer.Option(help="Bands to keep, with commas.", show_default="the images'")
    ] = "",
    shares: Annotated[
        str, typer.Option(help="Shares of train, validation and test.", callback=_shares)
    ] = "0.89,0.1,0.01",
    seed: Annotated[int, typer.Option(help="Seed of the splits.")] = 0,
) -> None:
    """Cut training chips with masks around every site, split into train, validation and test.

    Chips of different splits never show the same ground.
    """
    from rich.console import Console

    from quarrydb.files import check_place
    from quarrydb.inference.chip_set import make_chips
    from quarrydb.inference.splits import parse_shares
    from quarrydb.loaders.image import parse_bands
    from quarrydb.progress import progress_for
    from quarrydb.project import load_project

    check_place(out / "chip.parquet")
    loaded = load_project(project)
    progress = progress_for(Console())
    result = make_chips(
        loaded,
        out,
        year=year or _reference_year(loaded),
        chip_px=chip_px,
        bands=parse_bands(bands),
        seed=seed,
        shares=parse_shares(shares),
        progress=progress,
    )
    for line in _chip_lines(out, result):
        progress.line(line)


def _reference_year(project: "Project") -> int:
    """The year that the project's polygons show; ProjectError where it does not say."""
    from quarrydb.errors import ProjectError

    section = project.segmentation
    if section is None or section.reference_year is None:
        raise ProjectError(
            "Say which year the polygons show: --year, or reference_year in [segmentation]."
        )
    return section.reference_year


def _chip_lines(out: Path, made: "ChipResult") -> list[str]:
    """What the screen says of chips that were made."""
    said = ", ".join(f"{n} {split}" for split, n in made.counts.items())
    seam = f", {made.n_seam} left out between splits" if made.n_seam else ""
    total = f"{out}: {sum(made.counts.values())} chips ({said}{seam})."
    return [*(f"Set aside: {failure}" for failure in made.failures), total]


@app.command(
    epilog="Example: quarry train demo/chips --out demo/model --size b0 --licence CC-BY-4.0"
)
def train(
    chips_folder: Annotated[Path, typer.Argument(metavar="CHIPS", help="Folder of quarry chips.")],
    out: OutOption,
    licence: Annotated[str, typer.Option(help="Licence of the model.")],
    name: NameOption = "segformer",
    size: Annotated[str, typer.Option(help="tiny, b0, b1, b2, b3, b4 or b5.")] = "b0",
    epochs: Annotated[int, typer.Option(help="Passes over the training chips.", min=1)] = 40,
    batch_size: Annotated[int, typer.Option(help="Chips a step.", min=1)] = 8,
    learning_rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 6e-5,
    warmup_steps: Annotated[int, typer.Option(help="Steps until the highest learning rate.")] = 100,
    crop_px: Annotated[int, typer.Option(help="Side of a training crop, pixels.")] = 512,
    scale: Annotated[float, typer.Option(help="What pixel values are divided by.")] = 1.0,
    start_from: Annotated[
        Path | None, typer.Option(help="Model folder whose weights are the start.")
    ] = None,
    precision: Annotated[
        Literal["no", "bf16"], typer.Option(help="no (float32) or bf16, for GPUs.")
    ] = "no",
    seed: Annotated[int, typer.Option(help="Seed of weights, order and augmentation.")] = 0,
    source: Annotated[str, typer.Option(help="What the record says of the training data.")] = "",
) -> None:
    """Train a SegFormer on chips; a stopped run goes on from its last whole epoch.

    Writes OUT/model (the best epoch), OUT/history.csv and OUT/history.png.
    """
    from quarrydb.files import check_place
    from quarrydb.inference.train import TrainSettings
    from quarrydb.inference.train import train as run_training
    from quarrydb.inference.training_data import read_bands, read_chip_size, read_chip_table
    from quarrydb.inference.training_start import NewModel

    check_place(out / "model")
    members = read_chip_table(chips_folder)
    chip_px = read_chip_size(members)
    model = NewModel(name, read_bands(chips_folder), licence, source, scale, chip_px)
    settings = TrainSettings(
        size=size,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        warmup_steps=warmup_steps,
        crop_px=min(crop_px, chip_px),
        precision=precision,
        seed=seed,
    )
    record = run_training(
        members,
        out,
        model,
        settings,
        start_from=start_from,
        report=lambda row: echo(_epoch_line(row, epochs)),
    )
    echo(
        f"{out / 'model'}: {record.model_id}, mIoU {record.metric['validation_mean_iou']:.3f} "
        f"at p >= {record.threshold}"
    )


def _epoch_line(row: Mapping[str, float], epochs: int) -> str:
    """What the screen says of a row of the training's history."""
    return (
        f"epoch {row['epoch']:.0f}/{epochs}: loss {row['train_loss']:.3f}, validation loss "
        f"{row['validation_loss']:.3f}, mIoU {row['mean_iou']:.3f}, accuracy {row['accuracy']:.3f} "
        f"at p >= {row['threshold']:.3f}"
    )


@app.command(epilog="Example: quarry images mines --years 2017-2024")
def images(
    project: ProjectArgument = HERE,
    years: YearsOption = None,
) -> None:
    """Ask the STAC APIs of [segmentation.images] and of indicators which images show the project's ground.

    Writes them as items into the files that path and items name; a build reads those, and asks nobody.
    """
    from rich.console import Console

    from quarrydb.fetch.cache import Cache
    from quarrydb.fetch.fetcher import Fetcher
    from quarrydb.inference.image_search import search_images, searches
    from quarrydb.progress import progress_for
    from quarrydb.project import load_project

    loaded = load_project(project)
    asked = searches(loaded, year_range(years) if years else None)
    network = loaded.network
    fetcher = Fetcher(network.policy(may_fetch=True), Cache(network.cache))
    progress = progress_for(Console())
    try:
        for search in asked:
            with progress.task(search.label, None, "cells") as task:
                n = search_images(loaded, search, fetcher, advance=task.advance)
            progress.line(f"{search.file}: {n} images.")
    finally:
        fetcher.close()


@app.command(epilog="Example: quarry segment demo --years 2016-2024")
def segment(
    project: ProjectArgument = HERE,
    years: YearsOption = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes that read rasters and predict.", min=1, show_default="all cores"
        ),
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"], typer.Option(help="auto, cpu or cuda.")
    ] = "auto",
    batch_size: Annotated[
        int | None, typer.Option(help="Chips a forward pass.", min=1, show_default="1, on a GPU 16")
    ] = None,
    memory_limit: MemoryOption = None,
    dask: DaskOption = False,
    scheduler: SchedulerOption = None,
    engine: Annotated[
        Literal["torch", "openvino"], typer.Option(help="torch, or openvino: faster on a CPU.")
    ] = "torch",
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetch what is needed of images on servers.")
    ] = False,
    everywhere: Annotated[
        bool,
        typer.Option("--everywhere", help="Segment the blocks of [segmentation.area] as well."),
    ] = False,
) -> None:
    """Find the mines in each year's images, into one table a year; a stopped run goes on.

    Exit code 3 where an image could not be read; all other sites and years are done.
    """
    from rich.console import Console

    from quarrydb.engine.segment import segment as run
    from quarrydb.progress import progress_for

    progress = progress_for(Console())
    done = run(
        project,
        years=year_range(years) if years else None,
        workers=workers,
        device=device,
        batch_size=batch_size,
        memory_limit=memory_limit,
        scheduler=scheduler,
        use_dask=dask,
        engine=engine,
        fetch=fetch,
        everywhere=everywhere,
        progress=progress,
    )
    for line in harmed_note(done.harmed):
        progress.line(line)
    result = done.result
    progress.line(
        f"{done.database}: {result.n_planned} sites and years, {result.n_kept} kept, "
        f"{result.n_done} segmented, {len(result.failures)} set aside."
    )
    _raise_problems(result)


def _raise_problems(result: "SegmentResult") -> None:
    """SourceError that lists what was set aside, if anything was."""
    from quarrydb.errors import SourceError

    problems = _listed("Set aside:", result.failures) + _listed(
        "Damaged or missing images; sites that only they show lack that year:",
        result.damaged_images,
    )
    if problems:
        raise SourceError("\n".join(problems))


def _listed(title: str, lines: Sequence[str]) -> list[str]:
    """A title with its lines; nothing without lines."""
    return [title, *(f"  {line}" for line in lines)] if lines else []
