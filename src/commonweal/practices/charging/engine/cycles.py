"""Pools that give to one another: which of them have no way out to a service. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .errors import EngineError

Links = Mapping[str, Sequence[str]]


def groups(links: Links) -> list[list[str]]:
    """The strongly connected components, each sorted (R. Tarjan, 1972), without recursion."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    on_path: set[str] = set()
    found: list[list[str]] = []
    for start in sorted(links):
        if start in number:
            continue
        number[start] = low[start] = len(number)
        path.append(start)
        on_path.add(start)
        work = [(start, iter(links[start]))]
        while work:
            here, following = work[-1]
            for there in following:
                if there not in number:
                    number[there] = low[there] = len(number)
                    path.append(there)
                    on_path.add(there)
                    work.append((there, iter(links[there])))
                    break
                if there in on_path:
                    low[here] = min(low[here], number[there])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[here])
                if low[here] == number[here]:
                    at = path.index(here)
                    found.append(sorted(path[at:]))
                    on_path -= set(path[at:])
                    del path[at:]
    return found


def without_exit(links: Links, leaving: Iterable[str]) -> list[list[str]]:
    """The groups of pools whose cost can never leave them; `leaving` give to something final."""
    back: dict[str, list[str]] = {pool: [] for pool in links}
    for pool, targets in links.items():
        for target in targets:
            back[target].append(pool)
    safe, waiting = set(leaving), list(leaving)
    while waiting:
        for giver in back[waiting.pop()]:
            if giver not in safe:
                safe.add(giver)
                waiting.append(giver)
    trapped = {pool: links[pool] for pool in links if pool not in safe}
    return [
        group for group in groups(trapped) if all(set(links[pool]) <= set(group) for pool in group)
    ]


def require_exit(links: Links, leaving: Iterable[str]) -> None:
    """Refuse circular rules without exit, naming the pools (ALLOC-108)."""
    stranded = without_exit(links, leaving)
    if stranded:
        names = ", ".join(f"“{pool}”" for pool in stranded[0])
        raise EngineError(
            "ALLOC-108",
            f"{names} give only to one another, so their cost never reaches a service. Give at"
            " least one of them a driver value for a service, or take one out of the circle.",
            "pools",
            group=stranded[0],
            pool=stranded[0][0],
            target=None,
        )
