"""Gold records and answers, from files and releases."""
