"""The leaderboard: HTML, Markdown and Parquet."""
