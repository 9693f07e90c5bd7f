"""An automation as an example: a suspected leak pauses the deployment that publishes, until a person has looked.

Source: Prefect 3, "Automations": custom events as triggers, actions on deployments.
"""

from datetime import timedelta
from uuid import UUID

from prefect.automations import Automation
from prefect.events.actions import PauseDeployment
from prefect.events.schemas.automations import EventTrigger, Posture

from flows.watch.events import LEAK

NAME = "sonocurate: a suspected leak pauses publishing"


def pause_on_leak(deployment_id: UUID) -> None:
    """Create the automation for a deployment, in the place of an earlier one."""
    try:
        known = Automation.read(name=NAME)
    except ValueError:
        known = None
    if known is not None:
        known.delete()  # type: ignore[attr-defined] # sync here, a coroutine in async code
    Automation(
        name=NAME,
        description="Look at the run's message, mend the data, then resume the deployment",
        trigger=EventTrigger(
            expect={LEAK},
            posture=Posture.Reactive,
            threshold=1,
            within=timedelta(0),
            match={"prefect.resource.id": "sonocurate.warehouse.*"},
        ),
        actions=[PauseDeployment(source="selected", deployment_id=deployment_id)],
    ).create()
