"""Quality control: planted errors, statistics of reviews, strategies at fault."""
