"""spaCy's French tokenizer without its list of compounds, which takes two seconds to compile.

The rules for affixes and elision are those of `spacy.lang.fr`; what a hyphen joins stays one word
by a rule instead of a list: a lower-case prefix before it, or a linking word between two.
"""

from __future__ import annotations

import re
from typing import Any

from spacy.lang import char_classes as chars
from spacy.lang.punctuation import TOKENIZER_INFIXES, TOKENIZER_PREFIXES
from spacy.lang.tokenizer_exceptions import BASE_EXCEPTIONS
from spacy.language import BaseDefaults, Language
from spacy.symbols import ORTH  # type: ignore[import-not-found]
from spacy.util import update_exc

APOSTROPHES = "'’"
HYPHENS = "-–—‐‑"
PRONOUNS = "ce|clés|elle|en|il|ils|je|là|moi|nous|on|t|vous"
WHOLE = (
    "aujourd'hui", "aujourd’hui", "Aujourd'hui", "Aujourd’hui", "après-midi", "au-delà",
    "au-dessus", "celle-ci", "celles-ci", "celui-ci", "ci-dessous", "elle-même", "en-dessous",
    "jusque-là", "lui-même", "peut-être", "quelques-uns", "rendez-vous",
    "cf.", "etc.", "MM.", "No.", "pp.", "Vol.", "av.", "janv.", "févr.", "avr.", "juill.", "sept.",
    "oct.", "nov.", "déc.", "apr.", "Dr.", "M.", "Mr.", "Mme.", "Mlle.", "n°", "d°", "St.", "Ste.",
)  # fmt: skip
ASKING = ("a", "est", "semble", "indique", "moque", "passe")
PREFIXES = (
    "a[ée]ro", "a[fg]ro", "anglo", "anti", "après", "arrières?", "audio", "auto", "avant", "bas",
    "belles?", "b[êe]ta", "bien", "bio", "blanc", "bourg", "cap", "château", "co", "contre",
    "court", "demi", "deux", "dix", "e", "[ée]tats?", "entre", "ex", "extra", "franc", "franco",
    "gallo", "garde", "gastro", "germano", "grande?", "gréco", "haut", "hautes?", "hors", "hyper",
    "indo", "inter", "jean", "long", "maître", "mal", "marie", "mi", "micro", "mini", "mono",
    "moyen", "multi", "néo", "new", "non", "nord", "notre", "outre", "ouvre", "passe", "petite?s?",
    "pierre", "poly", "ponts?", "porte", "post", "pot", "pré", "presque", "procès", "pro", "pseudo",
    "quarante", "quasi", "quatre", "cinquante", "ré", "rétro", "saint(?:e?s?)", "semi", "sino",
    "socio", "soixante", "sous", "stock", "sud", "super", "sur", "sus", "techno", "télé", "tiers",
    "tout", "trans", "trente", "trois", "ultra", "vaux", "vice", "vidéo", "vieille", "vingt",
)  # fmt: skip
"""Where a hyphenated word is one word: what stands before the hyphen."""
WORD = chars.ALPHA
COMPOUND = re.compile(
    rf"(?:(?:{'|'.join(PREFIXES)})[{HYPHENS}][{WORD}][{HYPHENS}{WORD}{APOSTROPHES}]*"
    rf"|[{WORD}]+[{HYPHENS}](?:l[èe]s?|la|en|des?|d[eu]|sur|sous|aux?|à|et|près|saint)[{HYPHENS}]"
    rf"(?:l[{APOSTROPHES}])?[{WORD}]+)",
    re.IGNORECASE,
)


def _exceptions() -> dict[str, list[dict[int, str]]]:
    """Words that are not to be cut, and questions to be cut before the pronoun."""
    found = {word: [word] for word in WHOLE}
    found["J.-C."] = ["J.", "-C."]
    for low in ASKING:
        for verb in (low, low.title()):
            for pronoun in ("elle", "il", "on"):
                found[f"{verb}-t-{pronoun}"] = [verb, "-t", f"-{pronoun}"]
    for verb in ("est", "Est"):
        found[f"{verb}-ce"] = [verb, "-ce"]
    for opener in ("qu'", "Qu'", "n'", "N'"):
        found[f"{opener}est-ce"] = [opener, "est", "-ce"]
    found["est-il"] = ["est", "-il"]
    found["s'est-il"] = ["s'", "est", "-il"]
    return {form: [{ORTH: part} for part in parts] for form, parts in found.items()}


class _Defaults(BaseDefaults):
    tokenizer_exceptions: Any = update_exc(BASE_EXCEPTIONS, _exceptions())
    prefixes = (*TOKENIZER_PREFIXES, rf"(?:[dlnDLN][{APOSTROPHES}])(?=[{WORD}])")
    suffixes = (
        *chars.LIST_PUNCT,
        *chars.LIST_ELLIPSES,
        *chars.LIST_QUOTES,
        r"(?<=[0-9])\+",
        r"(?<=°[FfCcKk])\.",
        r"(?<=[0-9])%",
        rf"(?<=[0-9])(?:{chars.CURRENCY})",
        rf"(?<=[0-9])(?:{chars.UNITS})",
        rf"(?<=[0-9{chars.ALPHA_LOWER}%²\-\+(?:{chars.CONCAT_QUOTES})])\.",
        rf"(?<=[{chars.ALPHA_UPPER}][{chars.ALPHA_UPPER}])\.",
        rf"(?<=[{WORD}])[{HYPHENS}](?:{PRONOUNS}|{PRONOUNS.upper()})",
    )
    infixes = (*TOKENIZER_INFIXES, rf"(?<=[{WORD}][{APOSTROPHES}])(?=[{WORD}])")
    token_match = COMPOUND.fullmatch


class French(Language):  # type: ignore[no-untyped-call]
    """The language as this service reads it: words only."""

    lang = "fr"
    Defaults = _Defaults
