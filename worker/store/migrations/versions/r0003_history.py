"""How the service has fared."""

import sqlalchemy as sa
from alembic import op

from worker.store.columns import Json, Moment, Text

revision = "r0003"
down_revision = "r0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "history",
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("figures", Json(), nullable=False),
        sa.PrimaryKeyConstraint("step", "at", name=op.f("pk_history")),
    )
    op.create_table(
        "marks",
        sa.Column("at", Moment(), nullable=False),
        sa.Column("kind", Text(), nullable=False),
        sa.Column("value", Text(), nullable=False),
        sa.PrimaryKeyConstraint("at", "kind", name=op.f("pk_marks")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("marks")
    op.drop_table("history")
