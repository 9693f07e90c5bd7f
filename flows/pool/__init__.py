"""The pool on the command line: run a file of requests, say what a run would cost, trace where a pair comes from."""
