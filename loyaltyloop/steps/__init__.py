"""What each verb does to a cohort: one file a verb, listed in verbs.py."""
