"""Commands of models: evaluate, import-model."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from quarrydb.cli.app import app
from quarrydb.cli.screen import echo
from quarrydb.cli.segmentation import ChipOption, NameOption, OutOption


@app.command(
    epilog="Example: quarry evaluate demo/chips --model demo --split all --out demo/evaluation"
)
def evaluate(
    chips_folder: Annotated[Path, typer.Argument(metavar="CHIPS", help="Folder of quarry chips.")],
    out: OutOption,
    model: Annotated[str, typer.Option(help="Model folder, or the name of a shipped one.")],
    split: Annotated[
        Literal["test", "validation", "train", "all"],
        typer.Option(help="Chips to score; all for chips of another place than the model's."),
    ] = "test",
    threshold: Annotated[
        float | None,
        typer.Option(help="Probability from which a pixel is mine.", show_default="the model's"),
    ] = None,
    pictures: Annotated[int, typer.Option(help="Chips to draw on the page.", min=0)] = 24,
    seed: Annotated[int, typer.Option(help="Seed of the intervals.")] = 0,
) -> None:
    """Score a model on chips it never saw: mIoU, IoU, F1, precision, recall, area, beside baselines.

    Writes evaluation.json, evaluation.html with pictures, and evaluation.parquet for [segmentation]
    evaluation.
    """
    from quarrydb.files import check_place, write_atomically
    from quarrydb.inference.held_out import HeldOut, evaluate_model
    from quarrydb.inference.model import model_folder
    from quarrydb.inference.pictures import as_text, draw_chip, page

    check_place(out / "evaluation.json")
    drawn: list[tuple[str, bytes]] = []

    def draw(held: HeldOut, at: float) -> None:
        if len(drawn) < pictures:
            drawn.append((f"{held.chip.site_id} {held.chip.year}", draw_chip(held, at)))

    results = evaluate_model(
        chips_folder,
        model_folder(model),
        out,
        split=split,
        threshold=threshold,
        seed=seed,
        draw=draw,
    )
    write_atomically(
        out / "evaluation.html", page(results, drawn, f"{results[0].name} on {split} chips")
    )
    for result in results:
        found = result.measures
        echo(
            f"{result.name}: mIoU {as_text(found['mean_iou'])}, IoU {as_text(found['iou'])}, "
            f"F1 {as_text(found['f1'])}, precision {as_text(found['precision'])}, "
            f"recall {as_text(found['recall'])}, area bias {as_text(found['area_bias'])}"
        )
    echo(f"{out / 'evaluation.html'}: {results[0].measures['n_chips']} chips of split {split}.")


ModelArgument = Annotated[
    Path,
    typer.Argument(
        metavar="MODEL",
        help="A SegFormer checkpoint (.pth, .safetensors), a folder of transformers, or an ONNX file.",
    ),
]
MeanOption = Annotated[
    str | None, typer.Option(help="Mean of each band, with commas.", show_default="the folder's")
]
StdOption = Annotated[
    str | None,
    typer.Option(help="Standard deviation of each band, with commas.", show_default="the folder's"),
]
ScaleOption = Annotated[
    float | None,
    typer.Option(help="What pixel values are divided by first.", show_default="1, or the folder's"),
]
ClassesOption = Annotated[
    str | None,
    typer.Option(
        help="Classes in order, with commas.", show_default="background,mine, or the folder's"
    ),
]
ActivationOption = Annotated[
    Literal["softmax", "sigmoid"], typer.Option(help="softmax, or sigmoid of the mine logit.")
]
OutputOption = Annotated[
    Literal["logits", "probability"],
    typer.Option(help="What an ONNX file gives for each class: logits or probability."),
]


@app.command(
    name="import-model",
    epilog="Example: quarry import-model iter_160000.pth --out model --bands red,green,blue,nir "
    "--mean 600,700,500,2800 --std 300,300,250,800 --licence non-commercial",
)
def import_model(
    path: ModelArgument,
    out: OutOption,
    bands: Annotated[str, typer.Option(help="Names of the bands, in the model's order.")],
    licence: Annotated[str, typer.Option(help="Licence of the weights.")],
    mean: MeanOption = None,
    std: StdOption = None,
    scale: ScaleOption = None,
    name: NameOption = "imported",
    classes: ClassesOption = None,
    mine_class: Annotated[int, typer.Option(help="Number of the mine class, from 0.")] = 1,
    activation: ActivationOption = "softmax",
    output: OutputOption = "logits",
    threshold: Annotated[float, typer.Option(help="Probability from which a pixel is mine.")] = 0.5,
    chip_px: ChipOption = 512,
) -> None:
    """Convert a model into a model folder, reading tensors only.

    A key that is missing or left over, a weight that is no number, is an error. Nothing pickled in
    the file is run.
    """
    from quarrydb.errors import SourceError
    from quarrydb.files import check_place
    from quarrydb.inference.import_model import folder_defaults
    from quarrydb.inference.import_model import import_model as convert
    from quarrydb.inference.record import new_record
    from quarrydb.loaders.image import parse_bands

    check_place(out / "model.json")
    if not path.exists():
        raise SourceError(f"{path} does not exist. Correct the name.")
    found = folder_defaults(path) if path.is_dir() else {}
    given = {
        "mean": mean.split(",") if mean else found.get("mean"),
        "std": std.split(",") if std else found.get("std"),
        "scale": scale or found.get("scale", 1.0),
        "classes": parse_bands(classes) or found.get("classes", ("background", "mine")),
    }
    if given["mean"] is None or given["std"] is None:
        raise SourceError(
            f"{path} says nothing of the bands' mean and standard deviation. Give --mean and --std."
        )
    record = new_record(
        name=name,
        bands=parse_bands(bands),
        mine_class=mine_class,
        activation=activation,
        output=output,
        threshold=threshold,
        chip_px=chip_px,
        decoder_channels=1,
        licence=licence,
        source=path.name,
        **given,
    )
    written = convert(path, out, record)
    echo(f"{out}: {written.model_id}, {len(written.bands)} bands, {len(written.classes)} classes.")
