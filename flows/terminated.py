"""SIGTERM as an exception: the command line says that it was told to end, after what was in work is finished."""

from typing import NoReturn


class Terminated(BaseException):
    """The process got SIGTERM; in a flow Prefect lets chunks in work finish first, then sends the signal again."""


def terminate(_number: int, _frame: object) -> NoReturn:
    """Handle the signal."""
    raise Terminated
