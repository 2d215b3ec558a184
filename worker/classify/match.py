"""Matching rules to sentences: triggers, what stands near them, slots, exceptions.

Every way in which a rule fits a sentence is a candidate with a score; the best one of an item
becomes its event when its score is good enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from worker.classify import background
from worker.classify.belonging import of_a_thing
from worker.classify.document import Document, Entity, Hit, Mention, Sentence
from worker.classify.nearness import is_company, is_electric_unit, nearest
from worker.classify.relations import RELATIONS, nobodys
from worker.classify.rulebook import Exemption, Pattern, Role, Rule
from worker.classify.status import Reading, read_status
from worker.classify.subjects import Frame
from worker.classify.tense import VerbGroup, verb_group

OF_A_THING = 1.5
UNSURE = 0.4
ALL_GUESSED = 1.2


@dataclass(slots=True, eq=False)
class Candidate:
    """A rule that fits a sentence. `notes` tell, for people, what raised or lowered the score."""

    rule: Rule
    pattern: Pattern
    sentence: Sentence
    trigger: Hit
    group: VerbGroup
    anchor: tuple[int, int]
    slots: dict[str, list[Mention]]
    reading: Reading
    score: float
    notes: list[str] = field(default_factory=list)
    missing: tuple[str, ...] = ()
    guessed: tuple[str, ...] = ()

    def entities(self, role: str) -> list[Entity]:
        out: list[Entity] = []
        for mention in self.slots.get(role, ()):
            out.extend(e for e in mention.entities if e not in out)
        return out

    @property
    def filled(self) -> list[Entity]:
        out: list[Entity] = []
        for role in self.slots:
            out.extend(e for e in self.entities(role) if e not in out)
        return out


def candidates(document: Document, rule: Rule, hearsay_mood: bool) -> Iterator[Candidate]:
    """Every fit of the rule, also those that an exception or the past brings down."""
    for sentence in document.sentences:
        if not sentence.has_any(rule.triggers):
            continue
        for pattern in rule.patterns:
            for trigger in sentence.of(*pattern.trigger):
                if pattern.forms and trigger.tag not in pattern.forms:
                    continue
                if _nominal(document, sentence, trigger):
                    continue
                found = _fit(document, rule, pattern, sentence, trigger, hearsay_mood)
                if found is not None:
                    yield found


def _nominal(document: Document, sentence: Sentence, trigger: Hit) -> bool:
    """ "a place", "the shares": after an article an English verb's form is a noun."""
    if document.language != "en" or trigger.tag not in ("inf", "pres"):
        return False
    if not trigger.i:
        return trigger.tag == "pres" and bool(sentence.at(trigger.j) & {"fn.in", "fn.of"})
    within = sentence.mention_at(trigger.i)
    if within is not None and within.form == "nominal":
        return True  # "the Abu Dhabi fund", "the buying group"
    if sentence.tokens[trigger.i - 1].low in ("a", "an", "the"):
        return True
    following = sentence.at(trigger.j)
    return trigger.tag == "pres" and bool(following & {"fn.will", "fn.be", "fn.have", "fn.modal"})


def _fit(
    document: Document, rule: Rule, pattern: Pattern, sentence: Sentence, trigger: Hit, mood: bool
) -> Candidate | None:
    anchor = (trigger.i, trigger.j)
    group = verb_group(sentence, trigger)
    turned = group.passive or trigger.tag in ("noun", "phrase", "part")
    for near in pattern.near:
        span = nearest(sentence, trigger, near, turned or not near.voice)
        if near.absent:
            if span is not None:
                return None
            continue
        if span is None:
            return None
        if near.anchor:
            anchor = span
    if pattern.times and group.time not in pattern.times:
        return None
    frame = Frame(sentence, trigger, group, anchor)
    slots = _slots(rule, pattern, frame)
    related = tuple(name for name in slots if slots[name])
    _guess(document, rule, pattern, frame, slots)
    guessed = tuple(name for name in slots if slots[name] and name not in related)
    missing = tuple(r.name for r in rule.roles if r.required and not slots.get(r.name))
    _complete(document, rule, slots, frame)
    if rule.minimum_companies and len(_distinct(slots)) < rule.minimum_companies:
        missing += ("companies",)
    missing += _own_unit(rule, slots, sentence)
    missing += tuple(
        f"whose {role.name}"
        for role in rule.roles
        if anchor == (trigger.i, trigger.j)
        and role.type == "any"
        and slots.get(role.name)
        and nobodys(slots[role.name][0].entity)
    )
    missing += tuple(n for n in pattern.needs if not slots.get(n) and n not in missing)
    reading = read_status(sentence, trigger, group, conditional_hearsay=mood)
    made = Candidate(
        rule,
        pattern,
        sentence,
        trigger,
        group,
        anchor,
        slots,
        reading,
        pattern.strength,
        missing=missing,
        guessed=guessed,
    )
    if missing:
        return made
    _weigh(document, made)
    return made


