"""`sonocurate audit-masks --real`: a sample of published frames for two human readers, and its score."""
