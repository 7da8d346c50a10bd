"""What people ask the demo's desks, and what they hear: invented, all of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Matter:
    """One thing that people come with. `hours`: how long it usually takes to be done.

    `share`: how often it comes, beside the others of its desk. `answers`: those of its form.
    `question`: what an agent asks back, and what is answered ("": nothing is asked).
    """

    kind: str
    category: str
    subjects: tuple[str, ...]
    text: str
    resolution: str
    hours: int
    share: int = 10
    question: str = ""
    reply: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    placed: bool = False


def _staff(category: str, share: int, hours: int, *words: str, **more: Any) -> Matter:
    kind = str(more.pop("kind", "incident"))
    *subjects, text, resolution = words
    return Matter(kind, category, tuple(subjects), text, resolution, hours, share, **more)


HELPDESK = (
    _staff("printer", 14, 9, "Printer on the second floor blinks red",
           "Scanner sends nothing any more", "Printer jams at every second page",
           "It has done so since this morning, and the whole corridor waits for it.",
           "The drum was worn. It is replaced, and the test page is clean.",
           question="Which number is on the sticker of the printer?", reply="MER-20417.",
           answers={"room": "Main building, 2.14"}),
    _staff("laptop", 16, 14, "Laptop freezes in meetings", "Battery lasts half an hour",
           "Screen stays dark after lunch",
           "I restart it twice a day. My work is saved most of the time, but not always.",
           "The battery and the driver of the screen were replaced.",
           question="Does it happen when it is plugged in, too?",
           reply="Only on battery, I think.", answers={"device": "MER-10442"}),
    _staff("network", 10, 6, "No wireless in the meeting room", "VPN drops every ten minutes",
           "Everything is slow since the move",
           "Three of us have it. By cable it works.",
           "The access point was on an old program. It is up to date now.",
           answers={"room": "Field office, ground floor"}),
    _staff("mail", 10, 4, "Mailbox is full again", "Calendar shows meetings an hour late",
           "I do not get messages from outside",
           "Nothing has come since yesterday afternoon.",
           "The rule that held the messages is removed, and the messages are here."),
    _staff("program", 12, 12, "The timesheet does not open", "Error when I save a form",
           "The map stays white",
           "It worked last week. I have tried another browser.",
           "The program is repaired. Please start it once more.",
           question="What does it say, word for word?",
           reply="“Session has ended”, and then nothing.", answers={"program": "Timesheet"}),
    _staff("phone", 5, 20, "Headset hums", "Voicemail greets with somebody else's name",
           "Callers hear it too.", "A new headset is on its way to you."),
    _staff("forgotten", 15, 1, "I cannot sign in", "Locked out after my holiday",
           "I tried three times and now it says to ask you.",
           "We called you back at your number on record and set a new password.",
           kind="password"),
    _staff("new-laptop", 6, 60, "Laptop for a new colleague", "Desktop with two screens",
           "She begins on the first of next month.",
           "The laptop is set up and handed over.", kind="request",
           answers={"model": "standard", "for": "A new colleague"}),
    _staff("program-licence", 4, 30, "Licence for the drawing program",
           "We draw plans again from next week on.",
           "The licence is assigned. The program installs itself tonight.", kind="request",
           answers={"program": "Drawing program"}),
    _staff("new-account", 7, 26, "Account for a new case officer", "Account for an intern",
           "Same rights as the others in the team, please.",
           "The account exists. The colleague's leader has the first password.", kind="access",
           answers={"name": "A new colleague", "starts_on": "2026-01-15"}),
    _staff("rights", 6, 16, "Access to the grants folder", "Read the archive of our bureau",
           "I take this over from a colleague who has moved.",
           "You have the right to it. Sign in again to see it.", kind="access",
           answers={"folder": "Grants"},
           question="Read only, or change as well?", reply="Reading is enough."),
    _staff("bill", 5, 20, "What is the toll-free minute on our bill?",
           "Why are there more mailboxes than people?",
           "Our controller asks, and I could not tell him.",
           "The lines behind the charge are linked in the bill; they add up as it says.",
           kind="question"),
    _staff("cause", 1, 140, "Printers of one model fail after the update",
           "Five incidents in two weeks, the same model each time.",
           "The maker's update is withdrawn and the older one is back on all of them.",
           kind="problem"),
)  # fmt: skip


def _public(kind: str, category: str, share: int, hours: int, *words: str, **more: Any) -> Matter:
    *subjects, text, resolution = words
    return Matter(kind, category, tuple(subjects), text, resolution, hours, share, **more)


CITIZEN = (
    _public("report", "street-light", 20, 40, "Street lamp is dark", "Lamp flickers all night",
            "Lamp burns by day", "It is the one at the bus stop. Children walk there.",
            "The lamp has a new light. Thank you for telling us.", placed=True,
            answers={"how": "dark"}),
    _public("report", "pothole", 20, 55, "Hole in the road", "Deep pothole after the winter",
            "I hit it with my bicycle. It is hard to see in the rain.",
            "The hole is filled, and the road around it is on this year's list.", placed=True,
            answers={"size": "wheel"}, question="Is it in the lane or at the edge?",
            reply="In the lane, just behind the crossing."),
    _public("report", "graffiti", 8, 30, "Paint on the playground wall",
            "Stickers over a road sign",
            "It was not there on Sunday.", "It is cleaned off.", placed=True,
            answers={"offends": "no"}),
    _public("neighbourhood", "missed-collection", 16, 11, "Our bin was not emptied",
            "The whole street was left out", "It stood outside before seven, as always.",
            "The round came by again today. We are sorry.", placed=True,
            answers={"bin": ["waste"]}),
    _public("neighbourhood", "noise", 9, 22, "Building noise before six", "Loud music every night",
            "Three nights in a row. We cannot sleep.",
            "We were there and measured. They have been told, and it is quiet now.", placed=True,
            answers={"source": "The site across the street"}),
    _public("parking", "parking-permit", 9, 48, "Permit for our street", "New car, same permit?",
            "We moved in last month.", "The permit is in the post.", placed=True,
            answers={"plate": "MER 4187"}, question="Please send us a bill with your address.",
            reply="Here it is, from the waterworks."),
    _public("visit", "appointment", 6, 20, "Visit about a birth certificate",
            "Visit about my licence", "In the morning would be best.",
            "You were here, and have what you came for.",
            answers={"about": "A certificate"}),
    _public("licence", "business-licence", 4, 110, "Opening a bakery", "Licence for a bicycle shop",
            "We would like to open in the spring.", "The licence is written and sent.",
            answers={"business": "Corner Bakery"}, question="Who may act for the business?",
            reply="My sister and I, both of us."),
    _public("complaint", "complaint", 4, 34, "Nobody called me back", "Sent from desk to desk",
            "I was promised a call and waited for two days.",
            "You are right, and we are sorry. You have had the call, and we have changed how "
            "promises to call are kept.", answers={"about": "Telephone"}),
)  # fmt: skip
STREETS = ("Elm Street", "Mill Lane", "Harbor Road", "Union Avenue", "Prospect Hill",
           "Depot Street", "Cedar Court", "Fourth Street")  # fmt: skip
FIRST = ("Ana", "Ben", "Carla", "Dev", "Elif", "Femi", "Gwen", "Hugo", "Ines", "Jonas", "Keiko",
         "Luis", "Mina", "Noor", "Olga", "Pedro", "Quinn", "Rosa", "Sami", "Tara")  # fmt: skip
LAST = ("Abbott", "Brand", "Castillo", "Dietz", "Eriksen", "Fofana", "Garcia", "Hughes", "Ivanova",
        "Jensen", "Kowalski", "Lam", "Moreau", "Nguyen", "Okafor", "Parekh")  # fmt: skip
GREETING = "Thank you, we look at it."
STAYS = "We are on it, and write again tomorrow."
BACK = "It is there again, the same as before."
NOTE = "Called the floor: two more have it. Spare part is in the store."