def _slots(rule: Rule, pattern: Pattern, frame: Frame) -> dict[str, list[Mention]]:
    slots: dict[str, list[Mention]] = {}
    for name, relations in pattern.slots.items():
        role = rule.role(name)
        if role is None:
            continue
        slots[name] = _fill(slots, role, relations, frame)
    if pattern.split and not slots.get(pattern.split[1]):
        _divide(slots, *pattern.split)
    for role in rule.roles:
        if not slots.get(role.name) and role.fallback:
            slots[role.name] = _fill(slots, role, role.fallback, frame)
    return slots


def _guess(
    document: Document,
    rule: Rule,
    pattern: Pattern,
    frame: Frame,
    slots: dict[str, list[Mention]],
) -> None:
    """Fill required roles that no relation reached by whoever stands near."""
    for role in rule.roles:
        if not slots.get(role.name) and role.required and role.name not in pattern.needs:
            slots[role.name] = _elsewhere(
                document, slots, role, frame, venture=pattern.percent == "hold"
            )


def _distinct(slots: dict[str, list[Mention]]) -> set[Entity]:
    found = {e for mentions in slots.values() for m in mentions for e in m.entities}
    return found | {e.owner for e in found if e.owner is not None and e.kind == "unit"}


def _own_unit(rule: Rule, slots: dict[str, list[Mention]], sentence: Sentence) -> tuple[str, ...]:
    """A company's money for "its" unit is nobody's event, unless another company is about."""
    for role in rule.roles:
        if role.type != "electric-unit" or not slots.get(role.name):
            continue
        if not slots[role.name][0].entity.own:
            continue
        spending = {e for name in role.differs for m in slots.get(name, ()) for e in m.entities}
        others = {
            e for m in sentence.mentions for e in m.entities if is_company(m) and e.kind != "unit"
        }
        shared = len(spending) > 1 and "venture" in slots[role.name][0].entity.kinds
        if not others - spending and not shared:
            return ("another company",)
    return ()


def _complete(
    document: Document, rule: Rule, slots: dict[str, list[Mention]], frame: Frame
) -> None:
    """A role for several companies that found only one takes the nearest other one too."""
    for role in rule.roles:
        alone = role.many and role.required and not role.differs and slots.get(role.name)
        if alone and len(_distinct(slots)) < rule.minimum_companies:
            slots[role.name] = slots[role.name] + _elsewhere(document, slots, role, frame)


def _divide(slots: dict[str, list[Mention]], one: str, other: str) -> None:
    """ "A and B will merge": the first of a group takes one role, the second the other."""
    entities = [e for m in slots.get(one, ()) for e in m.entities]
    if len(entities) < 2:
        return
    source = slots[one]
    slots[one] = [_single(source, entities[0])]
    slots[other] = [_single(source, entities[1])]


def _single(source: list[Mention], entity: Entity) -> Mention:
    mention = next(m for m in source if entity in m.entities)
    if len(mention.entities) == 1:
        return mention
    return Mention((entity,), mention.form, mention.i, mention.j, mention.prep)


def _fill(
    slots: dict[str, list[Mention]], role: Role, relations: tuple[str, ...], frame: Frame
) -> list[Mention]:
    taken = {e for other in role.differs for m in slots.get(other, ()) for e in m.entities}
    for name in relations:
        found = [
            m
            for m in _standing_in(RELATIONS[name](frame), role)
            if _suits(m.entity, role) and not set(m.entities) & taken
        ]
        if found:
            return found if role.many or name == "all" else found[:1]
    return []


def _standing_in(found: list[Mention], role: Role) -> list[Mention]:
    """ "a Ford subsidiary will own …": where a company is asked for, a unit means its owner."""
    if role.type != "company":
        return found
    return [
        Mention((m.entity.owner,), m.form, m.i, m.j, m.prep, m.possessive, m.joined)
        if m.entity.kind == "unit" and m.entity.owner is not None
        else m
        for m in found
    ]


def _suits(entity: Entity, role: Role) -> bool:
    if role.type == "electric-unit":
        return is_electric_unit(entity)
    if role.type == "unit":
        return entity.kind == "unit" or bool(entity.owner)
    if role.internal and not (entity.strong or entity.count > 1):
        return False
    if role.type == "company":
        return entity.kind in ("company", "unknown")
    return entity.kind in ("company", "unknown", "unit")


