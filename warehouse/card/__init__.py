"""The dataset card of a release: figures from its own shards, as Markdown and as one self-contained page."""
