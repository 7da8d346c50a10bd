"""What every part stands on: the file, its hashes, numbers, splitting."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
import zlib
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # Python 3.8 knows these words in annotations only
    Document = dict[str, Any]
    Files = dict[str, bytes]
    Sums = dict[tuple[str, ...], tuple[int, Decimal, Decimal]]  # records, quantity, exact amount

FORMAT = "commonweal-bill-1"
WIDE = Context(prec=80, rounding=ROUND_HALF_UP)
POLICIES = dict(half_up=ROUND_HALF_UP, half_even=ROUND_HALF_EVEN, down=ROUND_DOWN, up=ROUND_UP)
PROVEN = """This proves that the bill follows from what is in the file. It does not prove that the
records are all there, nor that the decisions and costs stated in it were real."""
SPOILED = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, csv.Error)
NEEDED = ("bill.json", "usage.csv", "rates.json", "allocation.json", "orders.json", "journal.csv")
LARGEST = 2_000_000_000
NOTHING = (0, Decimal(0), Decimal(0))


class Difference(Exception):
    """The bill does not follow from the file; the message says where."""


class Unreadable(Exception):
    """The file is not a proof file."""


def differ(where: str, stated: Any, found: Any) -> None:
    """Raise with both values, unless they are the same."""
    if stated != found:
        raise Difference(f"{where}: the bill says {stated}, the check finds {found}")


def number(text: Any, where: str) -> Decimal:
    """A decimal from plain text."""
    try:
        value = Decimal(text)
    except (ArithmeticError, TypeError, ValueError):
        raise Difference(f"{where}: “{text}” is not a number") from None
    if not value.is_finite() or len(value.as_tuple().digits) > 5000 or abs(value.adjusted()) > 5000:
        raise Difference(f"{where}: “{text}” is not a number")
    return value


def read_pack(path: str) -> Files:
    """The files of the zip by name."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST:
                raise Unreadable("the file unpacks to more than 2 GB")
            files = {name: archive.read(name) for name in archive.namelist()}
    except (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise Unreadable(f"it cannot be opened: {error}") from error
    missing = [name for name in NEEDED if name not in files]
    if missing:
        raise Unreadable("it lacks " + ", ".join(missing))
    return files


def read_json(files: Files, name: str) -> Any:
    """One JSON file of the pack; numbers in it are text, so a float never appears."""
    try:
        return json.loads(files[name].decode("utf-8"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{name} cannot be read: {error}") from error


def check_hashes(files: Files, root: str) -> str:
    """Each file's hash is in the manifest, and the manifest's hash is the printed root."""
    manifest = files.get("manifest.sha256")
    if manifest is None:
        raise Difference("manifest.sha256 is missing")
    listed = {}
    for line in manifest.decode("ascii", "replace").splitlines():
        value, _, name = line.partition("  ")
        listed[name] = value
    for name in sorted(set(files) - {"manifest.sha256"}):
        found = hashlib.sha256(files[name]).hexdigest()
        differ(f"hash of {name}", listed.pop(name, "nothing"), found)
    for name in sorted(listed):
        raise Difference(f"{name} is in the list of hashes but not in the file")
    found = hashlib.sha256(manifest).hexdigest()
    if root:
        differ("proof root", root.strip().lower(), found)
    return found


def minor(value: Decimal, places: int) -> int:
    """A decimal amount in whole minor units."""
    scaled = value.scaleb(places, WIDE)
    if scaled != scaled.to_integral_value():
        raise Difference(f"{value} has more decimals than the currency")
    return int(scaled)


def cents_of(text: Any, where: str, places: int) -> int:
    """Minor units written as a decimal; empty is none."""
    return minor(number(text or "0", where), places)


def split(total: int, shares: dict[str, Fraction]) -> dict[str, int]:
    """Largest remainder: floors, then one unit each to the largest remainders, ties by id."""
    ids = sorted(shares)
    parts = {key: abs(total) * shares[key] for key in ids}
    floors = {key: parts[key].numerator // parts[key].denominator for key in ids}
    left = abs(total) - sum(floors.values())
    for key in sorted(ids, key=lambda key: (-(parts[key] - floors[key]), key))[:left]:
        floors[key] += 1
    return {key: -part if total < 0 else part for key, part in floors.items()}


def ratio(document: Document, where: str) -> Fraction:
    """A fraction written as two whole numbers."""
    top, bottom = (int(number(document[key], where)) for key in ("numerator", "denominator"))
    return Fraction(top, bottom)


def covers(thing: Document, month: str, where: str) -> None:
    """Something with a first day (and perhaps an end, not included) is in force in a month."""
    year, number_of_month = int(month[:4]), int(month[5:])
    after = f"{year + number_of_month // 12}-{number_of_month % 12 + 1:02}"
    ends = thing.get("ends")
    if thing["starts"] >= f"{after}-01" or (ends is not None and ends <= f"{month}-01"):
        raise Difference(f"{where} is not in force in {month}")


def covered_days(thing: Document, month: str) -> tuple[int, int]:
    """How many days of a month something is in force, and how many the month has."""
    year, number_of_month = int(month[:4]), int(month[5:])
    first = date(year, number_of_month, 1)
    after = date(year + number_of_month // 12, number_of_month % 12 + 1, 1)
    start = max(first, date.fromisoformat(thing["starts"]))
    end = min(after, date.fromisoformat(thing["ends"])) if thing.get("ends") else after
    return max((end - start).days, 0), (after - first).days
