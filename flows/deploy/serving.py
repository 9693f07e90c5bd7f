"""Run what is due until the process is told to end, and end whole: chunks in work finish, no run stays running.

Flows in: deployments. Flows out: their runs, each a process of its own.
Prefect 3.8.8's own SIGTERM handler leaves its event loop at once: runs are killed and stay running on the server.
"""

import asyncio
from collections.abc import Iterable

from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner

from flows.terminated import Terminated


class Serving(Runner):
    """A runner that, told to end, cancels its runs (they have half a minute for their chunks) and then returns."""

    told_to_end = False

    async def until_told(self) -> None:
        """Run what is due."""
        self._here = asyncio.get_running_loop()
        await self.start()

    def handle_sigterm(self, *_args: object, **_more: object) -> None:
        """Begin to end; a second signal changes nothing."""
        if not self.told_to_end:
            self.told_to_end = True
            self._here.call_soon_threadsafe(self._begin_to_end)

    def _begin_to_end(self) -> None:
        self._ending = self._here.create_task(self.astop())  # kept, so that it is not collected


def serve_until_told(deployments: Iterable[RunnerDeployment], *, at_once: int) -> None:
    """Serve deployments.

    Deployments are not paused at the end: that could not be told from a person's pause.
    Raises: Terminated after SIGTERM.
    """
    runner = Serving(pause_on_shutdown=False, limit=at_once)
    for deployment in deployments:
        runner.add_deployment(deployment)
    asyncio.run(runner.until_told())
    if runner.told_to_end:
        raise Terminated
