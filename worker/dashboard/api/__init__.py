"""`/api/v1`: what programs use. The published contract is the OpenAPI document."""

from fastapi import APIRouter

from worker.dashboard.api.alerts import router as alerts
from worker.dashboard.api.deliveries import router as deliveries
from worker.dashboard.api.explain import router as explain
from worker.dashboard.api.feedback import router as feedback
from worker.dashboard.api.feeds import router as feeds
from worker.dashboard.api.items import router as items
from worker.dashboard.api.stories import router as stories
from worker.dashboard.api.subscriptions import router as subscriptions
from worker.dashboard.api.system import router as system

router = APIRouter(prefix="/api/v1")
for part in (alerts, stories, items, explain, feedback, subscriptions, deliveries, feeds, system):
    router.include_router(part)
