"""Fixtures for every integration test."""

from tests.support.redis import redis_server, redis_socket, redis_url

__all__ = ["redis_server", "redis_socket", "redis_url"]
