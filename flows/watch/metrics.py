"""`sonocurate metrics`: counters for Prometheus, computed from receipts, log and ledger at every scrape.

Flows in: a warehouse. Flows out: the text format, to standard output, to a file for node_exporter's textfile collector,
or over HTTP on loopback. Labels are stages and endpoints, never row content. A run need not be in progress.
"""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest, start_http_server, write_to_textfile
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from flows.watch.costs import costs_of
from flows.watch.log import read
from flows.watch.status import states_of
from schemas.errors import ConfigError


class Warehouse(Collector):
    """Reads a warehouse when it is scraped."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def collect(self) -> Iterator[Metric]:
        """Give every counter and gauge."""
        yield from self._stages()
        yield from self._log()
        yield from self._ledger()

    def _stages(self) -> Iterator[Metric]:
        chunks = GaugeMetricFamily("sonocurate_chunks", "Chunks of the newest settings", labels=["stage", "state"])
        rows = GaugeMetricFamily("sonocurate_rows", "Rows of finished chunks", labels=["stage", "outcome"])
        for one in states_of(self._root):
            for state in ("done", "doing", "waiting", "failed"):
                chunks.add_metric([one.stage, state], getattr(one, state))
            for outcome in ("kept", "rejected"):
                rows.add_metric([one.stage, outcome], getattr(one, outcome))
        yield chunks
        yield rows

    def _log(self) -> Iterator[Metric]:
        ended, failed, runs, cpu_s = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
        for line in read(self._root):
            event, stage = line["event"], str(line.get("stage"))
            if event == "chunk.done":
                ended[stage] += 1
                cpu_s[stage] += line.get("cpu_s", 0.0)
            elif event == "chunk.failed":
                failed[stage] += 1
            elif event.startswith("run."):
                runs[event.removeprefix("run.")] += 1
        for name, text, counts, label in (
            ("sonocurate_chunks_done", "Chunks that were committed", ended, "stage"),
            ("sonocurate_chunks_failed", "Tries of chunks that failed", failed, "stage"),
            ("sonocurate_cpu_seconds", "Processor time of chunks", cpu_s, "stage"),
            ("sonocurate_runs", "Runs that were started, completed, failed", runs, "event"),
        ):
            family = CounterMetricFamily(name, text, labels=[label])
            for value, count in sorted(counts.items()):
                family.add_metric([value], count)
            yield family

    def _ledger(self) -> Iterator[Metric]:
        asked = CounterMetricFamily("sonocurate_answers", "Answers of models", labels=["endpoint"])
        usd = CounterMetricFamily("sonocurate_cost_usd", "What models have cost", labels=["endpoint"])
        for cost in costs_of(self._root):
            asked.add_metric([cost.endpoint], cost.answered)
            usd.add_metric([cost.endpoint], cost.cost_usd)
        yield asked
        yield usd


def registry_of(root: Path) -> CollectorRegistry:
    """Give a registry that knows this warehouse and nothing else.

    Raises: ConfigError when there is no warehouse.
    """
    if not (root / "tables").is_dir():
        raise ConfigError(f"no tables below {root}: run `sonocurate run` first")
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Warehouse(root))
    return registry


def metrics_text(root: Path) -> str:
    """Write the counters in the text format."""
    return generate_latest(registry_of(root)).decode()


def write_metrics(root: Path, target: Path) -> None:
    """Write the counters to a file that every user can read (node_exporter is another one); it is replaced at once.

    Raises: ConfigError when it cannot be written.
    """
    try:
        write_to_textfile(str(target), registry_of(root))
        target.chmod(0o644)
    except OSError as error:
        raise ConfigError(f"{target} cannot be written ({error.strerror})") from None


def serve_metrics(root: Path, port: int) -> None:
    """Answer scrapes on a loopback port until the process is told to end.

    Raises: ConfigError when the port is taken.
    """
    try:
        start_http_server(port, addr="127.0.0.1", registry=registry_of(root))
    except OSError as error:
        raise ConfigError(f"--port {port} cannot be opened ({error.strerror})") from None
    while True:
        time.sleep(3600)
