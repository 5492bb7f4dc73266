"""Colours of the charts: told apart by every eye, on white and on dark."""

import itertools

import numpy as np
import pytest

from quarrydb import palette
from quarrydb.report.chart import fill_colours

# What dichromats see of linear light (Machado et al. 2009, severity 1).
VISION = {
    "normal": np.eye(3),
    "protan": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "deutan": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "tritan": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}


XYZ = np.array([[0.4125, 0.3576, 0.1804], [0.2127, 0.7152, 0.0722], [0.0193, 0.1192, 0.9503]])


def light(colour: str) -> np.ndarray:
    share = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(linear: np.ndarray) -> np.ndarray:
    x = XYZ @ np.clip(linear, 0, 1) / [0.9505, 1, 1.0888]
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(a: str, b: str) -> float:
    dark, bright = sorted(float(XYZ[1] @ light(colour)) for colour in (a, b))
    return (bright + 0.05) / (dark + 0.05)


GROUPS = {
    "categories": [f"c{n}" for n in range(1, 7)],
    "cover types": ["forest", "cropland", "grassland", "shrubland", "sparse"],
    "status": ["active", "closed", "undefined"],
}


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_eye_tells_the_colours_of_a_chart_apart(group: str, scheme: int) -> None:
    hues = [palette.THEME[name][scheme] for name in GROUPS[group]]
    for matrix in VISION.values():
        seen = [lab(np.array(matrix) @ light(hue)) for hue in hues]
        distances = [float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)]
        assert min(distances) > 15
    assert min(contrast(hue, palette.THEME["paper"][scheme]) for hue in hues) > 2.1


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_ramps_lead_away_from_the_paper_and_text_reads(scheme: int) -> None:
    theme = {name: pair[scheme] for name, pair in palette.THEME.items()}
    ramp = [lab(light(theme[f"s{n}"]))[0] for n in range(1, 7)]
    steps = np.diff(ramp) * (-1, 1)[scheme]
    assert min(steps) > 6
    assert min(contrast(theme[name], theme["paper"]) for name in ("ink", "muted", "link")) > 4.5
    assert min(contrast(theme[name], theme["back"]) for name in ("ink", "muted", "link")) > 4.5


def test_a_value_keeps_its_colour_and_unknown_ones_get_the_next() -> None:
    found = palette.colours(["developed", "mine", "other"])
    assert found["developed"] == palette.variable(palette.KNOWN["developed"])
    assert len(set(found.values())) == 3
    spec = {"encoding": {"color": {"field": "kind", "colours": True}}}
    fill_colours(spec, [{"kind": "forest"}, {"kind": None}, {"kind": "forest"}])
    scale = spec["encoding"]["color"]["scale"]
    assert scale["domain"] == ["forest", "None"]
    assert scale["range"][0] == "var(--forest)"
