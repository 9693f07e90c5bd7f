"""What a figure is worth: intervals, tests, ranks, difficulty."""
