"""Intake: from a hospital's table and image folder to pseudonymous cases."""
