"""The other side of a deal, where the words around the trigger do not name it.

A seller is named after "from" or "held by", a partner after "with", a buyer after "to"; another
sentence may tell the same deal the other way round ("X sells Y" beside "Z buys Y"); a unit that
bears a company's name belongs to it. The other side is whoever of these is not in the event yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from worker.classify.asides import describes
from worker.classify.attach import breath, verbal
from worker.classify.document import Document, Entity, Mention, Sentence
from worker.classify.match import Candidate
from worker.classify.rulebook import Role
from worker.classify.vocabulary import normal

COMPANY = ("company", "unknown")
SIDES = frozenset({"from", "with", "to"})
AGREES = 1.0
HELD_REACH = 8
HOLDS = frozenset({"owned", "owned.weak", "holds", "fn.holds"})


def other_side(
    document: Document, chosen: Candidate, allies: Iterable[Candidate], role: Role
) -> list[Mention]:
    """Who stands on the other side, or nobody; `role` is the slot that is still empty."""
    target = _target(chosen)
    if target is None:
        return []
    taken = {e for name in chosen.slots for e in chosen.entities(name)}
    for told in (chosen, *allies):
        if told is chosen or (told.score >= AGREES and _target(told) is target):
            returned = _returned(told, target, role)
            if returned:
                return returned
    for found in (
        *_told_otherwise(chosen, allies, target, role),
        *_sellers(chosen, target),
        *_parent(document, target),
        *_called_other_side(document, chosen),
        *_in_relative_clause(chosen.sentence, chosen, target),
        *(_named(chosen.sentence, chosen, taken) if role.many else ()),
        *_namesake(document, target),
        *_held(document, chosen, target),
    ):
        if not taken & set(found.entities) and found.entity is not target:
            return [found]
    return []


def _target(chosen: Candidate) -> Entity | None:
    for role in chosen.rule.roles:
        if role.required and not role.many:
            found = chosen.entities(role.name)
            return found[0] if found else None
    return None


def _returned(chosen: Candidate, target: Entity, role: Role) -> list[Mention]:
    """ "will sell its 5% back to it": shares that go to the company itself."""
    if chosen.pattern.percent != "sell" or target.kind not in COMPANY:
        return []
    if any(
        r.name == role.name and target in chosen.entities(d) for r in (role,) for d in r.differs
    ):
        return []
    near = range(chosen.trigger.j, chosen.trigger.j + 14)
    mentions = chosen.sentence.mentions
    if "give-back" in chosen.sentence.at(chosen.trigger.i):
        return [m for m in mentions if target in m.entities][:1]
    return [m for m in mentions if m.i in near and m.prep == "to" and target in m.entities][:1]


def _told_otherwise(
    chosen: Candidate, allies: Iterable[Candidate], target: Entity, role: Role
) -> Iterator[Mention]:
    """Another sentence about the same equity that names who sells, or who else takes part."""
    mine = chosen.pattern.direction
    for ally in allies:
        if ally.score < AGREES or target not in ally.filled:
            continue
        if _target(ally) is not target:
            continue
        yield from ally.slots.get(role.name, ())
        if mine and ally.pattern.direction and ally.pattern.direction != mine:
            for other in role.differs:
                yield from ally.slots.get(other, ())


def _sellers(chosen: Candidate, target: Entity) -> Iterator[Mention]:
    """ "by buying the shares of Castlelake": whose shares they are, when not the target's."""
    sentence = chosen.sentence
    for hit in sentence.of("buy", "acquire"):
        for thing in sentence.of("shares", "stake"):
            if not 0 <= thing.i - hit.j <= 4:
                continue
            for mention in sentence.mentions:
                close = thing.j <= mention.i <= thing.j + 4 or mention.j + 1 == thing.i
                owns = mention.prep == "of" or mention.possessive
                other = target not in mention.entities and mention.form != "pronoun"
                if close and owns and other and mention.entity.kind in COMPANY:
                    yield _whole(sentence, mention)


def _called_other_side(document: Document, chosen: Candidate) -> Iterator[Mention]:
    """ "The buyer, Ardian, paid …"; « auprès d'investisseurs, dont Dai-ichi »."""
    called = {"sell": ("called-buyer",), "buy": ("called-seller",)}.get(chosen.pattern.percent, ())
    for sentence in document.sentences:
        if not called or not 0 <= sentence.number - chosen.sentence.number <= 2:
            continue
        for hit in sentence.of(*called):
            for mention in sentence.mentions:
                if 0 <= mention.i - hit.j <= 3 and mention.form == "name":
                    between = range(hit.j, mention.i)
                    if not any(verbal(sentence, at) for at in between):
                        yield mention


