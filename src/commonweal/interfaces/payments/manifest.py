"""What the payments' door announces: who gives money back through the providers."""

from commonweal.kernel.casework.public import register_payer
from commonweal.kernel.schema.public import Manifest

from .fees import give_back

register_payer(give_back)

MANIFEST = Manifest(name="payments")
