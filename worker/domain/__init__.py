"""Frozen types and pure rules of the field. Nothing here does I/O or knows another package."""
