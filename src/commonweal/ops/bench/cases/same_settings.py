"""The product's settings, with the recorded pages before everything else: nothing behind runs."""

from commonweal.settings import *  # noqa: F403
from commonweal.settings import MIDDLEWARE as PRODUCT

MIDDLEWARE = ["commonweal.ops.bench.cases.same_pages.Bare", *PRODUCT]
