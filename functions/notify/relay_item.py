"""Relays one new item of the table: carries out its effect, or publishes its case event."""

from dataclasses import dataclass
from typing import Literal

from functions.notify.deliver import Delivered, Delivering, deliver
from shared.ports import Topic


@dataclass(frozen=True, slots=True)
class Relaying:
    """What relaying needs: what delivers effects, and the topic for events of cases."""

    delivering: Delivering
    topic: Topic


@dataclass(frozen=True, slots=True)
class NewEffect:
    """A row of the outbox. It is read again when it is carried out, so its id is enough."""

    id: str


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event of a case, whose bytes never change."""

    body: bytes


def relay_item(item: NewEffect | NewEvent, relaying: Relaying) -> Delivered | Literal["published"]:
    """Relay the item. A transient failure is raised, and the stream brings the item again."""
    if isinstance(item, NewEffect):
        return deliver(item.id, relaying.delivering)
    relaying.topic.publish(item.body)
    return "published"
