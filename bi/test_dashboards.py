"""What each dashboard shows in a browser is what SQL says; run by `make bi-test`."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import create_engine, text

ADDRESS, PASSWORD, URI = (os.environ[f"INSITU_BI_{name}"] for name in ("ADDRESS", "PASSWORD", "URI"))
FOLDER = Path(__file__).parent / "superset"
SHOTS = Path(os.environ["INSITU_BI_HOME"])
MINUTE = 60_000
TEXTS = ("use_case", "alert", "subject", "message", "feature", "model_version", "candidate", "decision", "metric")


def read(path: Path) -> dict[str, Any]:
    contents: dict[str, Any] = yaml.safe_load(path.read_text())
    return contents


DASHBOARDS = {path.stem: read(path) for path in sorted((FOLDER / "dashboards").glob("*.yaml"))}
CHARTS = {chart["uuid"]: chart for chart in map(read, sorted((FOLDER / "charts").glob("*.yaml")))}
DATASETS = {dataset["uuid"]: dataset for dataset in map(read, sorted((FOLDER / "datasets/insitu").glob("*.yaml")))}


def query(sql: str) -> list[tuple[Any, ...]]:
    with create_engine(URI).connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    browser = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    assert browser, "no Chromium is on the PATH; on Debian: apt-get install chromium"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = opened.new_page(viewport={"width": 1500, "height": 2600}, bypass_csp=True)
        page.set_default_timeout(2 * MINUTE)
        page.goto(f"{ADDRESS}/login/")
        page.fill("#username", "admin")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/superset/welcome/**")
        yield page
        opened.close()


@pytest.fixture(scope="module", params=DASHBOARDS)
def dashboard(request: pytest.FixtureRequest, page: Page) -> tuple[dict[str, Any], dict[str, Any]]:
    """A dashboard as it is in the YAML, and what each of its charts was told, by its name."""
    declared, told = DASHBOARDS[request.param], {}

    def heard(response: Any) -> None:
        if found := re.search(r"/api/v1/chart/data\?form_data=.*slice_id%22%3A(\d+)|slice_id\D+(\d+)", response.url):
            told[int(found[1] or found[2])] = response

    page.on("response", heard)
    page.goto(f"{ADDRESS}/superset/dashboard/{declared['slug']}/?standalone=1")
    for chart in charts_of(declared):
        page.wait_for_selector(f"text='{chart['slice_name']}'")
    page.wait_for_function("document.querySelectorAll('.loading').length === 0")
    page.wait_for_timeout(3000)  # charts are drawn with a movement
    page.remove_listener("response", heard)
    page.screenshot(path=SHOTS / f"{request.param}.png", full_page=True)
    names = {row["id"]: row["slice_name"] for row in ask(page, "chart/?q=(page_size:100)")}
    return declared, {names[number]: response for number, response in told.items()}


def ask(page: Page, path: str) -> Any:
    """What Superset's own interface answers."""
    return page.evaluate(f"fetch('/api/v1/{path}').then(answer => answer.json())")["result"]


def charts_of(declared: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
    """The charts of a dashboard, of some kinds or all."""
    parts = [part for part in declared["position"].values() if isinstance(part, dict) and part["type"] == "CHART"]
    charts = [CHARTS[part["meta"]["uuid"]] for part in parts]
    return [chart for chart in charts if not kinds or chart["viz_type"].startswith(kinds)]


def holder(page: Page, chart: dict[str, Any]) -> Any:
    """Where a chart is drawn."""
    return page.locator("[data-test='dashboard-component-chart-holder']").filter(has_text=chart["slice_name"]).first


def where(chart: dict[str, Any]) -> str:
    """The chart's own filters as SQL."""
    told = []
    for each in chart["params"].get("adhoc_filters", []):
        given = each["comparator"] if isinstance(each["comparator"], list) else [each["comparator"]]
        values = ", ".join(f"'{value}'" if isinstance(value, str) else str(value) for value in given)
        told.append(f"{each['subject']} {each['operator'].replace('==', '=')} ({values})")
    return " and ".join(told) or "true"


def relation(chart: dict[str, Any]) -> str:
    dataset = DATASETS[chart["dataset_uuid"]]
    return f"{dataset['schema']}.{dataset['table_name']}"


Shown = tuple[dict[str, Any], dict[str, Any]]


def test_every_chart_got_an_answer(page: Page, dashboard: Shown) -> None:
    declared, told = dashboard
    assert told.keys() == {chart["slice_name"] for chart in charts_of(declared)}
    assert {name: response.text() for name, response in told.items() if response.status != 200} == {}
    assert page.locator("text=Unexpected error").count() == 0 and page.locator(".ant-alert-error").count() == 0


def test_numbers_are_those_of_sql(page: Page, dashboard: Shown) -> None:
    for chart in charts_of(dashboard[0], "big_number"):
        ((expected,),) = query(f"select {chart['params']['metric']['sqlExpression']} from {relation(chart)}")
        shown = holder(page, chart).locator(".header-line").inner_text()
        assert float(re.sub("[,$]", "", shown).replace("−", "-")) == round(expected or 0), chart["slice_name"]


def test_tables_have_the_rows_of_sql(page: Page, dashboard: Shown) -> None:
    for chart in charts_of(dashboard[0], "table"):
        columns = chart["params"]["all_columns"]
        texts = [name for name in columns if name in TEXTS]
        expected = query(f"select {', '.join(texts)} from {relation(chart)} where {where(chart)}")
        rows = [row.locator("td").all_inner_texts() for row in holder(page, chart).locator("tbody tr").all()]
        shown = [tuple(row[columns.index(name)] for name in texts) for row in rows if len(row) == len(columns)]
        assert set(shown) <= {tuple(str(value) for value in row) for row in expected}, chart["slice_name"]
        assert len(shown) >= min(len(expected), 10), chart["slice_name"]


def test_series_are_those_of_sql(dashboard: Shown) -> None:
    for chart in charts_of(dashboard[0], "echarts_timeseries"):
        params = chart["params"]
        measures = [f"{metric['sqlExpression']} as m{place}" for place, metric in enumerate(params["metrics"])]
        by = [params["x_axis"], *params["groupby"]]
        expected = query(
            f"select {', '.join(measures)} from {relation(chart)} where {where(chart)} group by {', '.join(by)}"
        )
        (result,) = dashboard[1][chart["slice_name"]].json()["result"]
        shown = [value for row in result["data"] for name, value in row.items() if name != params["x_axis"]]
        assert numbers(shown) == numbers(value for row in expected for value in row), chart["slice_name"]


def numbers(values: Iterable[Any]) -> list[float]:
    return sorted(round(float(value), 6) for value in values if value is not None)


def test_descriptions_of_columns_are_those_of_the_warehouse(page: Page) -> None:
    ids = {row["table_name"]: row["id"] for row in ask(page, "dataset/?q=(page_size:100)")}
    assert ids.keys() >= {dataset["table_name"] for dataset in DATASETS.values()}
    columns = ask(page, f"dataset/{ids['mon_business']}")["columns"]
    assert all(column["description"] for column in columns) and len(columns) > 5
