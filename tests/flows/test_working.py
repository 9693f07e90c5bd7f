"""What a flow holds while it works."""

from prefect.settings import get_current_settings

from flows.working import quiet_stages


def test_stages_of_a_pipeline_send_no_heartbeats():
    before = get_current_settings().flows.heartbeat_frequency
    assert before is not None
    with quiet_stages():
        assert get_current_settings().flows.heartbeat_frequency is None
    assert get_current_settings().flows.heartbeat_frequency == before
