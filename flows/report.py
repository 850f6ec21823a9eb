"""Delivery alone: what is ready, of all journeys."""

from prefect import flow


@flow(name="daily report")
def daily_report() -> None:
    """x"""
