"""`commonweal init`: a centre of one's own, with its first administrator."""

from __future__ import annotations

import argparse
import secrets

from .kit import CommandError, Verbs, add_verb, say

EXAMPLES = """\
  commonweal init --name "Shire Shared Services" --short-name Shire --currency GBP \\
      --zone Europe/London --fiscal-start 4 --admin ada@shire.example
  commonweal init --name "New name" --short-name Shire     change the settings later

The administrator's password is printed once. Sign in and add a second factor or a passkey.
"""


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs,
        "init",
        help="set up a centre: its database, name, currency, zone, and first administrator",
        about="Safe to repeat: it changes what is given and creates nobody twice.",
        examples=EXAMPLES,
        run=run,
    )
    parser.add_argument("--name", required=True)
    parser.add_argument("--short-name", required=True)
    parser.add_argument("--currency", default="", help="ISO 4217, such as USD")
    parser.add_argument("--zone", default="", help="such as America/Chicago")
    parser.add_argument("--fiscal-start", type=int, default=0, metavar="MONTH", help="1 to 12")
    parser.add_argument("--contact", default="", metavar="EMAIL", help="who answers questions")
    parser.add_argument("--admin", default="", metavar="EMAIL", help="the first administrator")


def run(args: argparse.Namespace) -> int:
    """Database, settings, administrator."""
    from commonweal.kernel.access.public import SYSTEM, act_as
    from commonweal.kernel.party.public import set_centre

    from .database import migrate

    migrate(args)
    given = {
        "name": args.name,
        "short_name": args.short_name,
        "currency": args.currency,
        "zone": args.zone,
        "fiscal_year_start_month": args.fiscal_start,
        "contact_email": args.contact,
    }
    with act_as(SYSTEM):
        set_centre(actor=SYSTEM, **{name: value for name, value in given.items() if value})
    print(f"{args.name} is set up in {args.data}.")
    if args.admin:
        _administrator(args.admin)
    say("Serve it with `commonweal serve`.")
    return 0


def _administrator(email: str) -> None:
    from commonweal.kernel.access.public import SYSTEM, act_as, create_user, user_by_email
    from commonweal.kernel.party.public import add_membership, centre, create_person

    if "@" not in email:
        raise CommandError("CLI-109", f"“{email}” is not an e-mail address. Write name@place.")
    with act_as(SYSTEM):
        if user_by_email(email) is not None:
            say(f"There is an account {email} already; it was not changed.")
            return
        password = secrets.token_urlsafe(15)
        user = create_user(actor=SYSTEM, email=email, password=password)
        person = create_person(
            actor=SYSTEM,
            name=email.partition("@")[0],
            email=email,
            user_id=user.pk,
            home_agency_id=centre().agency_id,
        )
        add_membership(actor=SYSTEM, person_id=person.pk, role="administrator")
    print(f"Administrator: {email}   password: {password}")
