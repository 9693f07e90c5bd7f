"""Facts of clinical text: quantities, categories, organs, sides and findings, each with its place."""
