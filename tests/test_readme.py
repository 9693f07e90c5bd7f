"""The README tells the truth: commands and options exist, reasons are listed, shown output is what comes out."""

import re
import subprocess
import sys
from ast import literal_eval
from pathlib import Path

import pytest
import typer.main

from curation.image.rules import load_rules
from flows.cli import app
from flows.masks.review.doubts import DOUBTS, UNPROVEN
from flows.scale.plan import Numbers
from flows.watch.events import BUDGET, LEAK, PUBLISHED
from schemas.case import OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from schemas.config import Deduplicate, Desensitize
from schemas.endpoint import Endpoint
from schemas.instruction import INSTRUCTION_PAIR
from schemas.reject import RejectReason
from schemas.review import REVIEWED
from schemas.run import Run

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
POOL = (ROOT / "docs" / "pool.md").read_text(encoding="utf-8")
MASKING = (ROOT / "docs" / "masking.md").read_text(encoding="utf-8")
BLOCKS = [block.split("\n", 1) for block in re.findall(r"```console\n\$ (.+?)```", README, re.DOTALL)]
SHOWN = {command: output for command, output in BLOCKS if not output.startswith("$ ")}
#: What depends on the key or the demo model's words; the stages before it are exact.
VARIES = re.compile(r"│ (?:generate|verify|deduplicate|prescreen|release)|One rejected row: \w+ at \w+: [A-Z_]+ ")
#: Text recognition rounds differently from processor to processor: a frame at the limit may pass on one machine only.
READ = re.compile(r"(│ desensitize │(?: image │ \d+ │)?) \d+ │ \d+ │")
FRAME = re.compile(r"[┏┡└┃]|make\[\d+\]")
PAIRS = "Three instruction pairs"


def leaves(command, path=("sonocurate",)):
    for name, sub in getattr(command, "commands", {}).items():
        yield from leaves(sub, (*path, name))
    if not hasattr(command, "commands"):
        yield " ".join(path), command


def shape(output):
    """Keep what must be the same on every machine and for every key."""
    before, mark, after = output.partition("Funnel:")  # before it: set-up and progress
    lines = []
    for line in (mark + after if mark else before).splitlines():
        in_pairs = lines[-1:] == [PAIRS] and line.startswith("│")
        if PAIRS in line:
            lines.append(PAIRS)
        elif line and not in_pairs and not FRAME.match(line) and not VARIES.match(line):
            shown = READ.sub(r"\1 … │", " ".join(line.split()))
            lines.append(re.sub(r"\S*/(?=warehouse|demo)", "", shown))
    return lines


def test_every_command_and_option_is_in_the_readme():
    for name, command in leaves(typer.main.get_command(app)):
        assert f"`{name}" in README, name
        for parameter in command.params:
            for option in (option for option in parameter.opts + parameter.secondary_opts if option.startswith("--")):
                assert f"`{option}" in README or f" {option} " in README or f"{option}`" in README, (name, option)


def test_every_reject_reason_and_column_is_in_the_readme():
    stages = README.partition("## Stages")[2].partition("## Ask")[0]
    for reason in RejectReason:
        assert re.search(rf"\b{reason.value}\b", stages), reason
    for column in (*REQUIRED_COLUMNS, *OPTIONAL_COLUMNS):
        assert f"`{column}`" in README, column
    for column in INSTRUCTION_PAIR.names:
        assert f"'{column}'" in README, column
    for column in ("answer_visible_in_image", "twin_of", "value_text"):
        assert f"`{column}`" in README, column


def test_every_rule_and_option_of_masking_is_in_its_document():
    rules = {rule.name for rule in load_rules()} | {*DOUBTS, UNPROVEN, REVIEWED, "identity", "code", "known_phi"}
    rules |= {"axis_tick", "company", "graphic", "header_geometry", "changes_in_cine"}
    for name in (*sorted(rules), *Desensitize.model_fields):
        assert f"`{name}`" in MASKING, name
    for name, field in Desensitize.model_fields.items():
        assert re.search(rf"\| `{name}` \| `?{str(field.default).lower()}0?`? \|", MASKING), name
    named = {
        word for cell in re.findall(r"(?m)^\| ((?:`[a-z_]+`(?:, )?)+) \|", MASKING) for word in cell[1:-1].split("`, `")
    }
    assert named == rules | set(Desensitize.model_fields)


def test_every_setting_of_runs_is_in_its_document():
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    for name in (*Run.model_fields, *Numbers.model_fields, LEAK, BUDGET, PUBLISHED):
        assert f"`{name}`" in text, name


def test_every_option_of_deduplication_is_in_its_document():
    text = (ROOT / "docs" / "deduplication.md").read_text(encoding="utf-8")
    for name in set(Deduplicate.model_fields) - Deduplicate.not_meaning:
        assert f"`{name}`" in text, name
        assert f"`--{name.replace('_', '-')}`" in text, name


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "docs/masking.md",
        "docs/prompts.md",
        "docs/pool.md",
        "docs/deduplication.md",
        "docs/scale.md",
        "docs/quality.md",
        "docs/releases.md",
        "docs/review.md",
        "docs/scrubbing.md",
        "docs/benchmark.md",
        "docs/operations.md",
        "CONTRIBUTING.md",
    ],
)
def test_linked_and_named_places_exist(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert ((ROOT / document).parent / link).exists(), link
    for place in re.findall(r"`((?:curation|flows|schemas|warehouse|tests|docs)/[\w./]+)`", text):
        made_by_a_run = place.startswith("warehouse/data/")
        assert made_by_a_run or (ROOT / place).exists(), place


@pytest.mark.readme
@pytest.mark.parametrize("command", SHOWN)
def test_shown_output_is_true(command):
    """Run after `make demo`: the demo again finds nothing new and shows the same summary."""
    line = command.replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    line = line.replace("make demo", f"make demo VENV={Path(sys.executable).parents[1]}")
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=300, check=True)
    if "datasets" in command:
        row, shown = (literal_eval(text.strip()) for text in (done.stdout, SHOWN[command]))
        assert list(row) == list(shown)
        assert row["task"] == shown["task"]
        return
    assert shape(done.stdout) == shape(SHOWN[command])
    assert shape(done.stdout)


def test_every_key_of_an_endpoint_is_in_its_document():
    for name, field in Endpoint.model_fields.items():
        assert f"`{name}`" in POOL, name
        default = field.default
        if isinstance(default, int | float) and not isinstance(default, bool):
            assert re.search(rf"(?m)^\|.*`{name}`.*\| .*\b{default:g}\b", POOL), name
