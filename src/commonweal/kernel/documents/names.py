"""Names of files that strangers send: what is dangerous in them, and what stays readable.

Pure. A name never becomes part of a path (bytes lie under their hash), but people read it, and
their computers decide by its ending what to do with the file.
"""

from __future__ import annotations

import unicodedata

LONGEST = 120
_PORTS = (f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))
RESERVED = {"con", "prn", "aux", "nul", *_PORTS}
"""Names that Windows keeps for devices, with or without an ending."""
FORBIDDEN = set('<>:"|?*`$&;#%{}\\/')
RUNS = {
    "ade", "adp", "apk", "app", "appinstaller", "appx", "application", "bas", "bat", "chm", "cmd",
    "com", "cpl", "crt", "deb", "desktop", "diagcab", "dll", "dmg", "ear", "elf", "exe", "gadget",
    "hlp", "hta", "htm", "html", "inf", "ins", "iso", "img", "jar", "jnlp", "js", "jse", "jsp",
    "ksh", "lnk", "mht", "mhtml", "mjs", "msc", "msi", "msix", "msp", "mst", "one", "php", "phtml",
    "pif", "pkg", "pl", "ps1", "psm1", "py", "pyc", "pyw", "rb", "reg", "rpm", "scf", "scr", "sct",
    "settingcontent-ms", "sh", "shb", "shtml", "so", "svg", "svgz", "swf", "sys", "url", "vb",
    "vbe", "vbs", "vhd", "vhdx", "war", "wasm", "wsc", "wsf", "wsh", "xht", "xhtml", "xll", "xsl",
    "xslt", "docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "potm", "ppam", "ppsm", "sldm",
}  # fmt: skip
"""Endings that a computer runs, or opens as a page with scripts, or as a file with macros."""
INSIDE = RUNS - {
    "app", "application", "com", "img", "inf", "one", "pkg", "pl", "py", "rb", "sh", "so", "url",
}  # fmt: skip
"""Those that are dangerous before another ending too; the rest are also parts of web addresses."""


def safe_name(filename: str, ending: str = "") -> str:
    """A readable name of at most 120 characters: no folders, no control or direction characters.

    `ending`: the ending that the content calls for (without a dot); it takes the place of
    another. Never empty; never begins with a dot, a dash or a blank.
    """
    plain = unicodedata.normalize("NFC", str(filename))
    last = plain.replace("\\", "/").rstrip("/ ").rsplit("/", 1)[-1]
    kept = "".join(_shown(letter) for letter in last)
    kept = " ".join(kept.split()).strip(". -_~")
    stem, dot, own = kept.rpartition(".")
    if not dot:
        stem, own = kept, ""
    if ending and own.lower() not in SAME.get(ending, {ending}):
        stem, own = stem if own.lower() in KNOWN else kept, ending
    stem = stem.strip(". -~") or "file"
    if stem.partition(".")[0].lower() in RESERVED:
        stem = f"_{stem}"
    own = own[:20]
    room = LONGEST - (len(own) + 1 if own else 0)
    stem = stem[:room].rstrip(". ")
    return f"{stem}.{own}" if own else stem


SAME = {
    "jpg": {"jpg", "jpeg", "jpe", "jfif"},
    "tiff": {"tiff", "tif"},
    "txt": {
        "txt",
        "csv",
        "tsv",
        "log",
        "md",
        "json",
        "xml",
        "ics",
        "vcf",
        "yaml",
        "yml",
        "geojson",
    },
    "heic": {"heic", "heif"},
    "gz": {"gz", "tgz"},
    "mp4": {"mp4", "m4v", "m4a", "mov"},
    "ogg": {"ogg", "oga", "opus"},
}  # fmt: skip
"""Endings that mean the same as the one that we would give."""
_PLAIN = "png gif webp bmp pdf zip tar doc docx xls xlsx ppt pptx odt ods odp rtf eml msg mp3 wav"
KNOWN = set().union(*SAME.values(), _PLAIN.split())
"""Endings that are replaced where the content calls for another; what else follows a dot stays."""


def _shown(letter: str) -> str:
    """The letter, a blank for any kind of space, nothing for what cannot be seen or tricks."""
    category = unicodedata.category(letter)
    if category in {"Zs", "Zl", "Zp"} or letter in "\t\r\n":
        return " "
    if category in {"Cc", "Cf", "Cs", "Co", "Cn"}:
        return ""
    return "_" if letter in FORBIDDEN else letter


def endings(filename: str) -> list[str]:
    """All endings of a name in small letters, the last one last: `a.tar.gz` → `["tar", "gz"]`.

    What cannot be seen is removed first, as the computer of whoever opens the file ignores it:
    the name `photo<RTL>gpj.exe` ends with `exe`.
    """
    last = str(filename).replace("\\", "/").rsplit("/", 1)[-1]
    seen = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    parts = [part.strip().lower() for part in seen.strip(". ").split(".")]
    return parts[1:]


def tricks(filename: str) -> bool:
    """Whether a name turns its reading direction round, which only serves to hide its ending."""
    return any(unicodedata.bidirectional(letter) in TURNS for letter in str(filename))


TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
