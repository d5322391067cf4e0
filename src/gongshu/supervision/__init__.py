"""Supervision: violations found, ordered to be corrected, answered, and circulated where they were not."""
