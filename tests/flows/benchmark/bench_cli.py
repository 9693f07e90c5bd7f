"""Run `sonocurate bench` in this process, and write its input."""

import json

from typer.testing import CliRunner

from flows.cli import app


def call(*arguments):
    done = CliRunner().invoke(app, ["bench", *map(str, arguments)], catch_exceptions=True)
    if done.exception is not None:
        raise done.exception
    return done.stdout


def write(path, rows):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path
