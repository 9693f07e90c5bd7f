"""Tags of cases: what their reports state."""
