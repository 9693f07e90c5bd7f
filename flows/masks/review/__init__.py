"""`sonocurate review-masks`: offer doubtful boxes to a human, sealed, and unmask what may be shown."""
