"""What the mail door announces: who sends the messages of cases that leave by e-mail."""

from commonweal.kernel.casework.public import register_sender
from commonweal.kernel.schema.public import Manifest

from .sending import send_by_mail

register_sender("email", send_by_mail)

MANIFEST = Manifest(name="mail")
