"""CLOCK: Prefect flows, tasks, deployments and the command line. Imports all the others."""
