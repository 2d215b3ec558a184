"""Fixtures for every integration test."""

from tests.support.outbound import out, server
from tests.support.redis import redis_server, redis_socket, redis_url
from tests.support.stores import sqlite_store, sqlite_template, sqlite_url

__all__ = [
    "out",
    "redis_server",
    "redis_socket",
    "redis_url",
    "server",
    "sqlite_store",
    "sqlite_template",
    "sqlite_url",
]
