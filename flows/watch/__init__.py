"""What people watch: log, state of a warehouse, counters, artifacts, events, reports. Ids and counts only."""
