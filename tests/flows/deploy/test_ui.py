"""The Prefect UI in headless Chromium: the run of a served deployment, with its artifacts."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from flows.server import free_port

PICTURE = Path(__file__).parents[3] / "docs" / "run_in_ui.png"
TIMEOUT_S = 240
CHROMIUM = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
CHROMIUM += ("--disable-background-networking", "--disable-component-update", "--window-size=1280,900")


def ask(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def wait_for(what, seconds=TIMEOUT_S):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if found := what():
                return found
        except OSError:
            pass
        time.sleep(0.5)
    raise AssertionError("waited too long")


@pytest.fixture
def browser(tmp_path):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    if not driver or not chromium:
        pytest.fail("install chromium and chromium-driver (Debian) first")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in (*CHROMIUM, f"--user-data-dir={tmp_path / 'chromium'}"):
        options.add_argument(argument)
    opened = webdriver.Chrome(options=options, service=Service(driver))
    yield opened
    opened.quit()


@pytest.fixture
def served(finished, tmp_path):
    """`sonocurate ui` on a copy of the finished site; gives its address."""
    shutil.copytree(finished.folder, tmp_path / "site")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment |= {"PREFECT_HOME": str(tmp_path / "prefect")}
    port = free_port()
    command = [sys.executable, "-m", "flows.cli", "ui", "--port", str(port)]

    config = tmp_path / "site" / "pipeline.toml"
    log = (tmp_path / "ui.log").open("wb+")
    process = subprocess.Popen([*command, "--config", str(config)], env=environment, stdout=log, stderr=log)
    try:
        wait_for(lambda: f"Prefect UI: http://127.0.0.1:{port}" in (tmp_path / "ui.log").read_text())
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        log.close()


@pytest.mark.ui
def test_the_ui_shows_a_run_with_its_artifacts(served, browser):
    api = f"{served}/api"
    nightly = wait_for(lambda: ask(f"{api}/deployments/filter", {"deployments": {"name": {"any_": ["nightly"]}}}))[0]
    run = ask(f"{api}/deployments/{nightly['id']}/create_flow_run", {})
    ended = wait_for(
        lambda: (
            (now := ask(f"{api}/flow_runs/{run['id']}"))["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED") and now
        )
    )
    assert ended["state"]["type"] == "COMPLETED", ended["state"]["message"]
    assert ended["name"] == "curate first"
    assert "nightly" in ended["tags"]
    browser.get(f"{served}/runs/flow-run/{run['id']}?tab=Artifacts")
    words = ("curate first", "Completed", "funnel-first", "quality-first", "run-first")
    wait_for(lambda: all(re.search(word, browser.page_source) for word in words), 60)
    if os.environ.get("SONOCURATE_PICTURE"):
        browser.save_screenshot(str(PICTURE))
