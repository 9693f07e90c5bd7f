"""The pool of model endpoints: who is asked, how often, at what price, and the ledger that remembers.

``pool.py`` is the only async file; ``schedule.py`` decides who sends what next, ``wire.py`` speaks the protocol.
"""
