"""
The whole way of one signature by itself: `python -m demo.run [--once]`, what `make demo` runs when everything is set up.

It starts the stack, plays the operator, the relying application and the signer in turn, over public interfaces only, and stops what
it started.
"""
