"""What agencies offer to the public: kinds of cases, subjects, teams, queues and words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commonweal.kernel.casework.public import HELP, ORDER, VISIT, TypeDraft

TEAMS = (
    {"code": "front", "name": "Citizen desk"},
    {"code": "field", "name": "Streets and places"},
    {"code": "permits", "name": "Permits and licences"},
)
TOPICS = {
    "streets": ("Streets and places", "field"), "homes": ("Waste and noise", "front"),
    "parking": ("Parking permits", "permits"), "visits": ("Appointments", "front"),
    "business": ("Business licences", "permits"), "complaints": ("Complaints", "front"),
}  # fmt: skip
"""Each topic's name and the team that works on it."""
BY_MAIL = {"streets": "report", "homes": "neighbourhood", "complaints": "complaint"}
"""What a message to a topic becomes. To the others it is a question: a permit and an appointment
are asked for with their forms."""
FEE = 4500
"""Of a parking permit for a year, in minor units."""


def _asks(code: str, label: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"code": code, "label": label, "kind": kind, **more}


def _kind(service: str, code: str, name: str, about: str, topic: str, **more: Any) -> Any:
    given: dict[str, Any] = {
        "family": "service", "audience": "citizen", "machine": HELP, "retention_days": 730,
    }  # fmt: skip
    draft = TypeDraft(code=code, name=name, description=about, service=service,
                      queue=f"citizen-{topic}", **(given | more))  # fmt: skip
    return topic, draft


def types(service: str, agencies: Mapping[str, str]) -> list[TypeDraft]:
    """The kinds of cases of the topics that somebody answers for."""
    every = (
        _kind(service, "report", "Report", "Something in a public place needs mending.",
              "streets", publication="public"),
        _kind(service, "neighbourhood", "Waste or noise",
              "Something in your street disturbs or was left behind.", "homes"),
        _kind(service, "parking", "Parking permit", "A permit to park where you live, for a year.",
              "parking", family="permit", machine=ORDER, default_urgency="low",
              tasks=[{"name": "Check the address"}, {"name": "Send the permit"}]),
        _kind(service, "licence", "Business licence",
              "Leave to open a business, for whoever may act for it.", "business",
              family="permit", machine=ORDER, default_urgency="low",
              tasks=[{"name": "Check the register"}, {"name": "Inspect"},
                     {"name": "Write the licence"}]),
        _kind(service, "visit", "Appointment", "A visit at the counter, at a time that you choose.",
              "visits", family="appointment", machine=VISIT, closes_after_days=1),
        _kind(service, "complaint", "Complaint",
              "You were served badly. Somebody who was not there looks into it.", "complaints",
              family="complaint", default_impact="medium", closes_after_days=14),
    )  # fmt: skip
    found = [draft for topic, draft in every if topic in agencies]
    topic = next((each for each in TOPICS if each in agencies), "")
    if topic:
        found.append(_kind(service, "enquiry", "Question", "Something that you want to know.",
                           topic)[1])  # fmt: skip
    return found


def fees(agencies: Mapping[str, str]) -> list[dict[str, Any]]:
    """What the topics cost that somebody answers for: a permit is paid before it is given."""
    return [
        {"code": "parking-year", "name": "Parking permit for a year", "case_type": "parking",
         "amount_minor": FEE, "before": "resolved"}
    ] if "parking" in agencies else []  # fmt: skip


def queues(agencies: Mapping[str, str], addresses: Mapping[str, str]) -> list[dict[str, Any]]:
    """A queue for each topic, which speaks as the agency that answers for it."""
    return [
        {"code": f"citizen-{topic}", "name": name, "team": team, "agency": agencies[topic],
         "address": addresses.get(topic, ""), "default_type": BY_MAIL.get(topic, "enquiry")}
        for topic, (name, team) in TOPICS.items()
        if topic in agencies
    ]  # fmt: skip


def _about(
    topic: str, code: str, name: str, kind: str, about: str, words: str, *form: Any, **more: Any
) -> tuple[str, dict[str, Any]]:
    return topic, {"code": code, "name": name, "case_type": kind, "description": about,
                   "group": TOPICS[topic][0], "form": form, "keywords": words.split(),
                   "public": True, **more}  # fmt: skip


