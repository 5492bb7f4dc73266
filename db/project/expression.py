"""Arithmetic over the bands of an image, such as ``(nir - red) / (nir + red)``: parsed, never run as code."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+\.?\d*|\.\d+)|(?P<band>[a-z][a-z0-9_]*)|(?P<sign>[-+*/()]))"
)
OPERATIONS: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
MAX_LENGTH, MAX_DEPTH = 500, 50


@dataclass(frozen=True)
class Constant:
    """A number."""

    value: float


@dataclass(frozen=True)
class Band:
    """The reflectance of a band, by its common name."""

    name: str


@dataclass(frozen=True)
class Operation:
    """One of ``+ - * /`` between two terms."""

    sign: str
    left: Term
    right: Term


Term = Constant | Band | Operation


@dataclass(frozen=True)
class Expression:
    """An expression, and the bands in it, each once, in alphabetical order."""

    term: Term
    bands: tuple[str, ...]

    def values(self, bands: Mapping[str, Floats]) -> Floats:
        """The expression of arrays of one shape; not finite where a divisor is 0."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            return np.asarray(evaluate(self.term, bands), np.float64)


def evaluate(term: Term, bands: Mapping[str, Floats]) -> Floats:
    """The value of one term."""
    if isinstance(term, Constant):
        return np.asarray(term.value, np.float64)
    if isinstance(term, Band):
        return bands[term.name]
    return OPERATIONS[term.sign](evaluate(term.left, bands), evaluate(term.right, bands))


def parse(text: str) -> Expression:
    """The expression that a text says. ValueError names what can't be read, and where."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"the expression has {len(text)} characters, more than {MAX_LENGTH}")
    reader = Reader(text)
    term = reader.sum(0)
    if reader.next:
        raise reader.unexpected("the end")
    bands = tuple(sorted(bands_in(term)))
    if not bands:
        raise ValueError(f"{text!r} names no band; write such as (nir - red) / (nir + red)")
    return Expression(term, bands)


def bands_in(term: Term) -> set[str]:
    """Names of the bands in a term."""
    if isinstance(term, Operation):
        return bands_in(term.left) | bands_in(term.right)
    return {term.name} if isinstance(term, Band) else set()


class Reader:
    """Reads a text term by term: products before sums, brackets first."""

    def __init__(self, text: str) -> None:
        self.text = text.rstrip()
        self.place = 0
        self.kind, self.next = "", ""
        self.step()

    def step(self) -> None:
        """Go on to the next word; an empty one at the end."""
        if self.place >= len(self.text):
            self.kind, self.next = "", ""
            return
        match = TOKEN.match(self.text, self.place)
        if match is None:
            raise ValueError(
                f"{self.text!r} has {self.text[self.place :].strip()[0]!r} at character {self.place + 1}; "
                "an expression is bands by name (nir, red), numbers, + - * / and brackets"
            )
        self.kind, self.next = str(match.lastgroup), match[str(match.lastgroup)]
        self.place = match.end()

    def unexpected(self, wanted: str) -> ValueError:
        """The error of a word in the wrong place."""
        found = repr(self.next) if self.next else "the end"
        return ValueError(
            f"{self.text!r}: {found} stands where {wanted} should, near character {self.place}"
        )

    def sum(self, depth: int) -> Term:
        """Products with + or - between them."""
        term = self.product(depth)
        while self.next in ("+", "-"):
            sign = self.next
            self.step()
            term = Operation(sign, term, self.product(depth))
        return term

    def product(self, depth: int) -> Term:
        """Factors with * or / between them."""
        term = self.factor(depth)
        while self.next in ("*", "/"):
            sign = self.next
            self.step()
            term = Operation(sign, term, self.factor(depth))
        return term

    def factor(self, depth: int) -> Term:
        """A band, a number, a sum in brackets, or any of these with a sign before it."""
        if depth > MAX_DEPTH:
            raise ValueError(
                f"the expression has more than {MAX_DEPTH} brackets or signs inside each other"
            )
        kind, word = self.kind, self.next
        if kind == "number":
            self.step()
            return Constant(float(word))
        if kind == "band":
            self.step()
            return Band(word)
        if word in ("+", "-"):
            self.step()
            return Operation(word, Constant(0.0), self.factor(depth + 1))
        if word == "(":
            self.step()
            term = self.sum(depth + 1)
            if self.next != ")":
                raise self.unexpected("a closing bracket")
            self.step()
            return term
        raise self.unexpected("a band, a number or an opening bracket")
