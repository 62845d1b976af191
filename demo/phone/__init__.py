"""
The phone without a screen: it enrols, signs in and approves over the HTTP interface that the signer's pages use.

For tests, benchmarks and developers of relying applications: `Phone` is the library, `python -m demo.phone` the program.
"""

from demo.phone.account import Account
from demo.phone.connection import open_http
from demo.phone.phone import Phone
from demo.phone.transaction import Authorization

__all__ = ["Account", "Authorization", "Phone", "open_http"]