def _parent(document: Document, target: Entity) -> Iterator[Mention]:
    """ "Zeekr's parent Geely", « sa maison mère, Geely »: who is called the target's parent."""
    for sentence in document.sentences:
        for hit in sentence.of("parent-company"):
            apart = hit.j < len(sentence.tokens) and sentence.tokens[hit.j].low == ","
            named = sentence.mention_at(hit.j + apart)
            if named is None or named.form != "name" or named.entity is target:
                continue
            if any(target in m.entities for m in sentence.mentions):
                yield named


def _named(sentence: Sentence, chosen: Candidate, taken: set[Entity]) -> Iterator[Mention]:
    """Who a preposition names as seller, buyer or partner in the event's own sentence."""
    after = [m for m in sentence.mentions if m.i >= chosen.group.start]
    for mention in (*after, *(m for m in reversed(sentence.mentions) if m not in after)):
        if not _company(sentence, mention) or taken & set(mention.entities):
            continue
        paid = mention.prep == "" and any(
            f.kind == "money" and f.i == mention.j and mention.i <= chosen.trigger.j + 1
            for f in sentence.figures
        )
        if (mention.prep in SIDES and mention.joined is None) or paid:
            yield _whole(sentence, mention)
    if chosen.pattern.percent == "buy":
        for mention in sentence.mentions:
            owns = mention.possessive and sentence.at(mention.j + 1) & {"shares", "stake"}
            if owns and mention.entity.kind in COMPANY:
                yield mention


def _in_relative_clause(sentence: Sentence, chosen: Candidate, target: Entity) -> Iterator[Mention]:
    """ "the 50% that Northvolt holds in it", "the unit that Tata will set up"."""
    goal = [m for m in sentence.mentions if target in m.entities]
    for mention in sentence.mentions:
        if mention.entity.kind not in COMPANY or not mention.i:
            continue
        if not _after_relative(sentence, mention):
            continue
        verb = sentence.at(mention.j) | sentence.at(mention.j + 1)
        held = bool(verb & HOLDS) and any(0 <= mention.i - f.j <= 2 for f in sentence.figures)
        unit = any(0 <= mention.i - m.j <= 6 or m.i < mention.i < m.j for m in goal)
        if held or unit:
            yield mention


def _after_relative(sentence: Sentence, mention: Mention) -> bool:
    """ "that Geely …", « que le groupe chinois Chery … »: the subject of a relative clause."""
    for at in range(mention.i - 1, max(mention.i - 6, -1), -1):
        if "fn.rel" in sentence.at(at):
            return True
        if verbal(sentence, at) or sentence.mention_at(at) is not None:
            return False
        if not (sentence.tokens[at].text[0].isalpha() or sentence.tokens[at].low == "'s"):
            return False
    return False


def _namesake(document: Document, target: Entity) -> Iterator[Mention]:
    """The company whose name a unit bears: "Iveco Defence Vehicles", "Renault Korea"."""
    name = normal(target.name)
    for sentence in document.sentences:
        for mention in sentence.mentions:
            own = normal(mention.entity.name)
            longer = name.startswith((f"{own} ", f"{own}-")) or f" {own} " in f" {name} "
            if mention.entity.kind == "company" and mention.entity is not target and longer:
                yield mention
                return


def _held(document: Document, chosen: Candidate, target: Entity) -> Iterator[Mention]:
    """ "the 80% in the hands of Globalia": the holder, in a sentence that is about the target."""
    for sentence in document.sentences:
        if abs(sentence.number - chosen.sentence.number) > 2:
            continue
        for hit in sentence.of("owned-by"):
            named = any(target in m.entities and 0 <= hit.i - m.j <= 4 for m in sentence.mentions)
            if not named and not any(0 <= hit.i - f.j <= 2 for f in sentence.figures):
                continue
            for mention in sentence.mentions:
                if hit.j <= mention.i <= hit.j + HELD_REACH and _company(sentence, mention):
                    yield _whole(sentence, mention)
                    break


def _company(sentence: Sentence, mention: Mention) -> bool:
    entity = mention.entity
    if entity.kind not in COMPANY or mention.possessive or mention.form == "pronoun":
        return False
    sure = entity.kind == "company" or entity.strong or entity.count > 1
    return sure and not describes(sentence, mention)


def _whole(sentence: Sentence, mention: Mention) -> Mention:
    entities = tuple(e for m in breath(sentence, mention) for e in m.entities)
    return Mention(entities, mention.form, mention.i, mention.j, prep=mention.prep)
