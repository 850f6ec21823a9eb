"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlmodel import AutoString, UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", BIG, nullable=False),
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(
            "ix_alert_waiting",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.create_table(
        "body",
        sa.Column("message_id", BIG, nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("unsubscribe", AutoString(), nullable=False),
        sa.Column("links", JSON, nullable=False),
        sa.Column("question", JSON, nullable=True),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_table(
        "breaker",
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("why", AutoString(), nullable=False),
        sa.Column("opened_at", UTCDateTime(), nullable=True),
        sa.Column("again_at", UTCDateTime(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("recent", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name"),
    )
    op.create_table(
        "content",
        sa.Column("hash", AutoString(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "customer",
        sa.Column("id", BIG, nullable=False),
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("email", AutoString(), nullable=True),
        sa.Column("phone", AutoString(), nullable=True),
        sa.Column("sms_number", AutoString(), nullable=True),
        sa.Column("first_name", AutoString(), nullable=True),
        sa.Column("last_name", AutoString(), nullable=True),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("country", AutoString(length=2), nullable=True),
        sa.Column("city", AutoString(), nullable=True),
        sa.Column("timezone", AutoString(), nullable=True),
        sa.Column("locale", AutoString(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=True),
        sa.Column("attributes", JSON, nullable=False),
        sa.Column("stamps", JSON, nullable=False),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("zone", AutoString(), nullable=False),
        sa.Column("zone_from", AutoString(), nullable=False),
        sa.Column("often", AutoString(), nullable=False),
        sa.Column("paused_until", UTCDateTime(), nullable=True),
        sa.Column("erased_at", UTCDateTime(), nullable=True),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("lifetime_value", BIG, nullable=False),
        sa.Column("average_order", BIG, nullable=True),
        sa.Column("first_order_at", UTCDateTime(), nullable=True),
        sa.Column("last_order_at", UTCDateTime(), nullable=True),
        sa.Column("first_seen_at", UTCDateTime(), nullable=True),
        sa.Column("last_seen_at", UTCDateTime(), nullable=True),
        sa.Column("favourite_category", AutoString(), nullable=True),
        sa.Column("tier", AutoString(), nullable=True),
        sa.Column("points", BIG, nullable=False),
        sa.Column("badges", JSON, nullable=True),
        sa.Column("referral_code", AutoString(), nullable=True),
        sa.Column("open_cases", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    with op.batch_alter_table("customer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customer_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_customer_sms_number"), ["sms_number"], unique=False)

    op.create_table(
        "engagement",
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("message_key", AutoString(), nullable=False),
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("journey", AutoString(), nullable=False),
        sa.Column("step", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("arrived_at", UTCDateTime(), nullable=False),
        sa.Column("machine", sa.Boolean(), nullable=False),
        sa.Column("answer", JSON, nullable=True),
        sa.PrimaryKeyConstraint("event_id"),
    )
    with op.batch_alter_table("engagement", schema=None) as batch_op:
        batch_op.create_index(
            "ix_engagement_customer", ["customer_id", "journey", "kind", "at"], unique=False
        )
        batch_op.create_index("ix_engagement_message", ["message_key", "kind"], unique=False)

    op.create_table(
        "entry",
        sa.Column("id", BIG, nullable=False),
        sa.Column("journey", AutoString(), nullable=False),
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("one_per", AutoString(), nullable=False),
        sa.Column("occurrence", AutoString(), nullable=False),
        sa.Column("trigger", JSON, nullable=False),
        sa.Column("trigger_event_id", BIG, nullable=True),
        sa.Column("cause", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("judged_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.create_index("ix_entry_customer", ["customer_id", "journey"], unique=False)
        batch_op.create_index(
            "ix_entry_queued",
            ["journey", "at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'queued'"),
            postgresql_where=sa.text("state = 'queued'"),
        )

    op.create_table(
        "erased_gift",
        sa.Column("id", BIG, nullable=False),
        sa.Column("journey", AutoString(), nullable=False),
        sa.Column("step", AutoString(), nullable=False),
        sa.Column("given_at", UTCDateTime(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("erased_gift", schema=None) as batch_op:
        batch_op.create_index("ix_erased_gift", ["journey", "step", "given_at"], unique=False)

    op.create_table(
        "event",
        sa.Column("id", BIG, nullable=False),
        sa.Column("source", AutoString(), nullable=False),
        sa.Column("message_id", AutoString(), nullable=False),
        sa.Column("type", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("user_id", AutoString(), nullable=True),
        sa.Column("anonymous_id", AutoString(), nullable=True),
        sa.Column("previous_id", AutoString(), nullable=True),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("arrived_at", UTCDateTime(), nullable=False),
        sa.Column("properties", JSON, nullable=False),
        sa.Column("context", JSON, nullable=True),
        sa.Column("order_id", AutoString(), nullable=True),
        sa.Column("seq", BIG, nullable=True),
        sa.Column("customer_id", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_customer", ["customer_id", "name", "at"], unique=False)
        batch_op.create_index(
            "ix_event_order",
            ["order_id"],
            unique=False,
            sqlite_where=sa.text("order_id IS NOT NULL"),
            postgresql_where=sa.text("order_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_event_seq",
            ["seq"],
            unique=False,
            sqlite_where=sa.text("seq IS NOT NULL"),
            postgresql_where=sa.text("seq IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_event_waiting",
            ["arrived_at", "id"],
            unique=False,
            sqlite_where=sa.text("seq IS NULL"),
            postgresql_where=sa.text("seq IS NULL"),
        )
        batch_op.create_index("uq_event_message", ["source", "message_id"], unique=True)

    op.create_table(
        "figure",
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("as_of", UTCDateTime(), nullable=False),
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "as_of", "key"),
    )
    op.create_table(
        "fitted_model",
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("as_of", UTCDateTime(), nullable=False),
        sa.Column("fitted_at", UTCDateTime(), nullable=False),
        sa.Column("card", JSON, nullable=False),
        sa.Column("digest", AutoString(), nullable=False),
        sa.Column("judged_digest", AutoString(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("judged", sa.LargeBinary(), nullable=False),
        sa.Column("broke", AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("name", "version"),
    )
    op.create_table(
        "gift",
        sa.Column("id", BIG, nullable=False),
        sa.Column("enrolment_id", BIG, nullable=False),
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("journey", AutoString(), nullable=False),
        sa.Column("step", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("what", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("given_at", UTCDateTime(), nullable=False),
        sa.Column("value", AutoString(), nullable=False),
        sa.Column("amount", BIG, nullable=True),
        sa.Column("code", AutoString(), nullable=True),
        sa.Column("matched", AutoString(), nullable=True),
        sa.Column("message_key", AutoString(), nullable=True),
        sa.Column("committed_at", UTCDateTime(), nullable=True),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.Column("redeemed_at", UTCDateTime(), nullable=True),
        sa.Column("order_id", AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("matched"),
    )
    with op.batch_alter_table("gift", schema=None) as batch_op:
        batch_op.create_index("ix_gift_customer", ["customer_id"], unique=False)
        batch_op.create_index(
            "ix_gift_expiring",
            ["journey", "expires_at"],
            unique=False,
            sqlite_where=sa.text("state = 'committed'"),
            postgresql_where=sa.text("state = 'committed'"),
        )
        batch_op.create_index("ix_gift_given", ["journey", "step", "given_at"], unique=False)
        batch_op.create_index("ix_gift_message", ["message_key"], unique=False)
        batch_op.create_index("uq_gift_step", ["enrolment_id", "step"], unique=True)

    op.create_table(
        "holding",
        sa.Column("journey", AutoString(), nullable=False),
        sa.Column("customer_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("journey", "customer_id"),
    )
    with op.batch_alter_table("holding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_holding_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "imported",
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("digest", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key"),
    )
    op.create_table(
        "journey",
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("applied_at", UTCDateTime(), nullable=False),
        sa.Column("paused_at", UTCDateTime(), nullable=True),
        sa.Column("last_now", UTCDateTime(), nullable=True),
        sa.Column("entered_seq", BIG, nullable=False),
        sa.Column("seen_seq", BIG, nullable=False),
        sa.Column("entering", JSON, nullable=True),
        sa.Column("checked_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "journey_version",
        sa.Column("journey", AutoString(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", AutoString(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("applied_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("journey", "number"),
    )
    op.create_table(
        "kept",
        sa.Column("enrolment_id", BIG, nullable=False),
        sa.Column("step", AutoString(), nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.PrimaryKeyConstraint("enrolment_id", "step"),
    )
    op.create_table(
        "merged_customer",
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("id", BIG, nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("merged_customer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_merged_customer_id"), ["id"], unique=False)

    op.create_table(
        "message",
        sa.Column("id", BIG, nullable=False),
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("enrolment_id", BIG, nullable=False),
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("journey", AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", AutoString(), nullable=False),
        sa.Column("channel", AutoString(), nullable=False),
        sa.Column("purpose", AutoString(), nullable=False),
        sa.Column("template", AutoString(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("entered_at", UTCDateTime(), nullable=False),
        sa.Column("decided_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("routes", JSON, nullable=True),
        sa.Column("sender", AutoString(), nullable=True),
        sa.Column("to", AutoString(), nullable=True),
        sa.Column("address", AutoString(), nullable=True),
        sa.Column("zone", AutoString(), nullable=True),
        sa.Column("shop", AutoString(), nullable=True),
        sa.Column("subject", AutoString(), nullable=True),
        sa.Column("offers", AutoString(), nullable=True),
        sa.Column("via", AutoString(), nullable=True),
        sa.Column("provider_id", AutoString(), nullable=True),
        sa.Column("claimed_at", UTCDateTime(), nullable=True),
        sa.Column("claimed_by", AutoString(), nullable=True),
        sa.Column("leased_until", UTCDateTime(), nullable=True),
        sa.Column("handed_over_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index(
            "ix_message_address",
            ["address", "handed_over_at"],
            unique=False,
            sqlite_where=sa.text("address IS NOT NULL"),
            postgresql_where=sa.text("address IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_message_claimed",
            ["state"],
            unique=False,
            sqlite_where=sa.text("state = 'claimed'"),
            postgresql_where=sa.text("state = 'claimed'"),
        )
        batch_op.create_index("ix_message_customer", ["customer_id", "handed_over_at"], unique=False)
        batch_op.create_index(
            "ix_message_provider",
            ["provider_id"],
            unique=False,
            sqlite_where=sa.text("provider_id IS NOT NULL"),
            postgresql_where=sa.text("provider_id IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_message_ready",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('planned', 'held')"),
            postgresql_where=sa.text("state IN ('planned', 'held')"),
        )
        batch_op.create_index(
            "ix_message_unknown",
            ["state"],
            unique=False,
            sqlite_where=sa.text("state = 'unknown'"),
            postgresql_where=sa.text("state = 'unknown'"),
        )
        batch_op.create_index("uq_message_step", ["enrolment_id", "step"], unique=True)

    op.create_table(
        "order_line",
        sa.Column("order_id", AutoString(), nullable=False),
        sa.Column("product_id", AutoString(), nullable=False),
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("category", AutoString(), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("price", BIG, nullable=True),
        sa.Column("ordered_at", UTCDateTime(), nullable=False),
        sa.Column("arrived_at", UTCDateTime(), nullable=False),
        sa.Column("returned", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", "product_id"),
    )
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.create_index("ix_order_line_customer", ["customer_id", "ordered_at"], unique=False)
        batch_op.create_index("ix_order_line_ordered", ["ordered_at"], unique=False)
        batch_op.create_index("ix_order_line_product", ["product_id", "ordered_at"], unique=False)

    op.create_table(
        "prediction_day",
        sa.Column("model", AutoString(), nullable=False),
        sa.Column("as_of", UTCDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("upto", BIG, nullable=False),
        sa.PrimaryKeyConstraint("model"),
    )
    op.create_table(
        "privacy_request",
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("origin", AutoString(), nullable=False),
        sa.Column("customer_id", BIG, nullable=True),
        sa.Column("user_id", AutoString(), nullable=True),
        sa.Column("anonymous_id", AutoString(), nullable=True),
        sa.Column("address", AutoString(), nullable=True),
        sa.Column("shop", AutoString(), nullable=True),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.Column("done_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("privacy_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_privacy_request_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_privacy_request_state"), ["state"], unique=False)

    op.create_table(
        "product",
        sa.Column("product_id", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("category", AutoString(), nullable=True),
        sa.Column("price", BIG, nullable=True),
        sa.Column("currency", AutoString(), nullable=True),
        sa.Column("url", AutoString(), nullable=True),
        sa.Column("image_url", AutoString(), nullable=True),
        sa.Column("in_stock", sa.Boolean(), nullable=False),
        sa.Column("markets", JSON, nullable=True),
        sa.Column("tags", JSON, nullable=True),
        sa.Column("known_since", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("product_id"),
    )
    op.create_table(
        "referral",
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("referrer_id", BIG, nullable=True),
        sa.Column("code", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("order_id", AutoString(), nullable=True),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("converted_at", UTCDateTime(), nullable=True),
        sa.Column("points", BIG, nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    with op.batch_alter_table("referral", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_referral_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index("ix_referral_due", ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_referral_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_referral_referrer_id"), ["referrer_id"], unique=False)

    op.create_table(
        "salt",
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("value", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "set_aside",
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("error", AutoString(), nullable=False),
        sa.Column("version", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_table(
        "suppression",
        sa.Column("id", BIG, nullable=False),
        sa.Column("channel", AutoString(), nullable=False),
        sa.Column("address", AutoString(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("stops", sa.Boolean(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("known_at", UTCDateTime(), nullable=False),
        sa.Column("event_id", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_suppression_address"), ["address"], unique=False)

    op.create_table(
        "tally",
        sa.Column("journey", AutoString(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("handed", sa.Integer(), nullable=False),
        sa.Column("bounced", sa.Integer(), nullable=False),
        sa.Column("complained", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("journey", "day"),
    )
    op.create_table(
        "tombstone",
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("hash", AutoString(), nullable=False),
        sa.Column("erased_at", UTCDateTime(), nullable=False),
        sa.Column("back_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "hash"),
    )
    op.create_table(
        "touch",
        sa.Column("seq", BIG, nullable=False),
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("cause", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("seq", "customer_id"),
    )
    with op.batch_alter_table("touch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_touch_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "turn_log",
        sa.Column("id", BIG, nullable=False),
        sa.Column("journey", AutoString(), nullable=False),
        sa.Column("now", UTCDateTime(), nullable=False),
        sa.Column("counts", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("turn_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_turn_log_journey"), ["journey"], unique=False)

    op.create_table(
        "used_code", sa.Column("mark", AutoString(), nullable=False), sa.PrimaryKeyConstraint("mark")
    )
    op.create_table(
        "visit",
        sa.Column("enrolment_id", BIG, nullable=False),
        sa.Column("step", AutoString(), nullable=False),
        sa.Column("arrived_at", UTCDateTime(), nullable=False),
        sa.Column("left_at", UTCDateTime(), nullable=False),
        sa.Column("path", AutoString(), nullable=False),
        sa.Column("why", AutoString(), nullable=False),
        sa.Column("until_at", UTCDateTime(), nullable=True),
        sa.Column("late_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("enrolment_id", "step"),
    )
    op.create_table(
        "voucher",
        sa.Column("id", BIG, nullable=False),
        sa.Column("pool", AutoString(), nullable=False),
        sa.Column("code", AutoString(), nullable=False),
        sa.Column("matched", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("made", sa.Boolean(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("matched"),
    )
    with op.batch_alter_table("voucher", schema=None) as batch_op:
        batch_op.create_index(
            "ix_voucher_free",
            ["pool", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'free'"),
            postgresql_where=sa.text("state = 'free'"),
        )

    op.create_table(
        "badge_earned",
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("badge", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("cause", AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("customer_id", "badge"),
    )
    op.create_table(
        "basket",
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("cart_id", AutoString(), nullable=False),
        sa.Column("latest", sa.Boolean(), nullable=False),
        sa.Column("products", JSON, nullable=False),
        sa.Column("value", BIG, nullable=True),
        sa.Column("stated", BIG, nullable=True),
        sa.Column("quantity", BIG, nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("currency", AutoString(), nullable=False),
        sa.Column("url", AutoString(), nullable=True),
        sa.Column("checkouts", JSON, nullable=False),
        sa.Column("began_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("customer_id", "cart_id"),
    )
    with op.batch_alter_table("basket", schema=None) as batch_op:
        batch_op.create_index(
            "uq_basket_latest",
            ["customer_id"],
            unique=True,
            sqlite_where=sa.text("latest"),
            postgresql_where=sa.text("latest"),
        )

    op.create_table(
        "consent",
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("channel", AutoString(), nullable=False),
        sa.Column("purpose", AutoString(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("customer_id", "channel", "purpose"),
    )
    op.create_table(
        "consent_entry",
        sa.Column("id", BIG, nullable=False),
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("channel", AutoString(), nullable=False),
        sa.Column("purpose", AutoString(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("how", AutoString(), nullable=False),
        sa.Column("wording", AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("consent_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_entry_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "customer_date",
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("attribute", AutoString(), nullable=False),
        sa.Column("month_day", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("customer_id", "attribute"),
    )
    with op.batch_alter_table("customer_date", schema=None) as batch_op:
        batch_op.create_index("ix_customer_date_day", ["attribute", "month_day"], unique=False)

    op.create_table(
        "device",
        sa.Column("token", AutoString(), nullable=False),
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("platform", AutoString(), nullable=False),
        sa.Column("seen_at", UTCDateTime(), nullable=False),
        sa.Column("dropped_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("token"),
    )
    with op.batch_alter_table("device", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_device_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "enrolment",
        sa.Column("id", BIG, nullable=False),
        sa.Column("journey", AutoString(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("customer_key", AutoString(), nullable=False),
        sa.Column("one_per", AutoString(), nullable=False),
        sa.Column("occurrence", AutoString(), nullable=False),
        sa.Column("entered_at", UTCDateTime(), nullable=False),
        sa.Column("enrolled_at", UTCDateTime(), nullable=False),
        sa.Column("trigger", JSON, nullable=False),
        sa.Column("trigger_event_id", BIG, nullable=True),
        sa.Column("order_id", AutoString(), nullable=True),
        sa.Column("held_out", sa.Boolean(), nullable=False),
        sa.Column("step", AutoString(), nullable=True),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("arrived_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("until_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("end", AutoString(), nullable=True),
        sa.Column("reason", AutoString(), nullable=True),
        sa.Column("goal_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.create_index("ix_enrolment_customer", ["customer_id", "journey"], unique=False)
        batch_op.create_index(
            "ix_enrolment_ending",
            ["journey"],
            unique=False,
            sqlite_where=sa.text("state = 'ending'"),
            postgresql_where=sa.text("state = 'ending'"),
        )
        batch_op.create_index("ix_enrolment_entered", ["journey", "enrolled_at"], unique=False)
        batch_op.create_index(
            "ix_enrolment_standing",
            ["journey", "version", "state", "due_at"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.create_index(
            "uq_enrolment", ["journey", "customer_id", "one_per", "occurrence"], unique=True
        )

    op.create_table(
        "identity",
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("value", AutoString(), nullable=False),
        sa.Column("customer_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("kind", "value"),
    )
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "live_file",
        sa.Column("path", AutoString(), nullable=False),
        sa.Column("hash", AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hash"],
            ["content.hash"],
        ),
        sa.PrimaryKeyConstraint("path"),
    )
    op.create_table(
        "loyalty_standing",
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("look_at", UTCDateTime(), nullable=True),
        sa.Column("looked_at", UTCDateTime(), nullable=True),
        sa.Column("tier", AutoString(), nullable=True),
        sa.Column("tier_since", UTCDateTime(), nullable=True),
        sa.Column("below_since", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("customer_id"),
    )
    with op.batch_alter_table("loyalty_standing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_loyalty_standing_look_at"), ["look_at"], unique=False)

    op.create_table(
        "points_entry",
        sa.Column("id", BIG, nullable=False),
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("cause", AutoString(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("points", BIG, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("recorded_at", UTCDateTime(), nullable=False),
        sa.Column("terms", JSON, nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("points_entry", schema=None) as batch_op:
        batch_op.create_index("ix_points_customer", ["customer_id"], unique=False)
        batch_op.create_index("uq_points_cause", ["cause", "number"], unique=True)

    op.create_table(
        "prediction",
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("model", AutoString(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("as_of", UTCDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("customer_id", "model"),
    )
    op.create_table(
        "referral_code",
        sa.Column("code", AutoString(), nullable=False),
        sa.Column("customer_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("code"),
    )
    with op.batch_alter_table("referral_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_referral_code_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "shop_order",
        sa.Column("order_id", AutoString(), nullable=False),
        sa.Column("customer_id", BIG, nullable=False),
        sa.Column("status", AutoString(), nullable=False),
        sa.Column("total", BIG, nullable=True),
        sa.Column("refunded", BIG, nullable=False),
        sa.Column("currency", AutoString(), nullable=True),
        sa.Column("products", JSON, nullable=False),
        sa.Column("main_category", AutoString(), nullable=True),
        sa.Column("ordered_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
        ),
        sa.PrimaryKeyConstraint("order_id"),
    )
    with op.batch_alter_table("shop_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shop_order_customer_id"), ["customer_id"], unique=False)
