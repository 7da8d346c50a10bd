"""Public holidays as the `holidays` library knows them: proposed to a person, never used as is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from importlib.metadata import version
from typing import Any

import holidays as library

from .domain import CatalogueError

MOST_YEARS = 20


def countries() -> dict[str, list[str]]:
    """Country codes with the codes of their subdivisions."""
    return library.list_supported_countries(include_aliases=False)


def holidays_of(
    country: str,
    subdivision: str = "",
    *,
    years: Collection[int],
    categories: Collection[str] = (),
) -> list[tuple[date, str]]:
    """Days and names in order (CATALOGUE-132 for a place, 133 for years, 134 for categories)."""
    known = countries()
    if country not in known or (subdivision and subdivision not in known[country]):
        raise CatalogueError(
            "CATALOGUE-132",
            f"No holidays are known for “{country[:8]} {subdivision[:12]}”. Use a country code "
            "such as US and one of its subdivisions such as CA.",
            field="country",
        )
    if not years or len(set(years)) > MOST_YEARS or not all(1970 <= y <= 2099 for y in years):
        raise CatalogueError(
            "CATALOGUE-133",
            f"Give one to {MOST_YEARS} years between 1970 and 2099.",
            field="years",
        )
    wanted: dict[str, Any] = {"subdiv": subdivision or None, "years": sorted(set(years))}
    if categories:
        offered = getattr(library, country).supported_categories
        if not set(categories) <= set(offered):
            raise CatalogueError(
                "CATALOGUE-134",
                f"For {country} there are these kinds of holidays: {', '.join(sorted(offered))}.",
                field="categories",
            )
        wanted["categories"] = tuple(sorted(set(categories)))
    found = library.country_holidays(country, **wanted)
    return sorted((day, str(name)) for day, name in found.items() if day.year in set(years))


def holiday_source(country: str, subdivision: str) -> str:
    """What a day says of where it comes from, with the library's version."""
    place = f"{country}-{subdivision}" if subdivision else country
    return f"holidays {version('holidays')} {place}"
