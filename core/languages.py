"""Language tags (BCP 47) as the studio writes them."""

from __future__ import annotations

from functools import lru_cache

from langcodes import Language, standardize_tag, tag_is_valid
from langcodes.tag_parser import LanguageTagError

from core.errors import DomainError


@lru_cache(maxsize=512)
def canonical(tag: str) -> str:
    """`pt_br` → `pt-BR`, `eng` → `en`. A tag that names no language is refused with the contract's sentence."""
    try:
        known = len(tag) <= 35 and tag_is_valid(tag)
        code = standardize_tag(tag) if known else ""
    except LanguageTagError:
        code = ""
    if not code or code == "und":
        raise DomainError(f"Unsupported language: {tag[:35]}")
    return code


def primary(tag: str) -> str:
    """`pt-BR` → `pt`."""
    return tag.split("-", 1)[0].lower()


@lru_cache(maxsize=512)
def name(tag: str) -> str:
    """The English name, as lists and buttons show it: `Portuguese (Brazil)`. What is none (addresses say anything) is itself."""
    try:
        return Language.get(tag).display_name("en")
    except LanguageTagError:
        return tag
