"""Sections of the project file whose data may lie on servers: addresses, templates, data sets by name."""

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, ValidationInfo, model_validator

from quarrydb.fetch.address import canonical, expand, is_remote, places_of
from quarrydb.fetch.catalogue import Dataset, Variant, catalogue
from quarrydb.fetch.remote import Kind, Remote, dates_template, remotes_of, years_pattern
from quarrydb.fetch.tokens import unsigned
from quarrydb.project.types import Section

MONTHS = tuple(f"{month:02d}" for month in range(1, 13))
Remotes = dict[Path, list[Remote]]
YEAR_RANGE = re.compile(r"(?P<first>\d{4})(?:-(?P<last>\d{4})(?:/(?P<step>\d{1,2}))?)?")


def spelled_years(value: object) -> object:
    """Years as a list: ``"2000-2022"``, ``"1985-2000/5"`` (every fifth) and lists of such spelled out."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple):
        return value
    years: list[object] = []
    for item in value:
        match = YEAR_RANGE.fullmatch(item.replace(" ", "")) if isinstance(item, str) else None
        if match is None:
            years.append(item)
            continue
        first, step = int(match["first"]), int(match["step"] or 1)
        if step == 0:
            raise ValueError(f"{item!r} goes on by 0 years")
        years += range(first, int(match["last"] or first) + 1, step)
    return years


Year = Annotated[int, Field(ge=1900, le=2100)]
Years = Annotated[tuple[Year, ...], BeforeValidator(spelled_years), Field(min_length=1)]


class RemoteSection(Section):
    """A section with data that may be named by address, or by a data set of the catalogue.

    ``remote_fields`` are its keys with paths, and whether each takes several; ``remote_kind`` how addresses
    in them are read; ``dataset_kinds`` what data sets may stand in it.
    """

    remote_fields: ClassVar[Mapping[str, bool]] = {"path": False}
    remote_kind: ClassVar[Kind] = "whole"
    remote_label: ClassVar[str] = "file"
    dataset_kinds: ClassVar[tuple[str, ...]] = ()

    dataset: str | None = Field(
        None, description="A data set of the catalogue, in place of path: quarry datasets."
    )
    variant: str | None = Field(None, description="Which way to get it, where there are several.")

    @model_validator(mode="before")
    @classmethod
    def _from_servers(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, dict):
            return data
        data, remotes = dict(data), found_so_far(info)
        label = f"{cls.remote_label} {name_in(cls, data)}".strip()
        if data.get("dataset") is not None:
            data = cls._with_dataset(data, label, remotes, info)
        elif data.get("variant") is not None:
            raise ValueError("variant says how to get a dataset. Name one, or remove it.")
        for key, is_many in cls.remote_fields.items():
            if is_address(data.get(key)):
                cls._with_addresses(data, key, is_many, label, remotes)
        return data

    @classmethod
    def _with_dataset(
        cls, data: dict[str, Any], label: str, remotes: Remotes, info: ValidationInfo
    ) -> dict[str, Any]:
        if data.get("path") is not None:
            raise ValueError("dataset stands in place of path. Give one of the two.")
        dataset = named_dataset(str(data["dataset"]), cls.dataset_kinds, info)
        variant = dataset.get(data.get("variant"))
        if variant.access == "request":
            raise ValueError(f"{dataset.name} can't be fetched. {dataset.how or variant.note}")
        years = chosen_years(data.get("years"), dataset, variant)
        offers: dict[str, object] = {"name": dataset.name, "licence": dataset.licence}
        offers |= {"citation": dataset.citation} | date_keys(variant) | dataset.section
        for key, value in offers.items():
            if key in cls.model_fields and key not in data:
                data[key] = value
        for key, weights in (("path", False), ("weight_path", True)):
            if key in cls.remote_fields and key not in data:
                found = remotes_of(dataset, variant, label, years, weights=weights)
                if found:
                    data[key] = placed(found, remotes, is_many=cls.remote_fields[key])
        if years and "years" in cls.model_fields:
            data["years"] = list(years)
        return data

    @classmethod
    def _with_addresses(
        cls, data: dict[str, Any], key: str, is_many: bool, label: str, remotes: Remotes
    ) -> None:
        """Put placeholders in the place of addresses, templates written out."""
        value, found = data[key], []
        years = [str(year) for year in as_list(spelled_years(data.get("years")))]
        for item in as_list(value):
            if not is_remote(item):
                found.append(item)
                continue
            template = canonical(str(item))
            if unsigned(template) != template:
                raise ValueError(
                    f"{unsigned(template)} is signed, with what ends some day and nobody else should read. "
                    "Remove the signature; [network.tokens] names services that sign addresses."
                )
            if "tile" in places_of(template):
                raise ValueError(
                    f"{item} goes by tiles, whose names and places a data set file says: docs/data.md"
                )
            addresses = [e.address for e in expand(template, {"year": years, "month": MONTHS})]
            added = [Remote(address, cls.remote_kind, label) for address in addresses]
            found += as_list(placed(added, remotes, is_many=True))
            if "years_from" in cls.model_fields and (pattern := years_pattern([template])):
                data.setdefault("years_from", pattern)
            dates = "dates" if key == "path" else "weight_dates"
            if dates in cls.model_fields and (text := dates_template(template)):
                data.setdefault(dates, text)
        if not is_many and len(found) > 1:
            raise ValueError(f"{value} stands for {len(found)} files, where one is wanted.")
        data[key] = found if is_many else found[0]


def name_in(cls: type[Section], data: Mapping[str, Any]) -> str:
    """The name of a section that has one; a data set's own where it is named by it."""
    if "name" not in cls.model_fields:
        return ""
    return str(data.get("name") or data.get("dataset") or "")


