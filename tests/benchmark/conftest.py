import json

import pytest


@pytest.fixture
def jsonl(tmp_path):
    """Write rows into a JSONL file and give its path."""

    def write(name, rows):
        path = tmp_path / name
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return path

    return write
