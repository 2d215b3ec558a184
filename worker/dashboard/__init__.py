"""The dashboard: pages for people, the API for programs, metrics for machines.

create_app(services) -> FastAPI
serve(settings) -> int
"""

from worker.dashboard.app import create_app
from worker.dashboard.server import serve
from worker.dashboard.services import Services

__all__ = ["Services", "create_app", "serve"]
