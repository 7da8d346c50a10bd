"""The product's settings with the bare page beside its addresses."""

from commonweal.settings import *  # noqa: F403

ROOT_URLCONF = "commonweal.ops.bench.cases.bare"