def _elsewhere(
    document: Document,
    slots: dict[str, list[Mention]],
    role: Role,
    frame: Frame,
    *,
    venture: bool = False,
) -> list[Mention]:
    """The nearest suitable company: in the sentence, then in those before, then in the title."""
    taken = {e for found in slots.values() for m in found for e in m.entities}
    earlier = [s for s in document.sentences if s.number < frame.sentence.number]
    if role.type in ("any", "electric-unit") and venture:
        for sentence in (frame.sentence, *reversed(earlier)):
            for kinds in ({"venture", "newco"}, {"unit"}):
                for mention in sentence.mentions:
                    part = mention.entity.kinds & kinds
                    if part and _suits(mention.entity, role) and not set(mention.entities) & taken:
                        return [mention]
    at = frame.trigger.i
    inner = {"of", "in", "from", "with"}
    own = sorted(frame.sentence.mentions, key=lambda m: (m.prep in inner, abs(m.i - at)))
    outer = [m for m in own if m.prep not in inner]
    if frame.sentence.field == "text" and frame.sentence.paragraph == 0 and not outer:
        own = [
            m for s in document.sentences if s.field == "title" for m in s.mentions if not m.prep
        ][:1] + own
    for mention in own:
        if "parent-company" in frame.sentence.at(mention.i - 1):
            continue
        if role.many and mention.prep in ("with", "prep"):
            continue
        if (
            _suits(mention.entity, role)
            and not set(mention.entities) & taken
            and mention.form != "unit"
            and (mention.entity.strong or mention.entity.count > 1 or len(document.sentences) == 1)
        ):
            return [mention]
    if role.type == "electric-unit":
        return []
    for sentence in [*reversed(earlier[-4:]), *earlier[:1]]:
        for mention in sentence.mentions:
            if (
                _suits(mention.entity, role)
                and not set(mention.entities) & taken
                and mention.entity.kind == "company"
                and mention.form == "name"
            ):
                return [mention]
    return []


def _weigh(document: Document, made: Candidate) -> None:
    sentence = made.sentence
    made.notes.append(f"pattern {made.pattern.strength:+.2f}")
    place = background.place(document, sentence)
    made.score += place
    made.notes.append(f"place {place:+.1f}")
    past, why = background.past(document, sentence, made.trigger, made.group)
    if past:
        made.score -= past
        made.notes.append(f"background ({why}) {-past:+.1f}")
    cues = {f.cue for f in sentence.figures if f.kind == "percent"}
    if made.pattern.percent == "change" and {"from", "to"} <= cues:
        made.score += 0.5
        made.notes.append("before and after +0.5")
    if _in_relative(made):
        made.score -= 0.3
        made.notes.append("relative clause -0.3")
    if _adjectival(made):
        made.score -= 1.5
        made.notes.append("participle of a noun -1.5")
    names = sum(1 for e in made.filled if e.strong or e.known or e.unnamed or e.owner is not None)
    sure = min(names, 2) * 0.5 - 0.6
    sure += 0.15 * sum(1 for m in made.slots.values() if m and m[0] in sentence.mentions)
    made.score += sure
    if names < 2 and place < 0.4 and made.anchor == (made.trigger.i, made.trigger.j):
        made.score -= UNSURE
        made.notes.append(f"names that may be no companies {-UNSURE:+.1f}")
    if len(made.guessed) > 1 or _own_issue(made) or _strangers(made):
        made.score -= ALL_GUESSED
        made.notes.append(f"companies that only stand near {-ALL_GUESSED:+.1f}")
    made.notes.append(f"companies {sure:+.2f}")
    if made.anchor != (made.trigger.i, made.trigger.j) and of_a_thing(sentence, made.anchor):
        made.score -= OF_A_THING
        made.notes.append(f"a part of something else than a company {-OF_A_THING:+.1f}")
    for exemption in made.rule.exceptions:
        if _applies(document, made, exemption):
            made.score -= exemption.weight
            made.notes.append(f"exception {exemption.name} {-exemption.weight:+.1f}")


def _own_issue(made: Candidate) -> bool:
    """ "3,500,000 shares will be sold": shares of nobody else are an issue of its own."""
    i, j = made.anchor
    number = any(f.kind == "shares" and f.i <= i and j <= f.j for f in made.sentence.figures)
    return number and "target" in made.guessed


def _in_relative(made: Candidate) -> bool:
    """ "Leonardo, which is buying the whole arm": what is only said of a name in passing."""
    start = made.group.start
    return any("fn.rel" in made.sentence.at(at) for at in range(max(start - 2, 0), start))


def _strangers(made: Candidate) -> bool:
    """Whether nobody is named and nothing tells that it is the item's own: "Each will grant …"."""
    return "parties" in made.guessed and not made.sentence.has("each", "mutual", "the-other")


def _adjectival(made: Candidate) -> bool:
    """ "the shares placed in a trust": a participle that only describes the anchor before it."""
    loose = made.group.time in ("open", "past") and made.trigger.tag in ("part", "past")
    follows = made.anchor[1] == made.trigger.i
    agent = any(m.prep == "by" and m.i >= made.trigger.j for m in made.sentence.mentions)
    return loose and follows and not agent


def _applies(document: Document, made: Candidate, exemption: Exemption) -> bool:
    if exemption.patterns and made.pattern.name not in exemption.patterns:
        return False
    if any(made.slots.get(role) for role in exemption.unless_slots):
        return False
    if made.sentence.has(*exemption.unless) if exemption.unless else False:
        return False
    if exemption.scope == "item":
        return any(s.has(*exemption.any) for s in document.sentences)
    low, high = made.trigger.i - exemption.reach, made.trigger.j + exemption.reach
    return any(low <= hit.i and hit.j <= high for hit in made.sentence.of(*exemption.any))
