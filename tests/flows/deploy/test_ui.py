"""The Prefect UI in headless Chromium: the run of a served deployment, with its artifacts; a port that is taken."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from selenium.common.exceptions import WebDriverException

from flows.key import init_key
from flows.server import free_port
from tests.flows.server_api import ask

ROOT = Path(__file__).parents[3]
PICTURE = ROOT / "docs" / "run_in_ui.png"
ROWS = "case_id,patient_id,findings,impression,images\n1,p1,The liver has a normal echogenicity.,Normal liver.,a.png\n"
CONFIG = """
[input]
table = "cases.csv"
images = "images"
[pseudonym]
key_file = "pseudonym.key"
[warehouse]
root = "warehouse"
[generate]
closed_per_case = 0
open_per_case = 0
[release]
name = "first"
"""
TIMEOUT_S = 600
CHROMIUM = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
CHROMIUM += ("--disable-background-networking", "--disable-component-update", "--window-size=1280,900")


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
def served(tmp_path):
    """`sonocurate ui` on one small case; gives its address."""
    (tmp_path / "images").mkdir()
    init_key(tmp_path / "pseudonym.key")
    pixels = np.random.default_rng(1).integers(0, 256, (96, 96, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "images" / "a.png")
    (tmp_path / "cases.csv").write_text(ROWS)
    (tmp_path / "pipeline.toml").write_text(CONFIG)
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    environment = {**own, "PREFECT_HOME": str(tmp_path / "prefect"), "PYTHONPATH": str(ROOT)}
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "flows.cli",
        "ui",
        "--port",
        str(port),
        "--config",
        str(tmp_path / "pipeline.toml"),
    ]
    log = (tmp_path / "ui.log").open("wb+")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_for(lambda: f"Prefect UI: http://127.0.0.1:{port}" in (tmp_path / "ui.log").read_text())
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        log.close()


def clicked(browser, word):
    """Click what shows this word and nothing else, once it is there."""
    for found in reversed(browser.find_elements("xpath", f"//*[normalize-space(.)='{word}']")):
        try:
            found.click()
        except WebDriverException:  # drawn anew in between, or not to be clicked
            continue
        return True
    return False


class Foreign(BaseHTTPRequestHandler):
    """Says that it is well, whoever asks."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_a_port_that_another_server_has_is_one_line(tmp_path):
    config = tmp_path / "pipeline.toml"
    config.write_text(CONFIG)
    with HTTPServer(("127.0.0.1", 0), Foreign) as foreign:
        threading.Thread(target=foreign.serve_forever, daemon=True).start()
        command = [sys.executable, "-m", "flows.cli", "ui", "--port", str(foreign.server_port), "--config", config]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        foreign.shutdown()
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and f"port {foreign.server_port} is taken" in done.stderr
    assert not (tmp_path / "warehouse").exists()


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
    browser.get(f"{served}/runs/flow-run/{run['id']}")
    wait_for(lambda: clicked(browser, "Artifacts"))
    words = ("curate first", "Completed", "funnel-first", "quality-first", "cost-first", "run-first")
    wait_for(lambda: all(word in browser.find_element("tag name", "body").text for word in words))
    if os.environ.get("SONOCURATE_PICTURE"):
        browser.save_screenshot(str(PICTURE))
