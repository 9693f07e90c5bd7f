"""Quality control on the command line."""
