"""The house rules that a machine can hold: one-way imports, file sizes, banned words."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("schemas", "curation", "warehouse", "benchmark", "training", "flows")
ALLOWED = {
    "schemas": {"schemas"},
    "curation": {"schemas", "curation"},
    "warehouse": {"schemas", "warehouse"},
    "benchmark": {"schemas", "curation", "warehouse", "benchmark"},
    "training": {"schemas", "warehouse", "training"},
    "flows": {"schemas", "curation", "warehouse", "benchmark", "training", "flows"},
}
FORBIDDEN_LIBRARIES = {
    "curation": {"prefect", "duckdb", "deltalake"},
    "schemas": {"prefect", "duckdb", "deltalake"},
    "benchmark": {"prefect", "duckdb", "deltalake"},
    "training": {"prefect", "duckdb", "deltalake"},
}
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
BANNED_NAMES = re.compile(r"(?:^|_)(?:util|utils|helper|helpers|manager|processor|misc|data2)(?:_|$)", re.IGNORECASE)


def imported(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_source_file_keeps_the_house_rules(path):
    text = path.read_text(encoding="utf-8")
    package = path.relative_to(ROOT).parts[0]
    names = imported(ast.parse(text))
    assert names & set(PACKAGES) <= ALLOWED[package]
    assert not names & FORBIDDEN_LIBRARIES.get(package, set())
    assert len(text.splitlines()) <= 300
    assert not BANNED_NAMES.search(path.stem)


def test_prompts_are_data_read_in_one_place():
    assert [path.name for path in (ROOT / "prompts").rglob("*.py")] == ["__init__.py"]
    readers = [path.name for path in SOURCES if 'files("prompts")' in path.read_text(encoding="utf-8")]
    assert readers == ["template.py"]


def test_no_absolute_paths_of_a_machine_are_committed():
    pattern = re.compile(r"/(?:work|home|root|Users)/\w+")
    for folder in (*PACKAGES, "tests", "prompts", "demo", ".ci"):
        for path in (ROOT / folder).rglob("*"):
            if (
                path.is_file()
                and path.suffix in {".py", ".toml", ".md", ".sql", ".csv", ""}
                and "data" not in path.parts
            ):
                assert not pattern.search(path.read_text(encoding="utf-8", errors="ignore")), path