def found_so_far(info: ValidationInfo) -> Remotes:
    """What the project file names on servers, as far as it is read."""
    remotes: Remotes = (info.context or {}).get("remotes", {})
    return remotes


def is_address(value: object) -> bool:
    """Whether a path, or one of several, is an address."""
    return any(is_remote(item) for item in as_list(value) if isinstance(item, str))


def as_list(value: object) -> list[Any]:
    """A value as a list; none as an empty one."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple | range) else [value]


def placed(found: Sequence[Remote], remotes: Remotes, *, is_many: bool) -> Path | list[Path]:
    """The placeholders of remote files, which are noted; files of one folder share theirs."""
    places = []
    for remote in found:
        if remote.group is not None and remote.address != remote.group:
            remotes[found[0].placeholder].append(remote)
            continue
        remotes[remote.placeholder] = [remote]
        places.append(remote.placeholder)
    return places if is_many else places[0]


def named_dataset(name: str, kinds: Sequence[str], info: ValidationInfo) -> Dataset:
    """A data set of the catalogue that may stand here."""
    known = catalogue((info.context or {}).get("root"))
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else "See: quarry datasets"
        raise ValueError(f"{name!r} is no data set of the catalogue. {hint}")
    dataset = known[name]
    if dataset.kind not in kinds:
        wanted = " or ".join(kinds) if kinds else "none"
        raise ValueError(f"{name} is a data set of kind {dataset.kind}; here goes {wanted}.")
    return dataset


def chosen_years(value: object, dataset: Dataset, variant: Variant) -> tuple[int, ...]:
    """The years to read of a data set; all that it has where none are named."""
    years = tuple(int(year) for year in as_list(spelled_years(value)) if str(year).isdigit())
    if years and not variant.years:
        raise ValueError(
            f"the files of {dataset.name}, variant {variant.name}, hold their years inside: remove years"
        )
    lacking = [year for year in years if not variant.dated([year])]
    if lacking:
        raise ValueError(f"{dataset.name} has no {lacking[0]}; it has {variant.years}")
    return years or variant.years


def date_keys(variant: Variant) -> dict[str, str]:
    """How a section finds years in the file names of a variant."""
    found: dict[str, str] = {}
    if variant.address is not None:
        if pattern := years_pattern([variant.address.replace("{last_day}", "*")]):
            found["years_from"] = pattern.replace(r"\*", r".*")
        if dates := dates_template(variant.address):
            found["dates"] = dates
    if variant.weight_address is not None and (dates := dates_template(variant.weight_address)):
        found["weight_dates"] = dates
    return found
