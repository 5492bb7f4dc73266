"""Path types of the project file: relative to it, checked when it is read."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationInfo

from quarrydb.files import matching_files

BUILT_IN_LEGENDS = ("glc_fcs30d",)
DATABASE_SUFFIXES = (".duckdb", ".ddb", ".db")
# What a section says of its data for people; no row of a mine is made from it.
TERMS = ("licence", "citation", "unit")
# Where the files come from: what is in them decides the rows, not this.
ORIGIN = ("dataset", "variant")


class Section(BaseModel):
    """A table of the project file: unknown keys are mistakes."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False
    )

    def reading(self, *files: str) -> dict[str, object]:
        """What of the section shapes the rows that are read, beside the content of its ``files``."""
        return self.model_dump(mode="json", exclude={*files, *TERMS, *ORIGIN})


def refuse_remote(value: object) -> object:
    """Local files only: sections with data on servers have put placeholders in the place of addresses."""
    text = str(value)
    if "://" in text or text.startswith("/vsi"):
        raise ValueError(f"{text} is not a local path. Download the file and name it here.")
    if "\0" in text or not text:
        raise ValueError("a path can't be empty or hold a NUL character")
    return value


def absolute(path: Path, info: ValidationInfo) -> Path:
    """``path`` relative to the folder of the project file."""
    root = (info.context or {}).get("root", Path.cwd())
    try:
        full = Path(root, path).resolve(strict=False)
        full.exists()
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ValueError(f"{str(path)[:200]} can't be followed: {reason}") from error
    return full


def existing(path: Path, info: ValidationInfo) -> Path:
    """An absolute path of something that is there."""
    if path in (info.context or {}).get("remotes", {}):
        return path
    full = absolute(path, info)
    if not full.exists():
        raise ValueError(f"{full} does not exist. Correct the path, or put the file there.")
    if not full.is_file() and not full.is_dir():
        raise ValueError(f"{full} is a device or a pipe. Name a file.")
    return full


def check_database_name(full: Path) -> None:
    """ValueError for a path at which DuckDB can't write a database.

    It takes all from a question mark on for no part of the file's name, and writes its log elsewhere.
    """
    text = os.fspath(full)
    wrong = "a question mark" if "?" in text else None
    wrong = wrong or (None if text.isascii() or is_utf8(text) else "bytes that are no UTF-8")
    if wrong:
        raise ValueError(
            f"{full} holds {wrong}: DuckDB can't write a database there. Rename the folder, or name another "
            "place as database in [project]."
        )


def is_utf8(text: str) -> bool:
    """Whether a path's text can be written as UTF-8: other bytes of it stand for themselves."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def database_file(path: Path, info: ValidationInfo) -> Path:
    """Where a database may go: a build replaces what stands there, so no other kind of file.

    Links on the way are followed; one in its place is replaced itself.
    """
    full = absolute(path.parent, info) / path.name
    check_database_name(full)
    if full.suffix.lower() not in DATABASE_SUFFIXES:
        raise ValueError(f"{full} would be overwritten. End the name in .duckdb.")
    if full.exists() and not full.is_file():
        raise ValueError(f"{full} is no file. Choose another name.")
    return full


def matching(pattern: str, info: ValidationInfo) -> list[Path]:
    """Sorted absolute paths of the files that a glob finds; ValueError where there is none."""
    root = Path((info.context or {}).get("root", Path.cwd()))
    files = matching_files(root, pattern)
    if not files:
        raise ValueError(
            f"{Path(root, pattern)} matches no file. Correct the pattern, or put the files there."
        )
    return files


def _legend(value: str, info: ValidationInfo) -> str:
    """The name of a legend that comes with the package, else the absolute path of a CSV."""
    if value in BUILT_IN_LEGENDS:
        return value
    return str(existing(Path(str(refuse_remote(value))), info))


LegendName = Annotated[str, AfterValidator(_legend)]
LocalPath = Annotated[Path, BeforeValidator(refuse_remote), AfterValidator(absolute)]
DatabasePath = Annotated[Path, BeforeValidator(refuse_remote), AfterValidator(database_file)]
SourcePath = Annotated[Path, BeforeValidator(refuse_remote), AfterValidator(existing)]
GlobPattern = Annotated[str, BeforeValidator(refuse_remote)]


def _expand(value: object, info: ValidationInfo) -> object:
    remotes = (info.context or {}).get("remotes", {})
    if isinstance(value, str):
        return matching(str(refuse_remote(value)), info)
    if isinstance(value, list):
        return [
            path
            for item in value
            for path in ([item] if item in remotes else matching(str(refuse_remote(item)), info))
        ]
    raise ValueError("give a glob pattern such as 'tiles/**/*.tif', or a list of them")


SourceGlob = Annotated[list[Path], BeforeValidator(_expand)]
