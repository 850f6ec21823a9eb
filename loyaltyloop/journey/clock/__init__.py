"""Durations, local times, schedules and quiet hours. Nothing asks the clock."""
