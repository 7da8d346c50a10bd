"""One report on three channels, driven as those concerned would: a program, a citizen, two clerks.

A program reports over Open311 with a photo; the desk asks back in the browser; the citizen answers
by e-mail, through a mail server's door; at the counter the same case is found and ended.
"""

from __future__ import annotations

import email
import re
import smtplib
import time
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from PIL import Image

CITIZEN = "cleo.marsh@home.example"
QUESTION = "Which number is on the pole?"
ANSWER = "It is 4-1187, before the bakery."
DONE = "The lamp was changed; shown on the map at the counter."


def photo() -> bytes:
    """A picture as a telephone takes it."""
    made = BytesIO()
    Image.new("RGB", (640, 480), (20, 24, 60)).save(made, "JPEG")
    return made.getvalue()


@dataclass
class Story:
    """Where it happens: the site, the folder that mails leave to, the mail door, a browser page."""

    url: str
    mails: Path
    lmtp: int
    page: Any
    key: str

    def report(self) -> str:
        """A dark lamp, from a program with a key; the number of its case."""
        fields = {
            "api_key": self.key, "jurisdiction_id": "DOT", "service_code": "street-light",
            "description": "The lamp before the bakery is dark.", "lat": "41.8781",
            "long": "-87.6298", "address_string": "12 Elm Street", "email": CITIZEN,
            "first_name": "Cleo", "last_name": "Marsh", "attribute[how]": "dark",
        }  # fmt: skip
        picture = {"name": "lamp.jpg", "mimeType": "image/jpeg", "buffer": photo()}
        answer = self.page.request.post(
            f"{self.url}open311/v2/requests.json", multipart={**fields, "media": picture}
        )
        assert answer.status in (200, 201), answer.text()
        [row] = answer.json()
        return str(row["service_request_id"])

    def sign_in(self, who: dict[str, str]) -> None:
        """Somebody else sits down at the browser."""
        self.page.context.clear_cookies()
        self.page.goto(f"{self.url}sign-in/login/")
        self.page.get_by_label("E-mail").fill(who["user"])
        self.page.get_by_label("Password", exact=True).fill(who["password"])
        self.page.get_by_role("button", name="Sign in", exact=True).click()

    def ask_back(self, number: str) -> None:
        """The desk asks, and waits for the answer."""
        page = self.page
        page.goto(f"{self.url}centre/cases/{number}/")
        assert page.locator(".cw-pictures img").count(), "the photo"
        page.locator("#text").fill(QUESTION)
        page.locator("select[name=then]").first.select_option(label="Ask whoever asked")
        page.get_by_role("button", name="Send the answer").click()
        page.get_by_text("Your answer is sent.").wait_for()

    def mail_about(self, number: str, words: str) -> EmailMessage:
        """The mail to the citizen that says something of a case, once it has left."""
        for _turn in range(600):
            for each in sorted(self.mails.glob("*.log")):
                for each_mail in re.split(rb"\n-{79}\n", each.read_bytes()):
                    found = email.message_from_bytes(each_mail.lstrip(), policy=default)
                    body = found.get_body(("plain",)) if found["To"] else None
                    text = f"{found['Subject']}\n{body.get_content()}" if body else ""
                    if CITIZEN in str(found["To"]) and number in text and words in text:
                        return found
            time.sleep(0.1)
        raise AssertionError(f"no mail about {number} says {words!r}")

    def answer(self, asked: EmailMessage) -> None:
        """The citizen answers that mail from where they read it."""
        made = EmailMessage()
        made["From"], made["To"] = f"Cleo Marsh <{CITIZEN}>", asked["Reply-To"] or asked["From"]
        made["Subject"], made["Message-ID"] = f"Re: {asked['Subject']}", f"<{uuid4()}@home.example>"
        made["In-Reply-To"] = made["References"] = asked["Message-ID"]
        quoted = "\n".join(f"> {line}" for line in asked.get_content().splitlines())
        made.set_content(f"{ANSWER}\n\nOn Monday somebody wrote:\n{quoted}\n")
        to = email.utils.parseaddr(str(made["To"]))[1]
        with smtplib.LMTP("127.0.0.1", self.lmtp) as door:
            door.sendmail(CITIZEN, [to], made.as_bytes())

    def counter(self, number: str) -> None:
        """The citizen comes: a ticket, called, the same case goes on, and is ended."""
        page = self.page
        page.goto(f"{self.url}centre/counter/service-point/")
        page.get_by_label("Desk 3").check()
        page.get_by_role("button", name="Sit down").click()
        page.get_by_label("For", exact=True).select_option(label="Streets and lights")
        page.get_by_role("button", name="Give a number").click()
        label = re.search(r"Ticket (D\d+)", page.content()).group(1)
        page.get_by_role("button", name=f"Call {label}").click()
        page.get_by_role("button", name="They are here").click()
        page.get_by_text("They come for an earlier case").click()
        page.get_by_label("Number of the case").fill(number)
        page.get_by_role("button", name="Go on in that case").click()
        page.get_by_label("What was done").fill(DONE)
        page.get_by_role("button", name=f"Finish {label}").click()
        page.get_by_text(f"{label} is done.").wait_for()
        page.get_by_role("button", name="Leave desk 3").click()


def tell(story: Story, clerk: dict[str, str]) -> str:
    """The whole story; the number of its one case."""
    number = story.report()
    story.sign_in(clerk)
    story.ask_back(number)
    story.answer(story.mail_about(number, QUESTION))
    story.page.goto(f"{story.url}centre/cases/{number}/")
    story.page.get_by_text(ANSWER).first.wait_for()
    story.counter(number)
    return number


def clocks_of(story: Story, number: str) -> list[tuple[str, bytes]]:
    """Of each clock of a case what its page says, and the file that it is computed from."""
    page, found = story.page, []
    page.goto(f"{story.url}centre/cases/{number}/")
    for place in range(page.locator("a[href*='/clocks/']").count()):
        page.goto(f"{story.url}centre/cases/{number}/clocks/{place + 1}/")
        with page.expect_download() as coming:
            page.get_by_role("link", name="Compute it yourself").click()
        found.append((page.content(), Path(coming.value.path()).read_bytes()))
    return found
