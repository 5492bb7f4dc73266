"""The page to label samples in, worked through in a browser as an interpreter does."""

from quarrydb.loaders.label import parse, read_labels
from quarrydb.loaders.sample_page import write_page

SAMPLES = [
    {
        "sample_id": number,
        "longitude": 10.5 + number,
        "latitude": -3.25,
        "mine_id": "m",
        "change": "disturbed",
        "predicted_year": 2005,
        "stratum": "2005",
        "stratum_km2": 1.5,
        "biome": 'Tundra, "wet"',
        "reference_year": None,
        "reference_change": None,
        "interpreter": None,
        "note": None,
    }
    for number in range(1, 5)
]


def test_labels_survive_a_reload_and_come_back_through_the_file(browser, tmp_path):
    write_page(SAMPLES, tmp_path / "label.html")
    page = browser.new_page()
    errors, requests = [], []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto((tmp_path / "label.html").as_uri())
    assert "2005" not in page.inner_text("body")
    page.fill("#interpreter", "kim")
    page.fill("#year", "2003")
    page.click("#next")
    page.keyboard.press("n")
    page.fill("#note", "=cloudy, mostly")
    page.click("#next")
    page.check("input[value=unclear]")
    page.click("#next")
    assert page.inner_text("#count") == "3 of 4 labelled"
    page.fill("#year", "20")
    page.click("#next")
    assert "four digits" in page.inner_text("#alert")
    page.reload()
    assert page.inner_text("#count") == "3 of 4 labelled"
    with page.expect_download() as download:
        page.click("#download")
    download.value.save_as(tmp_path / "labels.csv")
    page.close()
    assert errors == []
    assert all(url.startswith(("file:", "blob:")) for url in requests)
    labels, issues = parse(read_labels(tmp_path / "labels.csv"))
    assert [(row["sample_id"], row["reference_year"]) for row in labels] == [
        ("1", 2003),
        ("2", None),
    ]
    assert labels[0]["interpreter"] == "kim"
    assert labels[0]["longitude"] == 11.5
    assert labels[0]["biome"] == 'Tundra, "wet"'
    assert labels[1]["note"] == "'=cloudy, mostly"
    assert {(issue.problem, issue.n) for issue in issues} == {
        ("not labelled yet", 1),
        ("the interpreter could not tell", 1),
    }


def test_where_some_are_unchanged_the_interpreter_says_the_kind(browser, tmp_path):
    """And the page does not give away which ones are unchanged on the map."""
    unchanged = {"change": "unchanged", "predicted_year": None}
    write_page([*SAMPLES[:2], SAMPLES[2] | unchanged], tmp_path / "label.html")
    page = browser.new_page()
    page.goto((tmp_path / "label.html").as_uri())
    assert "disturbed" not in page.inner_text("dl")
    page.fill("#year", "2003")
    page.click("#next")
    assert "Choose the kind" in page.inner_text("#alert")
    page.select_option("#kind", "reclaimed")
    page.click("#next")
    page.click("#next")
    assert "unchanged" not in page.inner_text("body")
    page.fill("#year", "2010")
    page.select_option("#kind", "disturbed")
    with page.expect_download() as download:
        page.click("#download")
    download.value.save_as(tmp_path / "labels.csv")
    page.close()
    labels, _ = parse(read_labels(tmp_path / "labels.csv"))
    columns = ("change", "reference_year", "reference_change")
    assert [tuple(row[c] for c in columns) for row in labels] == [
        ("disturbed", 2003, "reclaimed"),
        ("unchanged", 2010, "disturbed"),
    ]
