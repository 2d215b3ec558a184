"""What the tests that pull plugs share."""

from tests.support.redis import redis_server
from tests.support.stores import (
    postgres_server,
    postgres_template,
    postgres_url,
    shared_folder,
)

__all__ = ["postgres_server", "postgres_template", "postgres_url", "redis_server", "shared_folder"]
