"""RULER: reads released shards and model answers, scores them."""