SIZE = _asks(
    "size", "How large is it?", "singlevaluelist",
    options=[["hand", "Like a hand"], ["plate", "Like a plate"], ["wheel", "Larger than a wheel"]],
)  # fmt: skip
CATEGORIES = (
    _about("streets", "street-light", "Street light out", "report",
           "A lamp in a street is dark, flickers, or burns by day.", "lamp dark light flicker",
           _asks("lamp", "Number on the pole", help="On a small plate, such as 4-1187."),
           _asks("how", "What is wrong?", "singlevaluelist", required=True,
                 options=[["dark", "Dark"], ["flickers", "Flickers"], ["day", "Burns by day"]]),
           needs_place=True),
    _about("streets", "pothole", "Pothole", "report", "A hole in a road or a path.",
           "hole road asphalt bump", SIZE, needs_place=True),
    _about("streets", "graffiti", "Graffiti", "report",
           "Paint or stickers on a public wall, bench or sign.", "paint wall spray sticker",
           _asks("offends", "Does it insult somebody?", "yesno"), needs_place=True),
    _about("homes", "missed-collection", "Missed waste collection", "neighbourhood",
           "The bin was out in time and was not emptied.", "bin garbage trash waste recycling",
           _asks("bin", "Which bin?", "multivaluelist", required=True,
                 options=[["waste", "Waste"], ["recycling", "Recycling"], ["garden", "Garden"]]),
           needs_place=True),
    _about("homes", "noise", "Noise", "neighbourhood",
           "Noise that disturbs, by day or at night.", "loud music party building dog",
           _asks("source", "What makes the noise?", required=True),
           _asks("when", "When is it?", "text"), needs_place=True),
    _about("parking", "parking-permit", "Parking permit for residents", "parking",
           "Park in the streets around your home for a year.", "car park resident permit",
           _asks("plate", "Number plate", required=True, secret=True),
           _asks("moved", "Have you moved here this year?", "yesno"), needs_place=True),
    _about("visits", "appointment", "Appointment at the counter", "visit",
           "Come at a time that you choose, without waiting.", "visit book counter appointment",
           _asks("about", "What is it about?", required=True)),
    _about("business", "business-licence", "Business licence", "licence",
           "Open a shop, a workshop or a restaurant.", "shop open company trade restaurant",
           _asks("business", "Name of the business", required=True),
           _asks("register", "Number in the register of companies", secret=True),
           _asks("opens_on", "When do you open?", "datetime")),
    _about("complaints", "complaint", "Complaint about service", "complaint",
           "Tell us what went wrong. You need not give your name.", "bad rude wrong unhappy",
           _asks("about", "Which service is it about?"),
           _asks("wish", "What should happen now?", "text")),
)  # fmt: skip
FEE_ARTICLE = "parking-fee"


def categories(agencies: Mapping[str, str]) -> list[dict[str, Any]]:
    """The subjects of the topics that somebody answers for, each of its agency."""
    return [
        {**row, "queue": f"citizen-{topic}", "agency": agencies[topic]}
        for topic, row in CATEGORIES
        if topic in agencies
    ]


def rules(agencies: Mapping[str, str]) -> list[dict[str, Any]]:
    """A lamp reported among noise and waste goes to the streets."""
    if not {"homes", "streets"} <= set(agencies) or agencies["homes"] != agencies["streets"]:
        return []
    conditions = {"case_type": ["neighbourhood"], "words": ["street light"]}
    return [{"queue": "citizen-streets", "conditions": conditions}]


ANSWERS = (
    {"code": "thanks", "name": "Thank you for the report", "team": "front",
     "text": "Thank you. We have your report and look at it on the next working day."},
    {"code": "crew", "name": "A crew is on its way", "team": "field",
     "text": "A crew has it on its list for this week. We write again when it is done."},
    {"code": "papers", "name": "A paper is missing", "team": "permits",
     "text": "One paper is missing. Send it as an answer to this message, or bring it to the "
     "counter. The time until then does not count against what we promised."},
)  # fmt: skip
ARTICLES = (
    ("streets", {"code": "dark-lamp", "title": "A street light is dark", "audience": "public",
     "category": "street-light", "words": ["lamp", "dark"],
     "text": "Tell us the number on the pole, if there is one. Whole streets that are dark are "
     "mended first, on the same day."}),
    ("homes", {"code": "bin-out", "title": "When to put the bin out", "audience": "public",
     "category": "missed-collection", "words": ["bin", "collection"],
     "text": "By seven in the morning, with its handle to the house. After a holiday the round "
     "comes a day later."}),
    ("parking", {"code": FEE_ARTICLE, "title": "What a parking permit costs", "audience": "public",
     "category": "parking-permit", "words": ["fee", "permit"],
     "text": "45 dollars a year for one car. It is paid online or at the counter, and given back "
     "if the permit is refused."}),
    ("business", {"code": "opening-shop", "title": "What you need to open a shop",
     "audience": "public", "category": "business-licence", "words": ["shop", "open"],
     "text": "The number in the register of companies, a plan of the rooms, and who may act for "
     "the business. An inspector comes before you open."}),
    ("complaints", {"code": "angry-caller", "title": "Answering a complaint", "audience": "staff",
     "category": "complaint", "words": ["complaint"],
     "text": "Thank them, say who looks into it and by when. Never the person it is about."}),
)  # fmt: skip


def articles(agencies: Mapping[str, str]) -> list[dict[str, Any]]:
    """What helps people help themselves, of the topics that somebody answers for."""
    return [row for topic, row in ARTICLES if topic in agencies]
