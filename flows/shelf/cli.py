"""The commands of the shelf: `sonocurate export`, `sql` and `push`. The work is elsewhere.

Flows in: options. Flows out: lines on standard output.
"""

from pathlib import Path
from typing import Annotated

import typer

from flows.masks.cli import DEFAULT_CONFIG, ConfigOption

RootOption = Annotated[
    Path | None, typer.Option("--root", help="warehouse root; default: the config's, else warehouse/data")
]

AnyRootOption = Annotated[
    str | None, typer.Option("--root", help="warehouse root, or s3://BUCKET/PREFIX; default: the config's")
]
FileFormatOption = Annotated[str, typer.Option("--format", "-f", help="table, csv, json or parquet")]


def register(app: typer.Typer) -> None:
    """Add the commands of the shelf to the command line."""

    @app.command()
    def sql(
        statement: Annotated[str, typer.Argument(help="one SQL statement that reads")],
        output: FileFormatOption = "table",
        out: Annotated[Path | None, typer.Option("--out", help="write to a file; parquet needs it")] = None,
        config: ConfigOption = DEFAULT_CONFIG,
        root: AnyRootOption = None,
    ) -> None:
        """Ask the warehouse (DuckDB SQL over all tables, releases and views)."""
        from flows.show import check_format, show_table, write_table  # noqa: PLC0415
        from schemas.load import root_of  # noqa: PLC0415
        from warehouse.catalog import query  # noqa: PLC0415
        from warehouse.remote import Remote, is_remote  # noqa: PLC0415

        check_format(output, to_file=out is not None)
        if root is not None and is_remote(root):
            found = Remote(root).query(statement)
        else:
            found = query(root_of(config, None if root is None else Path(root)), statement)
        if out is None:
            show_table(found, output)
        else:
            write_table(found, output, out)

    @app.command()
    def push(
        to: Annotated[str, typer.Argument(help="s3://BUCKET/PREFIX")],
        config: ConfigOption = DEFAULT_CONFIG,
        root: RootOption = None,
    ) -> None:
        """Put the tables of this warehouse on s3-compatible storage, to be asked there with `sql --root`."""
        from flows.shelf.push import push_tables  # noqa: PLC0415
        from schemas.load import root_of  # noqa: PLC0415

        for line in push_tables(root_of(config, root), to):
            typer.echo(line)

    @app.command()
    def export(  # noqa: PLR0913 - the options of one command
        release: Annotated[str, typer.Argument(help="name of a release, or the path of a copy")],
        out: Annotated[Path, typer.Argument(help="new or empty folder, or an unfinished export of the same call")],
        *,
        format_: Annotated[
            str,
            typer.Option("--format", help="a format of `docs/releases.md`: hf, ms-swift, …, qwen2-vl, coco"),
        ],
        images: Annotated[
            str | None, typer.Option("--images", help="embed: inside the rows; files: beside them; default: as usual")
        ] = None,
        split: Annotated[
            list[str] | None, typer.Option("--split", help="train, validation or test; may be repeated")
        ] = None,
        where: Annotated[str | None, typer.Option("--where", help="SQL condition on the columns of a pair")] = None,
        config: ConfigOption = DEFAULT_CONFIG,
        root: RootOption = None,
    ) -> None:
        """Write a release in the format of a training or benchmark program; the same call goes on after a kill."""
        from flows.shelf.export import Wanted, export_release, lines  # noqa: PLC0415
        from schemas.load import root_of  # noqa: PLC0415

        wanted = Wanted(format_, images, tuple(split or ()), where)
        for line in lines(export_release(root_of(config, root), release, out, wanted)):
            typer.echo(line)
